import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isAlive, nameProcess, type ProcessName, processNameSchema } from '../machine/process-name.ts';
import { readProcess, sendSignal } from '../machine/processes.ts';
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
  const children = new Map<string, ProcessName>();
  let written = Promise.resolve();
  const write = async () => {
    await writeFile(`${file}.new`, JSON.stringify([...children.values()]), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  return {
    add: async (name, pid) => {
      const entry = readProcess(pid);
      if (entry === undefined) return;
      children.set(name, nameProcess(entry));
      // One after the other: they share the unfinished file. A disk that is full must not stop a restart.
      written = written.then(write).catch(() => {});
      await written;
    },
  };
}

/** Waits a moment for the children of a supervisor that was killed, then kills them and what they started. */
export async function endLeftovers(file: string): Promise<void> {
  let leftovers = (await readRecord(file)).filter(isAlive);
  for (let waitedMs = 0; leftovers.length > 0; waitedMs += POLL_MS) {
    if (waitedMs >= KILL_TIMEOUT_MS) throw new StartError(unkillable(leftovers));
    if (waitedMs >= GRACE_MS) for (const { pid } of leftovers) sendSignal(-pid, 'SIGKILL');
    await sleep(POLL_MS);
    leftovers = leftovers.filter(isAlive);
  }
}

async function readRecord(file: string): Promise<ProcessName[]> {
  try {
    return z.array(processNameSchema).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}

function unkillable(leftovers: readonly ProcessName[]): string {
  const pids = leftovers.map(({ pid }) => pid).join(', ');
  return `Processes of an earlier start don't end (${pids}): end them, or restart the machine, and try again.`;
}
