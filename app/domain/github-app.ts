/** What proves to GitHub that we are the App, and to us that a webhook is GitHub's. */
export interface GithubApp {
  /** Where its private key comes from. */
  readonly source: 'environment' | 'setup';
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** Null where nobody can sign in with GitHub. */
  readonly oauth: { readonly clientId: string; readonly clientSecret: string } | null;
  /** What GitHub calls it; null where only its id is known. */
  readonly registration: GithubRegistration | null;
}

export interface GithubRegistration {
  readonly slug: string;
  readonly name: string;
  /** Its page for people: installing it is at `/installations/new` below. */
  readonly htmlUrl: string;
}

/** What the environment says of an App: all, some or nothing of it. */
export interface GithubEnvironment {
  readonly githubAppId?: number | undefined;
  readonly githubPrivateKey?: string | undefined;
  readonly githubWebhookSecret?: string | undefined;
  readonly githubClientId?: string | undefined;
  readonly githubClientSecret?: string | undefined;
}

/**
 * The App in effect. The environment wins, variable by variable; what it leaves open is taken from the stored App where
 * that is the same one. Undefined where there is no whole App.
 */
export function resolveGithubApp(
  environment: GithubEnvironment,
  stored: GithubApp | undefined,
): GithubApp | undefined {
  const { githubAppId, githubPrivateKey, githubWebhookSecret } = environment;
  const same = githubAppId === undefined || githubAppId === stored?.appId ? stored : undefined;
  const appId = githubAppId ?? same?.appId;
  const privateKey = githubPrivateKey ?? same?.privateKey;
  const webhookSecret = githubWebhookSecret ?? same?.webhookSecret;
  if (appId === undefined || privateKey === undefined || webhookSecret === undefined) return undefined;
  return {
    source: githubAppId === undefined ? 'setup' : 'environment',
    appId,
    privateKey,
    webhookSecret,
    oauth: resolveOauth(environment, same),
    registration: same?.registration ?? null,
  };
}

/** The two belong together: one of each App would sign nobody in. */
function resolveOauth(
  { githubClientId, githubClientSecret }: GithubEnvironment,
  stored: GithubApp | undefined,
): GithubApp['oauth'] {
  if (githubClientId === undefined || githubClientSecret === undefined) return stored?.oauth ?? null;
  return { clientId: githubClientId, clientSecret: githubClientSecret };
}
