/** Where GitHub's webhooks come in, below OFFSHOOT_URL. */
export const WEBHOOK_PATH = '/api/github/webhooks';

/**
 * The pages for people of the GitHub whose API this is: github.com, a company's part of ghe.com, or an Enterprise
 * Server, whose API is a folder of the same host. Without a slash at the end.
 */
export function githubWebUrl(apiUrl: string): string {
  const url = new URL(apiUrl);
  if (url.pathname === '/' && url.hostname.startsWith('api.'))
    url.hostname = url.hostname.slice('api.'.length);
  return url.origin;
}

/** Where GitHub leads back to after somebody has signed in: one of the callback_urls of app.yml. */
export const SIGN_IN_CALLBACK_PATH = '/login/github/callback';

export interface SignInRequest {
  readonly clientId: string;
  readonly redirectUrl: string;
  readonly state: string;
  /** base64url of the SHA-256 of the verifier (PKCE, RFC 7636). */
  readonly challenge: string;
}

/** GitHub's page that asks somebody whether we may know who they are. */
export function signInUrl(webUrl: string, request: SignInRequest): string {
  const url = new URL(`${webUrl}/login/oauth/authorize`);
  url.searchParams.set('client_id', request.clientId);
  url.searchParams.set('redirect_uri', request.redirectUrl);
  url.searchParams.set('state', request.state);
  url.searchParams.set('code_challenge', request.challenge);
  url.searchParams.set('code_challenge_method', 'S256');
  return url.href;
}

/** An account's login: letters, digits and hyphens. */
export function isGithubLogin(text: string): boolean {
  return /^[a-z\d](?:[a-z\d-]{0,38})$/i.test(text);
}

/** Where a manifest is posted to; an account of one's own where no organisation is named. */
export function newAppUrl(webUrl: string, organization: string | undefined, state: string): string {
  const place = organization === undefined ? '/settings' : `/organizations/${organization}/settings`;
  return `${webUrl}${place}/apps/new?state=${encodeURIComponent(state)}`;
}
