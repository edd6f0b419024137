import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process of this machine, as the kernel describes it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where the platform does not tell. */
  readonly sessionId: number;
  /** The real uid; a process of ours that hides (not dumpable) is still found by it. */
  readonly uid: number;
  /** Opaque; together with the pid it names one process for as long as the machine runs. */
  readonly startTime: string;
  readonly hasTerminal: boolean;
}

/** A process's name that the reuse of its pid does not forge. */
export interface ProcessName {
  readonly pid: number;
  readonly startTime: string;
  /** Where the pid means anything: this boot of this machine, and this pid namespace. */
  readonly space: string;
}

const HAS_PROC = existsSync('/proc/self/stat');
const PS_COLUMNS = ['pid', 'ppid', 'pgid', 'uid', 'tty', 'stat', 'lstart'] as const;

/** All living processes. One that ends while the table is read is left out, and so are zombies. */
export function readProcesses(): ProcessEntry[] {
  if (!HAS_PROC) return readPs(['-A']);
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProc(Number(name)) : []));
}

/** One living process, or undefined: a zombie is dead already. */
export function readProcess(pid: number): ProcessEntry | undefined {
  return (HAS_PROC ? readProc(pid) : readPs(['-p', String(pid)]))[0];
}

export function nameProcess(entry: ProcessEntry): ProcessName {
  return { pid: entry.pid, startTime: entry.startTime, space: processSpace() };
}

/** Our own name. */
export function ownName(): ProcessName {
  const entry = readProcess(process.pid);
  if (entry === undefined) throw new Error(`this process (${process.pid}) is not in its own process table`);
  return nameProcess(entry);
}

/** Whether exactly this process lives. Names from another space are dead here: their pids mean nothing. */
export function isAlive(name: ProcessName): boolean {
  return name.space === processSpace() && readProcess(name.pid)?.startTime === name.startTime;
}

let space: string | undefined;

/** See ProcessName.space. */
export function processSpace(): string {
  space ??= HAS_PROC
    ? `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`
    : execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
  return space;
}

/** Where a process stands and what it was given at its start; empty where we may not look. */
export function readSurroundings(pid: number): { cwd: string; environment: readonly string[] } {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return { cwd: readlinkSync(`/proc/${pid}/cwd`), environment };
  } catch {
    return { cwd: '', environment: [] };
  }
}

function readProc(pid: number): ProcessEntry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return parseStat(pid, stat, readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return []; // It has ended meanwhile, or is hidden from us.
  }
}

/** proc(5): the command in parentheses may itself hold spaces and parentheses, so fields count from the last. */
export function parseStat(pid: number, stat: string, status: string): ProcessEntry[] {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid, groupId, sessionId, terminal] = fields;
  const startTime = fields[19];
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  if (startTime === undefined || uid === undefined || state === 'Z' || state === 'X') return [];
  return [
    {
      pid,
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      sessionId: Number(sessionId),
      uid: Number(uid),
      startTime,
      hasTerminal: terminal !== '0',
    },
  ];
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
    if (state === undefined || state.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        sessionId: 0,
        uid: Number(uid),
        startTime: started.join(' '),
        hasTerminal: terminal !== '?' && terminal !== '??',
      },
    ];
  });
}
