import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BUILDER_ENVIRONMENT } from '../../../contracts/build-report.ts';
import { isAlive, type ProcessName } from '../../../machine/process-name.ts';
import {
  type ProcessEntry,
  readEnvironment,
  readProcess,
  readProcesses,
  readWorkingDirectory,
  sendSignal,
} from '../../../machine/processes.ts';

/** How the processes of one build are recognised. */
export interface BuildTraces {
  /** The builder itself, when it is known. */
  readonly builder: ProcessName | undefined;
  /** The uid that belongs to this build alone; undefined when builds share ours. */
  readonly uid: number | undefined;
  /** The attempt's work folder. */
  readonly folder: string;
}

const run = promisify(execFile);
const KILL_TIMEOUT_MS = 10_000;
const MAX_ROUNDS = 200;
const ROUND_MS = 25;

/**
 * Kills everything of a build; resolves when nothing is left of it. All are stopped before any is killed: a
 * killed process of a fork bomb makes room for the next one, a stopped one does not.
 * Throws when something survives SIGKILL (in an uninterruptible wait, for example).
 */
export async function endProcesses(traces: BuildTraces): Promise<void> {
  // Descent is only visible while the parents live, so whom we have once seen stays on the list.
  const seen = new Map<number, string>();
  const leader = traces.builder !== undefined && isAlive(traces.builder) ? traces.builder.pid : undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (traces.uid !== undefined) await killAllOf(traces.uid);
    freeze(seen, () => findProcesses({ ...traces, leader }, readProcesses()));
    if (killSeen(seen) === 0) return;
    await sleep(ROUND_MS);
  }
  throw new Error(
    `processes ${[...seen.keys()].join(', ')} of the build in ${traces.folder} survive SIGKILL; look for a hanging disk or mount`,
  );
}

/**
 * One kill(-1) by a process of that uid reaches all others of it at once, even a fork bomb that leaves us hardly
 * any time to run. It must not come from here under another effective uid: the real one would match root's.
 */
async function killAllOf(uid: number): Promise<void> {
  if (!(uid > 0)) throw new RangeError(`builds can not have the uid ${uid}`);
  const options = { uid, gid: uid, cwd: '/', env: { PATH: '/bin:/usr/bin' }, timeout: KILL_TIMEOUT_MS };
  // It fails when there is nobody to kill, and where there is no such program: then the rounds do it alone.
  await run('kill', ['-KILL', '-1'], options).catch(() => {});
}

/** Stops all of the build's processes, until a look at the whole table shows no new one. */
function freeze(seen: Map<number, string>, find: () => ProcessEntry[]): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = find().filter((entry) => seen.get(entry.pid) !== entry.startTime);
    if (found.length === 0) return;
    for (const entry of found) {
      seen.set(entry.pid, entry.startTime);
      sendSignal(entry.pid, 'SIGSTOP');
    }
  }
}

/** How many of them still live, and are killed once more. */
function killSeen(seen: Map<number, string>): number {
  for (const [pid, startTime] of seen) {
    if (readProcess(pid)?.startTime === startTime) sendSignal(pid, 'SIGKILL');
    else seen.delete(pid);
  }
  return seen.size;
}

interface SearchedTraces {
  /** The builder's pid when it was alive at the beginning: only then group and session are surely its own. */
  readonly leader: number | undefined;
  readonly uid: number | undefined;
  readonly folder: string;
}

/** Which of these processes belong to the build: the builder, its descendants and session, its uid, its folder. */
function findProcesses(traces: SearchedTraces, table: readonly ProcessEntry[]): ProcessEntry[] {
  const { leader, uid } = traces;
  const family = leader === undefined ? new Set<number>() : descendantsOf(leader, table);
  return table.filter((entry) => {
    if (entry.pid === process.pid) return false;
    const isLed = leader !== undefined && (entry.sessionId === leader || entry.groupId === leader);
    return family.has(entry.pid) || isLed || (uid !== undefined && entry.uid === uid) || isAt(entry, traces);
  });
}

/** The builder of this folder, known by the environment that only a launcher gives. */
export function findBuilder(folder: string): ProcessEntry | undefined {
  const mark = `${BUILDER_ENVIRONMENT.workFolder}=${folder}`;
  return readProcesses().find(
    (entry) =>
      entry.pid === entry.groupId &&
      entry.uid === process.getuid?.() &&
      readEnvironment(entry.pid).includes(mark),
  );
}

function descendantsOf(pid: number, table: readonly ProcessEntry[]): Set<number> {
  const children = Map.groupBy(table, (entry) => entry.parentPid);
  const family = new Set([pid]);
  for (const parent of family) {
    for (const child of children.get(parent) ?? []) family.add(child.pid);
  }
  return family;
}

/**
 * A daemon that left session and group, found by its folder when it has no uid of its own. Processes with a
 * terminal are people looking around.
 */
function isAt(entry: ProcessEntry, { folder }: SearchedTraces): boolean {
  if (entry.hasTerminal || entry.uid !== process.getuid?.()) return false;
  if (isInside(readWorkingDirectory(entry.pid), folder)) return true;
  const environment = readEnvironment(entry.pid);
  return [BUILDER_ENVIRONMENT.workFolder, 'HOME', 'TMPDIR'].some((name) =>
    environment.some((one) => one.startsWith(`${name}=`) && isInside(one.slice(name.length + 1), folder)),
  );
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
