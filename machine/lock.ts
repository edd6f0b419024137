import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatName, lifeOf, ownName, parseName, type ProcessName } from './process-name.ts';

const MAX_PAUSE_MS = 12;

export interface Lock {
  /** Made when it is missing, readable by its owner only. Other locks and other files may be there too. */
  readonly folder: string;
  /** Which lock of this folder; no `~` in it. */
  readonly name: string;
  /** How long to wait for others. Who wants none still needs a moment, in which those that start at once step back. */
  readonly timeoutMs: number;
  /**
   * How long the claim of a process counts that can't be judged from here (of another machine or container): longer
   * than any work under this lock. 0 where only one machine uses the folder.
   */
  readonly foreignTimeoutMs: number;
  readonly randomId: () => string;
}

export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
  readonly holder: ProcessName;

  constructor({ name, folder, timeoutMs }: Lock, holder: ProcessName) {
    super(
      `the lock ${name} in ${folder} was not free within ${timeoutMs} ms: process ${holder.pid} of ${holder.host} has it; is it stopped or hanging?`,
    );
    this.holder = holder;
  }
}

/** When the last one in line is done, for each lock that this process waits for or holds. */
const lines = new Map<string, Promise<void>>();

/**
 * Runs `work` while nobody else holds the lock: one after another in this process, in the order of the calls, and
 * one process at a time. Throws LockTimeoutError.
 */
export async function withLock<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  const turn = Promise.withResolvers<void>();
  const line = join(lock.folder, lock.name);
  const before = lines.get(line);
  const last = Promise.all([before, turn.promise]).then(() => undefined);
  lines.set(line, last);
  try {
    await waitFor(before, lock);
    const release = await takeLock(lock);
    try {
      return await work();
    } finally {
      await release();
    }
  } finally {
    turn.resolve();
    if (lines.get(line) === last) lines.delete(line);
  }
}

async function waitFor(before: Promise<void> | undefined, lock: Lock): Promise<void> {
  if (before === undefined) return;
  const timer = new AbortController();
  const late = sleep(lock.timeoutMs, 'late', { signal: timer.signal }).catch(() => 'done');
  const first = await Promise.race([before, late]);
  timer.abort();
  if (first === 'late') throw new LockTimeoutError(lock, ownName());
}

/**
 * Takes the lock, and returns what gives it back. It dies with its process, also by `kill -9`. Throws
 * LockTimeoutError.
 *
 * Each contender announces itself by a file of its own, then looks: if another living one has announced itself, it
 * withdraws and tries again. Both announce before they look, so two can never hold the lock at once, and nobody
 * ever has to break another's lock, which is where lock files usually go wrong. Claims of processes that have
 * ended count for nothing: their names never come to life again.
 */
export async function takeLock(lock: Lock): Promise<() => Promise<void>> {
  await mkdir(lock.folder, { recursive: true, mode: 0o700 });
  const until = performance.now() + lock.timeoutMs;
  for (;;) {
    const id = lock.randomId();
    const taken = await tryToTake(lock, `${lock.name}~${formatName(ownName())}~${id}`);
    if (typeof taken === 'function') return taken;
    if (performance.now() > until) throw new LockTimeoutError(lock, taken);
    await sleep(pauseOf(id));
  }
}

/** What gives the lock back, or who else claims it. */
async function tryToTake(lock: Lock, claim: string): Promise<(() => Promise<void>) | ProcessName> {
  const file = join(lock.folder, claim);
  const withdraw = () => rm(file, { force: true });
  let other: ProcessName | undefined;
  await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  try {
    other = await findOther(lock, claim);
  } catch (error) {
    await withdraw(); // Or it would stand in our own way until this process ends.
    throw error;
  }
  if (other === undefined) return withdraw;
  await withdraw();
  return other;
}

/** Who else claims the lock and may be alive. Claims of the dead are removed. */
async function findOther(
  { folder, name, foreignTimeoutMs }: Lock,
  own: string,
): Promise<ProcessName | undefined> {
  for (const claim of await readdir(folder)) {
    if (claim === own || !claim.startsWith(`${name}~`)) continue;
    const claimant = parseName(claim.slice(name.length + 1));
    if (claimant === undefined) continue; // No claim: somebody else's file.
    const file = join(folder, claim);
    const life = lifeOf(claimant);
    if (life === 'alive' || (life === 'unknown' && !(await isOlder(file, foreignTimeoutMs)))) return claimant;
    await rm(file, { force: true });
  }
  return undefined;
}

/** By the folder's own clock, which our claim has just set: both times come from the same file system. */
async function isOlder(file: string, ageMs: number): Promise<boolean> {
  const [theirs, ours] = await Promise.all([stat(file).catch(ignoreMissing), stat(join(file, '..'))]);
  return theirs === undefined || ours.mtimeMs - theirs.mtimeMs >= ageMs;
}

/** Contenders must not come back in step, so each pauses for a time of its own. */
function pauseOf(id: string): number {
  const share = (createHash('sha256').update(id).digest()[0] ?? 0) / 255;
  return 1 + share * MAX_PAUSE_MS;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
