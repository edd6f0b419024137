import type { Executor } from '../db/database.ts';
import { deleteGithubSession } from '../db/github-sessions.ts';
import {
  deleteExpiredSessions,
  deleteSession,
  insertLoginLink,
  insertSession,
  takeLoginLink,
} from '../db/sessions.ts';
import { hashToken } from '../domain/attempt-token.ts';

export interface SignInDependencies {
  readonly db: Executor;
  readonly now: () => number;
  /** 20 of a–z and 0–9: two of them are one secret. */
  readonly randomId: () => string;
}

/** What a browser keeps: the secret that stands for the session, and until when. */
export interface NewSession {
  readonly token: string;
  readonly expiresAt: Date;
}

export const LOGIN_LINK_LIFETIME_MS = 15 * 60_000;
export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60_000;

/** Makes a secret that signs in once, within a quarter of an hour. Only its hash is kept. */
export async function createLoginLink({ db, now, randomId }: SignInDependencies): Promise<NewSession> {
  const token = randomId() + randomId();
  const expiresAt = new Date(now() + LOGIN_LINK_LIFETIME_MS);
  await insertLoginLink(db, { tokenHash: hashToken(token), expiresAt });
  return { token, expiresAt };
}

/** A session for who holds an unused link; undefined for everybody else. */
export async function redeemLoginLink(
  token: string,
  dependencies: SignInDependencies,
): Promise<NewSession | undefined> {
  const { db, now } = dependencies;
  if (!(await takeLoginLink(db, hashToken(token), new Date(now())))) return undefined;
  return createSession(dependencies);
}

/** A session for who has proved to be the administrator. Those that are over are swept out on the way. */
export async function createSession({ db, now, randomId }: SignInDependencies): Promise<NewSession> {
  const at = new Date(now());
  const token = randomId() + randomId();
  const expiresAt = new Date(at.getTime() + SESSION_LIFETIME_MS);
  await deleteExpiredSessions(db, at);
  await insertSession(db, { tokenHash: hashToken(token), expiresAt }, at);
  return { token, expiresAt };
}

/** Whosever it is, the administrator's or that of somebody of GitHub. */
export async function endSession(token: string, { db }: Pick<SignInDependencies, 'db'>): Promise<void> {
  const tokenHash = hashToken(token);
  await deleteSession(db, tokenHash);
  await deleteGithubSession(db, tokenHash);
}
