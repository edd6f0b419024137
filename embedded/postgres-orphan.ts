import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  readCommand,
  readProcess,
  readProcesses,
  readWorkingDirectory,
  sendSignal,
} from '../machine/processes.ts';
import { StartError } from './start-error.ts';

const FAST_STOP_MS = 5_000;
const KILL_TIMEOUT_MS = 15_000;
const POLL_MS = 20;

/**
 * Ends a PostgreSQL that still serves this cluster though nobody keeps it any more (its keeper was killed), and
 * removes the pid file of one that was killed: where nobody buries dead processes, as in many containers,
 * PostgreSQL takes them for living ones and refuses to start. Nobody else's server is touched: a process must
 * stand in the cluster's folder, as all of PostgreSQL's do. Where there is no /proc, nothing is done.
 */
export async function stopOrphan(data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const folder = await realpath(data);
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const pids = findServers(folder);
    if (pids.length === 0) break;
    if (waitedMs >= KILL_TIMEOUT_MS) throw new StartError(unkillable(data, pids));
    checkNotKept(data, pids);
    if (waitedMs === 0) signalAll(await findPostmaster(folder, pids), 'SIGINT');
    if (waitedMs >= FAST_STOP_MS) signalAll(pids, 'SIGKILL');
    await sleep(POLL_MS);
  }
  await rm(path.join(folder, 'postmaster.pid'), { force: true });
}

/** The server of this cluster and its helpers, which may outlive it for a moment. */
function findServers(folder: string): number[] {
  return readProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => pid > 1 && readWorkingDirectory(pid) === folder);
}

/** The one of them that the pid file names: it ends the others. */
async function findPostmaster(folder: string, pids: readonly number[]): Promise<number[]> {
  const text = await readFile(path.join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  return pids.filter((pid) => pid === Number(text.split('\n')[0]));
}

/** Throws when a living keeper holds the server: then somebody else works on this cluster, and it is no orphan. */
function checkNotKept(data: string, pids: readonly number[]): void {
  for (const pid of pids) {
    const parent = readProcess(pid)?.parentPid;
    if (parent === undefined) continue;
    const isKeeper = readCommand(parent).some((argument) => argument.endsWith('embedded/keeper.ts'));
    if (isKeeper) throw new StartError(kept(data, parent));
  }
}

function kept(data: string, keeper: number): string {
  return (
    `${data} is served by another Offshoot (its PostgreSQL is kept by process ${keeper}): was the data folder ` +
    `copied? Stop the other one, or remove the link \`postgres\` in the copy to begin with an empty database.`
  );
}

function unkillable(data: string, pids: readonly number[]): string {
  return `The PostgreSQL of ${data} (${pids.join(', ')}) does not end: end it, or restart the machine, and try again.`;
}

function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) sendSignal(pid, name);
}
