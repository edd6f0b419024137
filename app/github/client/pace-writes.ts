import { type GithubResult, isPassing } from '../../domain/github-failure.ts';
import type { WriteOptions } from './call-github.ts';

/** What GitHub asks of everybody who writes. */
const WRITE_INTERVAL_MS = 1000;
/** A writer that is silent for so long has died; the others wait no longer for it. */
export const WRITER_LIFETIME_MS = 15_000;
/** How often a writer that lives says so, however long GitHub takes to answer. */
export const WRITER_RENEWAL_MS = 5000;
/** How soon to ask again while somebody else writes. */
const BUSY_RETRY_MS = 1000;

/** Where the pace of an installation is kept: app processes have it in common. Moments are epoch milliseconds. */
export interface PaceStore {
  claim(claim: {
    readonly installationId: number;
    readonly writer: string;
    readonly at: number;
    readonly until: number;
  }): Promise<{ readonly isClaimed: boolean; readonly freeAt: number }>;
  /** Only of this writer; nothing when the place is another one's by now. */
  renew(place: { readonly installationId: number; readonly writer: string }, until: number): Promise<void>;
  release(
    place: { readonly installationId: number; readonly writer: string },
    nextWriteAt: number,
  ): Promise<void>;
  silence(installationId: number, until: number): Promise<void>;
  readSilence(installationId: number, at: number): Promise<number | undefined>;
}

export interface PaceDependencies {
  readonly store: PaceStore;
  /** The clock that all processes have in common: by their own, two of them could be seconds apart. */
  readonly readTime: () => Promise<number>;
  readonly randomId: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** A lease that could not be renewed: another process may write before this one has ended. */
  readonly log: { warn(fields: object, message: string): void };
}

export type Paced<Value> =
  | { readonly outcome: 'done'; readonly result: GithubResult<Value> }
  /** Nothing was asked of GitHub. The job runs again then; it holds no worker meanwhile. */
  | { readonly outcome: 'wait'; readonly until: number };

/**
 * Makes one write of an installation: never two at a time, whatever process they are in, at least a second after the
 * last one, and not before GitHub allows it again. `write` may read what it decides by, and waits (by what it is given)
 * between two writes of its own.
 */
export async function paceWrite<Value>(
  installationId: number,
  write: (options: Pick<WriteOptions, 'pauseBetweenWrites'>) => Promise<GithubResult<Value>>,
  dependencies: PaceDependencies,
): Promise<Paced<Value>> {
  const { store, readTime, randomId, sleep } = dependencies;
  const at = await readTime();
  const place = { installationId, writer: randomId() };
  const claim = await store.claim({ ...place, at, until: at + WRITER_LIFETIME_MS });
  if (!claim.isClaimed) return { outcome: 'wait', until: Math.max(claim.freeAt, at + BUSY_RETRY_MS) };
  const stopRenewing = keepRenewing(place, dependencies);
  try {
    const result = await write({ pauseBetweenWrites: () => sleep(WRITE_INTERVAL_MS) });
    await obey(installationId, result, store);
    return { outcome: 'done', result };
  } finally {
    stopRenewing();
    await store.release(place, (await readTime()) + WRITE_INTERVAL_MS);
  }
}

function keepRenewing(
  place: { readonly installationId: number; readonly writer: string },
  { store, readTime, log }: PaceDependencies,
): () => void {
  const renew = async () => store.renew(place, (await readTime()) + WRITER_LIFETIME_MS);
  const timer = setInterval(() => {
    renew().catch((err: unknown) => log.warn({ err }, 'the turn to write to GitHub was not prolonged'));
  }, WRITER_RENEWAL_MS);
  return () => clearInterval(timer);
}

/** Makes a call that only reads: any number at a time, but none while GitHub has asked for silence. */
export async function paceRead<Value>(
  installationId: number,
  read: () => Promise<GithubResult<Value>>,
  { store, readTime }: Pick<PaceDependencies, 'store' | 'readTime'>,
): Promise<Paced<Value>> {
  const until = await store.readSilence(installationId, await readTime());
  if (until !== undefined) return { outcome: 'wait', until };
  const result = await read();
  await obey(installationId, result, store);
  return { outcome: 'done', result };
}

/** A limit is one of the whole installation: what another call does next would make it longer. */
async function obey(installationId: number, result: GithubResult<unknown>, store: PaceStore): Promise<void> {
  if (result.ok || !isPassing(result.failure)) return;
  const { retryAt } = result.failure;
  if (retryAt !== null) await store.silence(installationId, retryAt);
}
