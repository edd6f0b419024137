import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

const MAX_TRIES = 10;

/**
 * Makes this process the only one that works on the folder. The lock of a process that has ended, however it
 * ended, is taken over. Throws StartError when another one runs. Returns what gives the lock back.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = path.join(folder, 'lock');
  const own = path.join(folder, `lock.${randomUUID()}`);
  await writeFile(own, JSON.stringify(await identifyProcess(process.pid)), { mode: 0o600 });
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (await linkOnce(own, lock)) return () => rm(lock, { force: true });
      const holder = await readHolder(lock);
      if (holder !== undefined && (await isRunning(holder))) throw new StartError(inUse(folder, holder));
      await removeStale(lock, holder);
    }
    throw new StartError(`The lock ${lock} changes all the time: are other starts going on? Try again.`);
  } finally {
    await rm(own, { force: true });
  }
}

function inUse(folder: string, holder: ProcessIdentity): string {
  return (
    `Another Offshoot (process ${holder.pid}) works on ${folder}: stop it, or give this one a folder of its own ` +
    `with OFFSHOOT_DATA.`
  );
}

/** A hard link appears whole and only if nothing is there, unlike a file that is opened and then written. */
async function linkOnce(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(lock: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(lock, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/**
 * Two starts may find the same stale lock. Each moves away what is there now; who catches the fresh lock of the
 * other puts it back.
 */
async function removeStale(lock: string, stale: ProcessIdentity | undefined): Promise<void> {
  const moved = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const caught = await readHolder(moved);
  if (caught !== undefined && caught.startedAt !== stale?.startedAt) await linkOnce(moved, lock);
  await rm(moved, { force: true });
}
