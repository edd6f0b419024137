import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** One process as /proc shows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly uid: number;
  /** One letter of proc(5): R, S, D, T, Z, X … */
  readonly state: string;
  readonly threads: number;
  /** Anonymous, shared and swapped memory. Files that are mapped count as cache, as in a cgroup's own pressure. */
  readonly memoryBytes: number;
  /** Clock ticks after boot: with `pid` it names a process for ever, so that a reused pid is not mistaken. */
  readonly startedAtTicks: number;
}

const BYTES_PER_KIB = 1024;
/** /proc is read synchronously, which takes a quarter of the time, in slices after which others get their turn. */
const READS_PER_SLICE = 200;

/** All processes of this machine; empty where there is no /proc (macOS). Those that end meanwhile are left out. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  const pids = listNames('/proc').filter((name) => /^[0-9]+$/.test(name));
  const found: ProcessInfo[] = [];
  for (const [index, pid] of pids.entries()) {
    const info = readProcess(Number(pid));
    if (info !== undefined) found.push(info);
    if (index % READS_PER_SLICE === READS_PER_SLICE - 1) await setImmediate();
  }
  return found;
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** One process, or undefined when there is none of that pid (any more). */
export function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'latin1');
    return parseProcess(pid, read('status'), read('stat'));
  } catch {
    return undefined;
  }
}

/** Reads /proc/<pid>/status and /proc/<pid>/stat; undefined when they are not what proc(5) says. */
export function parseProcess(pid: number, status: string, stat: string): ProcessInfo | undefined {
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1];
  const kib = (name: string) => Number(field(name) ?? 0);
  // The command's name stands in parentheses and may hold anything, parentheses included: count from the last one.
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const info = {
    pid,
    parentPid: Number(field('PPid')),
    uid: Number(field('Uid')),
    state: field('State') ?? '',
    threads: Number(field('Threads')),
    memoryBytes: (kib('RssAnon') + kib('RssShmem') + kib('VmSwap')) * BYTES_PER_KIB,
    startedAtTicks: Number(afterName[19]),
  };
  const isComplete = [info.parentPid, info.uid, info.threads, info.startedAtTicks].every(
    Number.isSafeInteger,
  );
  return isComplete && info.state !== '' ? info : undefined;
}

/** Threads of the whole machine; 0 where there is no /proc. */
export async function countTasks(): Promise<number> {
  const text = await readFile('/proc/loadavg', 'latin1').catch(() => '');
  return Number(/\/(\d+) /.exec(text)?.[1] ?? 0);
}

/** Proportional memory of a process: pages that it shares with others are split among them. */
export async function readProportionalBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+([0-9]+)`, 'm').exec(rollup)?.[1] ?? 0);
  return (kib('Pss_Anon') + kib('Pss_Shmem') + kib('SwapPss')) * BYTES_PER_KIB;
}

/** A process that ended and waits for its parent to notice: it holds nothing and can't be ended again. */
export function isAlive(process: ProcessInfo): boolean {
  return process.state !== 'Z' && process.state !== 'X';
}

/** Reads the environment that a process was started with; empty where this user may not. */
export function readEnvironment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
