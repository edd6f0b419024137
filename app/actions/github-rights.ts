import { LRUCache } from 'lru-cache';
import type { Executor } from '../db/database.ts';
import { deleteGithubSession, findGithubSession, type GithubSessionRow } from '../db/github-sessions.ts';
import type { GithubFailure } from '../domain/github-failure.ts';
import type { RightsReading } from '../domain/rights.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';
import { listUserRights } from '../github/client/list-user-rights.ts';
import type { GithubConnection } from './github-connection.ts';

/** For so long somebody may go on with what they may not do at GitHub any more. */
export const RIGHTS_MAX_AGE_MS = 5 * 60_000;
/** GitHub that is away is not asked with every click. */
export const FAILURE_MAX_AGE_MS = 5000;
/** Rights of all sessions together that one process remembers: some tens of megabytes. */
const MAX_KEPT_RIGHTS = 500_000;
/** Sessions whose last question failed. */
const MAX_KEPT_FAILURES = 10_000;

export interface GithubRightsDependencies {
  readonly db: Executor;
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly github: Pick<GithubConnection, 'read'>;
  readonly now: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

export interface GithubRights {
  /**
   * What somebody of GitHub may do, by their session, asked for within `maxAgeMs` (RIGHTS_MAX_AGE_MS at most, and by
   * default). One question for all who wait for the same answer.
   */
  read(session: { readonly sessionHash: string }, maxAgeMs?: number): Promise<RightsReading>;
}

interface Kept {
  readonly reading: RightsReading;
  /** When it was asked for. */
  readonly at: number;
  readonly until: number;
}

/**
 * What people of GitHub may do here. In the memory of each process: what was asked for a few minutes ago is worth no
 * table, and no process may trust what is older.
 */
export function createGithubRights(dependencies: GithubRightsDependencies): GithubRights {
  const { now } = dependencies;
  const kept = new LRUCache<string, Kept>({ maxSize: MAX_KEPT_RIGHTS, sizeCalculation: sizeOf });
  /** Beside what is kept: a question that failed takes nobody's rights away that are still good. */
  const failed = new LRUCache<string, Kept>({ max: MAX_KEPT_FAILURES });
  const asking = new Map<string, Promise<RightsReading>>();

  const ask = async (sessionHash: string): Promise<RightsReading> => {
    // From before the question: what GitHub answers may change while it does.
    const at = now();
    const answer = await askGithub(sessionHash, at, dependencies);
    if (answer.reading.state === 'unknown') failed.set(sessionHash, answer);
    if (answer.reading.state === 'known') kept.set(sessionHash, answer);
    return answer.reading;
  };

  return {
    async read({ sessionHash }, maxAgeMs = RIGHTS_MAX_AGE_MS) {
      const known = kept.get(sessionHash);
      if (known !== undefined && isFresh(known, now(), maxAgeMs)) return known.reading;
      // What could not be told is not asked for sooner, whoever wants it fresher.
      const failure = failed.get(sessionHash);
      if (failure !== undefined && now() < failure.until) return failure.reading;
      const running = asking.get(sessionHash);
      if (running !== undefined) return running;
      const started = ask(sessionHash).finally(() => asking.delete(sessionHash));
      asking.set(sessionHash, started);
      return started;
    },
  };
}

function isFresh({ at, until }: Kept, now: number, maxAgeMs: number): boolean {
  return now < Math.min(until, at + maxAgeMs);
}

function sizeOf({ reading }: Kept): number {
  return 1 + (reading.state === 'known' ? reading.byRepository.size : 0);
}

async function askGithub(
  sessionHash: string,
  at: number,
  dependencies: GithubRightsDependencies,
): Promise<Kept> {
  const session = await findGithubSession(dependencies.db, sessionHash, new Date(at));
  if (session === undefined) return SIGNED_OUT;
  const connection = await dependencies.github.read();
  if (connection.state === 'unreadable') return keepUnknown(connection.message, at, 0);
  const token = openToken(session, dependencies);
  if (connection.state === 'none' || connection.app.appId !== session.appId || token === undefined)
    return signOut(sessionHash, dependencies);
  const listed = await listUserRights(connection.clients.withToken(token), dependencies);
  if (!listed.ok) return answerFailure(listed.failure, sessionHash, at, dependencies);
  const { byRepository, isComplete } = listed.value;
  if (!isComplete)
    dependencies.log.warn({ login: session.login }, 'somebody has more repositories than are asked for');
  const until = at + RIGHTS_MAX_AGE_MS;
  return { reading: { state: 'known', byRepository, until }, at, until };
}

const SIGNED_OUT: Kept = { reading: { state: 'signed_out' }, at: 0, until: 0 };

/** Undefined when no key of this installation opens it: then they sign in again. */
function openToken(
  { tokenHash, userToken }: GithubSessionRow,
  { secrets }: GithubRightsDependencies,
): string | undefined {
  try {
    return secrets.open(userToken, sealingContext('githubSession', tokenHash));
  } catch (error) {
    if (error instanceof SealedTextError) return undefined;
    throw error;
  }
}

async function answerFailure(
  failure: GithubFailure,
  sessionHash: string,
  at: number,
  dependencies: GithubRightsDependencies,
): Promise<Kept> {
  // It has expired, or somebody has taken it back at GitHub.
  if (failure.kind === 'unauthorized') return signOut(sessionHash, dependencies);
  return keepUnknown(failure.message, at, failure.kind === 'rate_limited' ? failure.retryAt : 0);
}

/** For a moment, or for as long as GitHub wants silence. */
function keepUnknown(message: string, at: number, retryAt: number): Kept {
  const until = Math.min(Math.max(retryAt, at + FAILURE_MAX_AGE_MS), at + RIGHTS_MAX_AGE_MS);
  return { reading: { state: 'unknown', message }, at, until };
}

async function signOut(sessionHash: string, { db }: GithubRightsDependencies): Promise<Kept> {
  await deleteGithubSession(db, sessionHash);
  return SIGNED_OUT;
}
