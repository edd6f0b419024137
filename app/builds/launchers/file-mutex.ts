import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ownName, type ProcessName } from './process-table.ts';

const POLL_MS = 10;
const FILE = /^lock\.(\d+)$/;

/** Another process holds the lock for longer than it ever should. */
export class MutexTimeoutError extends Error {
  override readonly name = 'MutexTimeoutError';
}

/**
 * Runs `work` while no other process of this machine does so in the same folder. A holder that died holds
 * nothing. `randomId` names a temporary file.
 *
 * The lock is the file with the highest number: taking it means creating the next one with link(), which is
 * atomic and brings its contents along. Unlike a lock file that is removed and made anew, two processes that
 * find a dead holder can't both take its place.
 */
export async function withFileMutex<T>(
  folder: string,
  options: { readonly timeoutMs: number; readonly randomId: () => string },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await acquire(folder, options);
  try {
    return await work();
  } finally {
    await truncate(file); // An empty file is a free lock; it stays, since numbers must only rise.
  }
}

async function acquire(
  folder: string,
  options: { readonly timeoutMs: number; readonly randomId: () => string },
): Promise<string> {
  for (let waitedMs = 0; waitedMs <= options.timeoutMs; waitedMs += POLL_MS) {
    const file = await tryAcquire(folder, options.randomId);
    if (file !== undefined) return file;
    await sleep(POLL_MS);
  }
  throw new MutexTimeoutError(
    `the lock in ${folder} is held for more than ${options.timeoutMs} ms by another Offshoot process; is it stopped or hanging?`,
  );
}

async function tryAcquire(folder: string, randomId: () => string): Promise<string | undefined> {
  const highest = await highestNumber(folder);
  if (highest > 0 && (await isHeld(fileOf(folder, highest)))) return undefined;
  const own = highest + 1;
  if (!(await createWhole(fileOf(folder, own), JSON.stringify(ownName()), randomId))) return undefined;
  // Who read the numbers before others took and cleared them may have linked an old one.
  if ((await highestNumber(folder)) !== own) {
    await rm(fileOf(folder, own), { force: true });
    return undefined;
  }
  await removeBelow(folder, own);
  return fileOf(folder, own);
}

function fileOf(folder: string, number: number): string {
  return join(folder, `lock.${number}`);
}

async function numbersIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const digits = FILE.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

async function highestNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder)));
}

async function isHeld(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return true; // Replaced this moment: look again.
  const holder = parseHolder(text);
  return holder !== undefined && isAlive(holder);
}

/** Undefined when the lock is free, or when what a crash of the machine left of it can't be read. */
function parseHolder(text: string): ProcessName | undefined {
  try {
    return JSON.parse(text) as ProcessName;
  } catch {
    return undefined;
  }
}

/** False when the file is there already. */
async function createWhole(file: string, text: string, randomId: () => string): Promise<boolean> {
  const temporary = `${file}.${randomId()}`;
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function removeBelow(folder: string, number: number): Promise<void> {
  const old = (await numbersIn(folder)).filter((one) => one < number);
  await Promise.all(old.map((one) => rm(fileOf(folder, one), { force: true })));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
