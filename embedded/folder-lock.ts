import { randomUUID } from 'node:crypto';
import { LockTimeoutError, takeLock } from '../machine/lock.ts';
import { StartError } from './start-error.ts';

/** Nobody waits until another Offshoot ends; but of several that start at this moment, one shall have the folder. */
const REFUSE_AFTER_MS = 300;

/**
 * Makes this process the only one that works on the folder. Throws StartError when another one runs. Returns what
 * gives the lock back.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  // A container that was killed comes back as another one, and must be able to start: what it claimed before can't
  // be judged and counts for nothing.
  const lock = {
    folder,
    name: 'lock',
    timeoutMs: REFUSE_AFTER_MS,
    foreignTimeoutMs: 0,
    randomId: randomUUID,
  };
  try {
    return await takeLock(lock);
  } catch (error) {
    throw error instanceof LockTimeoutError ? new StartError(inUse(folder, error.holder.pid)) : error;
  }
}

function inUse(folder: string, pid: number): string {
  return (
    `Another Offshoot (process ${pid}) works on ${folder}: stop it, or give this one a folder of its own ` +
    `with OFFSHOOT_DATA.`
  );
}
