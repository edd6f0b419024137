import { randomInt } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

const CLAIM = /^lock-([0-9]+)-(.+)$/;
const MAX_TRIES = 10;
const MAX_PAUSE_MS = 50;

/**
 * Makes this process the only one that works on the folder. Throws StartError when another one runs. Returns what
 * gives the lock back.
 *
 * A process claims the folder by a file whose name says who it is, and then looks for other claims. So of two that
 * start at once at least one sees the other; who sees a living one steps back, and tries again a few times in case
 * both did. Claims of processes that have ended, however they ended, count for nothing and are removed: their names
 * never come to life again. (One lock file for all would have to be taken from a dead holder, and without a lock of
 * the kernel, which Node does not offer, two can take it at once.)
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const self = await identifyProcess(process.pid);
  if (self === undefined) throw new Error('this process was not found among those that run');
  const claim = path.join(folder, nameOf(self));
  for (let tries = 1; ; tries += 1) {
    await writeFile(claim, '', { flag: 'wx', mode: 0o600 });
    const other = await findOther(folder, self);
    if (other === undefined) return () => rm(claim, { force: true });
    await rm(claim, { force: true });
    if (tries === MAX_TRIES) throw new StartError(inUse(folder, other));
    await sleep(randomInt(MAX_PAUSE_MS));
  }
}

/** A living process that claims the folder too. */
async function findOther(folder: string, self: ProcessIdentity): Promise<ProcessIdentity | undefined> {
  for (const name of await readdir(folder)) {
    const claimant = parseName(name);
    if (claimant === undefined || name === nameOf(self)) continue;
    if (await isRunning(claimant)) return claimant;
    await rm(path.join(folder, name), { force: true });
  }
  return undefined;
}

function nameOf({ pid, startedAt }: ProcessIdentity): string {
  return `lock-${pid}-${Buffer.from(startedAt).toString('base64url')}`;
}

function parseName(name: string): ProcessIdentity | undefined {
  const [, pid, startedAt] = CLAIM.exec(name) ?? [];
  if (startedAt === undefined) return undefined;
  return { pid: Number(pid), startedAt: Buffer.from(startedAt, 'base64url').toString() };
}

function inUse(folder: string, holder: ProcessIdentity): string {
  return (
    `Another Offshoot (process ${holder.pid}) works on ${folder}: stop it, or give this one a folder of its own ` +
    `with OFFSHOOT_DATA.`
  );
}
