import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** One process of this machine, as the kernel describes it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where the platform does not tell. */
  readonly sessionId: number;
  /** The real uid; a process of ours that hides (not dumpable) is still found by it. */
  readonly uid: number;
  /** One letter of proc(5): R, S, D, T, Z, X … */
  readonly state: string;
  /** Opaque; together with the pid it names one process for as long as the machine runs. */
  readonly startTime: string;
  readonly hasTerminal: boolean;
  /** 1 where the platform does not tell. */
  readonly threads: number;
  /**
   * Anonymous, shared and swapped memory; 0 where the platform does not tell. Files that are mapped count as
   * cache, as in a cgroup's own pressure.
   */
  readonly memoryBytes: number;
}

const HAS_PROC = existsSync('/proc/self/stat');
const PS_COLUMNS = ['pid', 'ppid', 'pgid', 'uid', 'tty', 'stat', 'lstart'] as const;
const BYTES_PER_KIB = 1024;
/** /proc is read synchronously, which takes a quarter of the time, in slices after which others get their turn. */
const READS_PER_SLICE = 200;

/** One living process, or undefined: one that has ended and waits for its parent to notice is dead already. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const entry = HAS_PROC ? readProc(pid) : readPs(['-p', String(pid)])[0];
  return entry !== undefined && isLiving(entry) ? entry : undefined;
}

/** All living processes, at one moment: nothing else of this program runs meanwhile. */
export function readProcesses(): ProcessEntry[] {
  const entries = HAS_PROC ? readPids().flatMap((pid) => readProc(pid) ?? []) : readPs(['-A']);
  return entries.filter(isLiving);
}

/**
 * All processes, also the dead that count against their user's limits until their parent has noticed. Others get
 * their turn meanwhile, so that looking at thousands does not hold up the program.
 */
export async function listProcesses(): Promise<ProcessEntry[]> {
  if (!HAS_PROC) return readPs(['-A']);
  const entries: ProcessEntry[] = [];
  for (const [index, pid] of readPids().entries()) {
    const entry = readProc(pid);
    if (entry !== undefined) entries.push(entry);
    if (index % READS_PER_SLICE === READS_PER_SLICE - 1) await setImmediate();
  }
  return entries;
}

/** The dead ones hold nothing and can't be ended again. */
export function isLiving({ state }: ProcessEntry): boolean {
  return state !== 'Z' && state !== 'X';
}

/** Sends a signal to a process, or to a group (-pid). False when there is none (any more) that takes it from us. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The environment that a process was started with, as NAME=value; empty where we may not look. */
export function readEnvironment(pid: number): string[] {
  return readList(`/proc/${pid}/environ`);
}

/** Program and arguments of a process; empty where we may not look. */
export function readCommand(pid: number): string[] {
  return readList(`/proc/${pid}/cmdline`);
}

/** Where a process stands; empty where we may not look. */
export function readWorkingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
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

function readPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readList(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function readProc(pid: number): ProcessEntry | undefined {
  try {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'latin1');
    return parseProc(pid, read('stat'), read('status'));
  } catch {
    return undefined; // It has ended meanwhile, or is hidden from us.
  }
}

/** Reads /proc/<pid>/stat and /proc/<pid>/status; undefined when they are not what proc(5) says. */
export function parseProc(pid: number, stat: string, status: string): ProcessEntry | undefined {
  // The command's name stands in parentheses and may hold anything, parentheses included: count from the last one.
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parentPid = NaN, groupId = NaN, sessionId = NaN, terminal = NaN] = fields.map(Number);
  const startTime = fields[18];
  const uid = numberOf(status, 'Uid') ?? NaN;
  const threads = numberOf(status, 'Threads') ?? NaN;
  const numbers = [parentPid, groupId, sessionId, terminal, uid, threads, Number(startTime)];
  if (startTime === undefined || !numbers.every(Number.isSafeInteger)) return undefined;
  const kib = ['RssAnon', 'RssShmem', 'VmSwap'].reduce((sum, name) => sum + (numberOf(status, name) ?? 0), 0);
  const ids = { pid, parentPid, groupId, sessionId, uid };
  return { ...ids, state, startTime, hasTerminal: terminal !== 0, threads, memoryBytes: kib * BYTES_PER_KIB };
}

function numberOf(status: string, name: string): number | undefined {
  const digits = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where there is no /proc (macOS). */
function readPs(selection: readonly string[]): ProcessEntry[] {
  const columns = PS_COLUMNS.flatMap((column) => ['-o', `${column}=`]);
  try {
    // A start time is written as the locale and time zone have it: both must always be the same.
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
    return parsePs(execFileSync('ps', [...selection, ...columns], { encoding: 'utf8', env }));
  } catch {
    return []; // ps ends with 1 when it finds none.
  }
}

export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const [pid, parentPid, groupId, uid, terminal, state, ...started] = line.trim().split(/\s+/);
    if (state === undefined) return [];
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        sessionId: 0,
        uid: Number(uid),
        state: state.slice(0, 1),
        startTime: started.join(' '),
        hasTerminal: terminal !== '?' && terminal !== '??',
        threads: 1,
        memoryBytes: 0,
      },
    ];
  });
}
