import { readFile, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FAST_STOP_MS = 5_000;
const POLL_MS = 20;

/**
 * Ends a PostgreSQL that still serves this cluster though nobody keeps it any more (its keeper was killed).
 * Nobody else's server is touched: the process must stand in the cluster's folder, as PostgreSQL does.
 */
export async function stopOrphan(data: string): Promise<void> {
  const pid = await findServer(data);
  if (pid === undefined) return;
  signal(pid, 'SIGINT');
  for (let waitedMs = 0; await serves(pid, data); waitedMs += POLL_MS) {
    if (waitedMs >= FAST_STOP_MS) signal(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** The process that postmaster.pid names, if it is alive and really serves this cluster. */
async function findServer(data: string): Promise<number | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 1 && (await serves(pid, data)) ? pid : undefined;
}

async function serves(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
