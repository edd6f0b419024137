import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

/** Children notice by themselves that their parent is gone, and get this long to end in order. */
const GRACE_MS = 3_000;
const KILL_TIMEOUT_MS = 13_000;
const POLL_MS = 20;

/** Remembers which processes this start has going, so that the next one can end those that outlived it. */
export interface ChildRecord {
  readonly add: (name: string, pid: number) => Promise<void>;
}

export function openChildRecord(file: string): ChildRecord {
  const children = new Map<string, ProcessIdentity>();
  let written = Promise.resolve();
  const write = async () => {
    await writeFile(`${file}.new`, JSON.stringify([...children.values()]), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  return {
    add: async (name, pid) => {
      const identity = await identifyProcess(pid);
      if (identity === undefined) return;
      children.set(name, identity);
      // One after the other: they share the unfinished file. A disk that is full must not stop a restart.
      written = written.then(write).catch(() => {});
      await written;
    },
  };
}

/** Waits a moment for the children of a supervisor that was killed, then kills them and what they started. */
export async function endLeftovers(file: string): Promise<void> {
  let leftovers = await keepRunning(await readRecord(file));
  for (let waitedMs = 0; leftovers.length > 0; waitedMs += POLL_MS) {
    if (waitedMs >= KILL_TIMEOUT_MS) throw new StartError(unkillable(leftovers));
    if (waitedMs >= GRACE_MS) for (const { pid } of leftovers) killGroup(pid);
    await sleep(POLL_MS);
    leftovers = await keepRunning(leftovers);
  }
}

async function readRecord(file: string): Promise<ProcessIdentity[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity[];
  } catch {
    return [];
  }
}

async function keepRunning(identities: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const running = await Promise.all(identities.map(isRunning));
  return identities.filter((_, index) => running[index]);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

function unkillable(leftovers: readonly ProcessIdentity[]): string {
  const pids = leftovers.map(({ pid }) => pid).join(', ');
  return `Processes of an earlier start don't end (${pids}): end them, or restart the machine, and try again.`;
}
