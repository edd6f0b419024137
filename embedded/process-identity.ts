import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * One run of one process. A process id alone comes back, after a restart of the machine or in a container at
 * once; together with the time when the process started it does not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** Undefined when no such process runs. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await readStartFromProc(pid) : await readStartFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startedAt === identity.startedAt;
}

/**
 * Reads the fields of `/proc/<pid>/stat` that follow the program's name, which stands in parentheses and may hold
 * anything. A process that has ended but was not waited for (state Z or X) runs no more.
 */
export function parseProcStat(text: string): { parent: number; startTicks: string } | undefined {
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = rest[17];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
  return { parent: Number(parent), startTicks };
}

async function readStartFromProc(pid: number): Promise<string | undefined> {
  try {
    const stat = parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return stat === undefined ? undefined : `${boot} ${stat.startTicks}`;
  } catch {
    return undefined;
  }
}

async function readStartFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() === '' ? undefined : stdout.trim();
  } catch {
    return undefined;
  }
}
