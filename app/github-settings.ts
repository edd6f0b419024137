import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { integer, optionalSetting, setting, text, url, type Values } from '../contracts/settings.ts';

const API_URL_EXPECTED =
  'https://api.github.com, https://api.<name>.ghe.com or https://<host>/api/v3 is expected';

/**
 * The private key that GitHub gave to the App, as PEM. Files of variables hold one line, so it may have `\n` in place
 * of its line breaks, or be wrapped in base64.
 */
const privateKey = z.string().transform((value, context) => {
  const pem = unwrapPem(value);
  if (isRsaKey(pem)) return pem;
  context.addIssue('an RSA private key is expected, as PEM or as base64 of it');
  return z.NEVER;
});

/** Without a slash at its end: that is how GitHub's clients join it with paths. */
const apiUrl = url('http:', 'https:')
  .transform((value) => value.replace(/\/+$/, ''))
  .refine((value) => {
    const { hostname, pathname, search, hash } = new URL(value);
    if (search !== '' || hash !== '') return false;
    return pathname === '/api/v3' || (pathname === '/' && hostname.startsWith('api.'));
  }, API_URL_EXPECTED);

/** What names a GitHub App and the GitHub that it is registered with. A part of the app's settings. */
export const GITHUB_SETTINGS = {
  githubAppId: optionalSetting(
    'APP_ID',
    integer(1),
    'The id of the GitHub App; without it, the one that was made at `/setup` is used.',
  ),
  githubPrivateKey: optionalSetting(
    'PRIVATE_KEY',
    privateKey,
    'The private key of the GitHub App: PEM, with `\\n` for line breaks where needed, or base64 of it.',
  ),
  githubWebhookSecret: optionalSetting(
    'WEBHOOK_SECRET',
    text,
    'The secret that GitHub signs the App’s webhooks with.',
  ),
  githubClientId: optionalSetting(
    'GITHUB_CLIENT_ID',
    text,
    'The App’s client id, for signing in with GitHub.',
  ),
  githubClientSecret: optionalSetting(
    'GITHUB_CLIENT_SECRET',
    text,
    'The App’s client secret, for signing in with GitHub.',
  ),
  githubApiUrl: setting(
    'GITHUB_API_URL',
    'https://api.github.com',
    apiUrl,
    'The API of the GitHub that the App is registered with; of an Enterprise Server `https://<host>/api/v3`.',
  ),
  webhookProxyUrl: optionalSetting(
    'WEBHOOK_PROXY_URL',
    url('http:', 'https:'),
    'A smee.io channel that passes webhooks on to an Offshoot that GitHub can’t reach.',
  ),
};

type GithubSettings = Values<typeof GITHUB_SETTINGS>;

/** What does not fit together, a sentence each. */
export function findGithubFaults(settings: GithubSettings): string[] {
  const { githubAppId, githubPrivateKey, githubWebhookSecret, githubClientId, githubClientSecret } = settings;
  const faults: string[] = [];
  if ((githubAppId === undefined) !== (githubPrivateKey === undefined))
    faults.push(sayPair('APP_ID', 'PRIVATE_KEY', githubAppId !== undefined));
  if ((githubClientId === undefined) !== (githubClientSecret === undefined))
    faults.push(sayPair('GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET', githubClientId !== undefined));
  if (githubAppId !== undefined && githubWebhookSecret === undefined)
    faults.push(
      'WEBHOOK_SECRET is missing. APP_ID names a GitHub App, and without its webhook secret anybody could send webhooks in GitHub’s name: set one in the App’s settings on GitHub, and the same here.',
    );
  return faults;
}

function sayPair(one: string, other: string, hasOne: boolean): string {
  const [given, missing] = hasOne ? [one, other] : [other, one];
  return `${missing} is missing. ${given} is set, and neither is of use without the other: set both or none.`;
}

function unwrapPem(value: string): string {
  const text = value.replaceAll('\\n', '\n').replaceAll(/^["']|["']$/g, '');
  return text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
}

/** GitHub signs in with RS256 alone: a key of another kind would be refused much later, and in other words. */
function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
