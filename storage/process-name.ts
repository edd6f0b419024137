import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process in file names, so that others can tell whether the owner of a lock or a temporary file
 * is still alive: `<machine>~<pid>~<start time>`. The start time tells a reused pid apart (Linux only).
 */
export function nameProcess(): string {
  return (ownName ??= `${machine()}~${process.pid}~${startTimeOf(process.pid)}`);
}

/** It never changes, and every object that is written asks for it. */
let ownName: string | undefined;

/** Has the owner of `name~…` died? Undefined for another machine's: only age can tell. */
export function isDead(name: string): boolean | undefined {
  const [host, pid, startTime] = name.split('~');
  if (host !== machine()) return undefined;
  if (!isRunning(Number(pid))) return true;
  const now = startTimeOf(Number(pid));
  return now !== '0' && startTime !== '0' && now !== startTime;
}

function machine(): string {
  return hostname().replaceAll(/[^A-Za-z0-9.-]/g, '_') || 'localhost';
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks since boot, field 22 of /proc/<pid>/stat (after the name in brackets); '0' where there is none. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
