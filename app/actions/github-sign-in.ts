import { createHash } from 'node:crypto';
import type { Database } from '../db/database.ts';
import {
  deleteExpiredGithubSessions,
  insertGithubSession,
  insertGithubSignIn,
  takeGithubSignIn,
} from '../db/github-sessions.ts';
import { hashToken } from '../domain/attempt-token.ts';
import type { GithubApp } from '../domain/github-app.ts';
import type { GithubFailure } from '../domain/github-failure.ts';
import { githubWebUrl, SIGN_IN_CALLBACK_PATH, signInUrl } from '../domain/github-urls.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';
import { type GithubClientOptions, openAnonymousClient } from '../github/client/app-octokit.ts';
import { exchangeSignInCode, type UserToken } from '../github/client/exchange-sign-in-code.ts';
import { readTokenUser, type TokenUser } from '../github/client/read-token-user.ts';
import type { GithubConnection } from './github-connection.ts';
import { type NewSession, SESSION_LIFETIME_MS } from './sign-in.ts';

/** GitHub's codes live as long. */
export const SIGN_IN_LIFETIME_MS = 10 * 60_000;

export interface GithubSignInDependencies {
  readonly db: Database;
  readonly now: () => number;
  /** 20 of a–z and 0–9: two of them are one secret. */
  readonly randomId: () => string;
  readonly secrets: Pick<SecretBox, 'seal'>;
  readonly github: Pick<GithubConnection, 'read'>;
  readonly githubClientOptions: GithubClientOptions;
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
}

/** What a browser is sent to GitHub with. */
export interface BegunSignIn {
  readonly url: string;
  /** For the browser's cookie: PKCE's verifier, and what binds the state to this browser. */
  readonly secret: string;
  readonly expiresAt: Date;
}

/** Whether “Sign in with GitHub” can be offered. */
export async function canSignInWithGithub({
  github,
}: Pick<GithubSignInDependencies, 'github'>): Promise<boolean> {
  const connection = await github.read();
  return connection.state === 'ready' && connection.app.oauth !== null;
}

/** Begins a way through GitHub's pages, to end at `next`, a path of ours. Undefined where nobody can sign in so. */
export async function beginGithubSignIn(
  next: string,
  { db, now, randomId, github, githubClientOptions, appUrl }: GithubSignInDependencies,
): Promise<BegunSignIn | undefined> {
  const connection = await github.read();
  if (connection.state !== 'ready' || connection.app.oauth === null) return undefined;
  const state = randomId() + randomId();
  // At least 43 characters, says RFC 7636.
  const secret = randomId() + randomId() + randomId();
  const at = now();
  const expiresAt = new Date(at + SIGN_IN_LIFETIME_MS);
  const signIn = { stateHash: hashToken(state), browserHash: hashToken(secret), next, expiresAt };
  await insertGithubSignIn(db, signIn, new Date(at));
  const url = signInUrl(githubWebUrl(githubClientOptions.apiUrl), {
    clientId: connection.app.oauth.clientId,
    redirectUrl: redirectUrlOf(appUrl),
    state,
    challenge: createHash('sha256').update(secret).digest('base64url'),
  });
  return { url, secret, expiresAt };
}

function redirectUrlOf(appUrl: URL): string {
  return new URL(SIGN_IN_CALLBACK_PATH, appUrl).href;
}

/** What GitHub sends somebody back with, and what their browser has kept. */
export interface ReturnedSignIn {
  readonly state: string;
  readonly code: string | undefined;
  /** GitHub's word for why there is no code: `access_denied` when the person has not agreed. */
  readonly error: string | undefined;
  readonly secret: string;
}

export type GithubSignInResult =
  | { readonly outcome: 'signed_in'; readonly session: NewSession; readonly next: string }
  /** Used before, expired, or of another browser: nothing was asked of GitHub. */
  | { readonly outcome: 'state_refused' }
  /** GitHub has sent no code. */
  | { readonly outcome: 'no_code'; readonly error: string | undefined }
  | { readonly outcome: 'not_connected' }
  | { readonly outcome: 'failed'; readonly failure: GithubFailure };

/** Ends the way through GitHub's pages: the code becomes a session. */
export async function completeGithubSignIn(
  returned: ReturnedSignIn,
  dependencies: GithubSignInDependencies,
): Promise<GithubSignInResult> {
  const { db, now, github } = dependencies;
  const hashes = { stateHash: hashToken(returned.state), browserHash: hashToken(returned.secret) };
  const taken = await takeGithubSignIn(db, hashes, new Date(now()));
  if (taken === undefined) return { outcome: 'state_refused' };
  if (returned.code === undefined) return { outcome: 'no_code', error: returned.error };
  const connection = await github.read();
  if (connection.state !== 'ready' || connection.app.oauth === null) return { outcome: 'not_connected' };
  const { clientId, clientSecret } = connection.app.oauth;
  const { code, secret: verifier } = returned;
  const given = { code, verifier, redirectUrl: redirectUrlOf(dependencies.appUrl) };
  const client = openAnonymousClient(dependencies.githubClientOptions);
  const token = await exchangeSignInCode(client, { clientId, clientSecret }, given, { now });
  if (!token.ok) return { outcome: 'failed', failure: token.failure };
  const user = await readTokenUser(connection.clients.withToken(token.value.token), { now });
  if (!user.ok) return { outcome: 'failed', failure: user.failure };
  const session = await keepSession(user.value, token.value, connection.app, dependencies);
  return { outcome: 'signed_in', session, next: taken.next };
}

/** As long as the token lives, eight hours as a rule: then GitHub is asked anew, mostly without a question. */
async function keepSession(
  user: TokenUser,
  { token: userToken, expiresAt: tokenEnd }: UserToken,
  { appId }: Pick<GithubApp, 'appId'>,
  { db, now, randomId, secrets }: GithubSignInDependencies,
): Promise<NewSession> {
  const createdAt = new Date(now());
  const longest = createdAt.getTime() + SESSION_LIFETIME_MS;
  const expiresAt = new Date(tokenEnd === undefined ? longest : Math.min(Date.parse(tokenEnd), longest));
  const token = randomId() + randomId();
  const tokenHash = hashToken(token);
  const sealed = secrets.seal(userToken, sealingContext('githubSession', tokenHash));
  const row = { tokenHash, userId: user.id, login: user.login, appId, userToken: sealed };
  await deleteExpiredGithubSessions(db, createdAt);
  await insertGithubSession(db, { ...row, createdAt, expiresAt });
  return { token, expiresAt };
}
