import type { Database } from '../db/database.ts';
import { deleteGithubApp, replaceGithubApp } from '../db/github-app.ts';
import { insertGithubSetup, takeGithubSetup } from '../db/github-setups.ts';
import { hashToken } from '../domain/attempt-token.ts';
import type { GithubEnvironment, GithubRegistration } from '../domain/github-app.ts';
import type { GithubFailure } from '../domain/github-failure.ts';
import { githubWebUrl } from '../domain/github-urls.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { type GithubClientOptions, openAnonymousClient } from '../github/client/app-octokit.ts';
import { type ConvertedApp, convertManifest } from '../github/client/convert-manifest.ts';
import { githubAppContext, type GithubAppSecrets, type GithubCredentials } from './github-credentials.ts';

/** GitHub's codes live as long. */
export const SETUP_LIFETIME_MS = 60 * 60_000;

export interface SetUpGithubDependencies {
  readonly db: Database;
  readonly now: () => number;
  /** 20 of a–z and 0–9: two of them are one secret. */
  readonly randomId: () => string;
  readonly secrets: Pick<SecretBox, 'seal'>;
  readonly githubCredentials: Pick<GithubCredentials, 'forget'>;
  readonly githubEnvironment: GithubEnvironment;
  readonly githubClientOptions: GithubClientOptions;
}

/** Makes the state that GitHub has to send back: only this browser can end what it began, and only once. */
export async function beginGithubSetup(
  sessionToken: string,
  { db, now, randomId }: Pick<SetUpGithubDependencies, 'db' | 'now' | 'randomId'>,
): Promise<string> {
  const state = randomId() + randomId();
  const at = new Date(now());
  const expiresAt = new Date(at.getTime() + SETUP_LIFETIME_MS);
  const setup = { stateHash: hashToken(state), sessionHash: hashToken(sessionToken), expiresAt };
  await insertGithubSetup(db, setup, at);
  return state;
}

export type SetUpGithubResult =
  | { readonly outcome: 'registered'; readonly registration: GithubRegistration }
  /** Used before, expired, or of another browser: nothing was asked of GitHub. */
  | { readonly outcome: 'state_refused' }
  /** The environment names an App, which would win over the new one. */
  | { readonly outcome: 'named_by_environment' }
  /** GitHub has made an App that no webhook can be believed of. */
  | { readonly outcome: 'no_webhook_secret'; readonly registration: GithubRegistration }
  | { readonly outcome: 'failed'; readonly failure: GithubFailure };

/** Ends the walk through GitHub's pages: the code becomes an App, whose secrets are kept sealed. */
export async function completeGithubSetup(
  given: { readonly code: string; readonly state: string; readonly sessionToken: string },
  dependencies: SetUpGithubDependencies,
): Promise<SetUpGithubResult> {
  const { db, now, githubEnvironment, githubClientOptions } = dependencies;
  if (githubEnvironment.githubAppId !== undefined) return { outcome: 'named_by_environment' };
  const setup = { stateHash: hashToken(given.state), sessionHash: hashToken(given.sessionToken) };
  if (!(await takeGithubSetup(db, setup, new Date(now())))) return { outcome: 'state_refused' };
  const client = openAnonymousClient(githubClientOptions);
  const converted = await convertManifest(client, given.code, { now });
  if (!converted.ok) return { outcome: 'failed', failure: converted.failure };
  return keepApp(converted.value, dependencies);
}

async function keepApp(
  app: ConvertedApp,
  { db, now, secrets, githubCredentials, githubClientOptions }: SetUpGithubDependencies,
): Promise<SetUpGithubResult> {
  const registration = registrationOf(app, githubClientOptions.apiUrl);
  const { pem: privateKey, webhook_secret: webhookSecret, client_secret: clientSecret } = app;
  if (webhookSecret === null) return { outcome: 'no_webhook_secret', registration };
  const told: GithubAppSecrets = { privateKey, webhookSecret, clientSecret };
  const row = {
    appId: app.id,
    ...registration,
    clientId: app.client_id,
    secrets: secrets.seal(JSON.stringify(told), githubAppContext(app.id)),
    createdAt: new Date(now()),
  };
  await db.transaction((tx) => replaceGithubApp(tx, row));
  githubCredentials.forget();
  return { outcome: 'registered', registration };
}

/** The page is one that people are sent to: it is GitHub's own, whatever an answer says. */
function registrationOf({ slug, name, html_url }: ConvertedApp, apiUrl: string): GithubRegistration {
  const webUrl = githubWebUrl(apiUrl);
  const isOwn = new URL(html_url).origin === webUrl;
  return { slug, name, htmlUrl: isOwn ? html_url : `${webUrl}/apps/${encodeURIComponent(slug)}` };
}

/** Forgets the App that /setup made: at GitHub it stays. False when it is another one by now. */
export async function forgetGithubApp(
  appId: number,
  { db, githubCredentials }: Pick<SetUpGithubDependencies, 'db' | 'githubCredentials'>,
): Promise<boolean> {
  const isForgotten = await deleteGithubApp(db, appId);
  githubCredentials.forget();
  return isForgotten;
}
