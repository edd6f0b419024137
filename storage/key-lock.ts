import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDead, nameProcess } from './process-name.ts';

const TIMEOUT_MS = 10_000;
const MAX_PAUSE_MS = 12;
const MAX_ANNOUNCEMENTS = 100;
/** A lock of another machine (a shared folder) is given up after this: locks are held for milliseconds. */
const FOREIGN_LOCK_MS = 30_000;

/**
 * One holder at a time per key, between the functions of a process and between processes. A lock dies with its
 * process, also by `kill -9`.
 *
 * Each contender announces itself by a file of its own, then looks: if another living one has announced
 * itself, it withdraws and tries again. Both announce before they look, so two can never hold it at once, and
 * nobody ever has to break another's lock, which is where lock files usually go wrong.
 */
export class KeyLocks {
  readonly #folder: string;
  readonly #randomId: () => string;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(folder: string, randomId: () => string) {
    this.#folder = folder;
    this.#randomId = randomId;
  }

  async hold<T>(key: string, action: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const run = before.then(() => this.#holdBetweenProcesses(key, action));
    const tail = run.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  async #holdBetweenProcesses<T>(key: string, action: () => Promise<T>): Promise<T> {
    const folder = join(this.#folder, createHash('sha256').update(key).digest('hex').slice(0, 32));
    const mine = await this.#acquire(folder, key);
    try {
      return await action();
    } finally {
      await rm(join(folder, mine), { force: true });
      await rmdir(folder).catch(() => undefined); // others are there
    }
  }

  async #acquire(folder: string, key: string): Promise<string> {
    const mine = `${nameProcess()}~${this.#randomId()}`;
    const until = performance.now() + TIMEOUT_MS;
    while (performance.now() < until) {
      await announce(folder, mine);
      const others = (await readdir(folder)).filter((name) => name !== mine);
      if (!(await anyAlive(folder, others))) return mine;
      await rm(join(folder, mine), { force: true });
      await sleep(pauseOf(this.#randomId()));
    }
    throw new Error(`the lock of ${key} was not free within ${TIMEOUT_MS} ms`);
  }
}

/** Contenders must not come back in step, so each pauses for a time of its own. */
function pauseOf(randomId: string): number {
  const share = (createHash('sha256').update(randomId).digest()[0] ?? 0) / 255;
  return 1 + share * MAX_PAUSE_MS;
}

/** Another holder may remove the empty folder before, while or after it is made: then once more. */
async function announce(folder: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(join(folder, name), 'wx', 0o600);
      return await handle.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MAX_ANNOUNCEMENTS) throw error;
    }
  }
}

async function anyAlive(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    const file = join(folder, name);
    if (isDead(name) ?? (await isOld(file))) await rm(file, { force: true });
    else return true;
  }
  return false;
}

/** By the folder's own clock: both times come from the same file system. */
async function isOld(file: string): Promise<boolean> {
  const [theirs, ours] = await Promise.all([stat(file).catch(ignoreMissing), stat(join(file, '..'))]);
  return theirs === undefined || ours.mtimeMs - theirs.mtimeMs > FOREIGN_LOCK_MS;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
