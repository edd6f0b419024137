import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { type ProcessEntry, readProcess } from './processes.ts';

export const processNameSchema = z.object({
  pid: z.number().int().positive(),
  /** See ProcessEntry.startTime: a pid alone comes back, in a container at once. */
  startTime: z.string(),
  /** Where the pid means anything: `<boot of a machine>/<pid namespace>`. */
  space: z.string(),
  /** The machine's name, which only tells what the name of an earlier boot means: that machine's processes are dead. */
  host: z.string(),
});
/** A process's name for ever: neither the reuse of its pid nor a restart of the machine forges it. */
export type ProcessName = Readonly<z.infer<typeof processNameSchema>>;

/** `unknown`: a process of another machine, or in another container of this one; nobody can tell from here. */
export type Life = 'alive' | 'dead' | 'unknown';

export function nameProcess({ pid, startTime }: ProcessEntry): ProcessName {
  return { pid, startTime, space: processSpace(), host: hostname() };
}

let own: ProcessName | undefined;

/** Our own name. */
export function ownName(): ProcessName {
  if (own !== undefined) return own;
  const entry = readProcess(process.pid);
  if (entry === undefined) throw new Error(`this process (${process.pid}) is not in its own process table`);
  own = nameProcess(entry);
  return own;
}

export function lifeOf(name: ProcessName): Life {
  if (name.space === processSpace())
    return readProcess(name.pid)?.startTime === name.startTime ? 'alive' : 'dead';
  const isEarlierBoot = name.host === hostname() && bootOf(name.space) !== bootOf(processSpace());
  return isEarlierBoot ? 'dead' : 'unknown';
}

/** Whether exactly this process surely lives. */
export function isAlive(name: ProcessName): boolean {
  return lifeOf(name) === 'alive';
}

/** The name as a part of file names: `<host>~<space>~<pid>~<start time>`. */
export function formatName({ host, space, pid, startTime }: ProcessName): string {
  return [host, space, String(pid), startTime].map(escape).join('~');
}

/** Reads what formatName has written, whatever follows after another `~`; undefined when it is something else. */
export function parseName(text: string): ProcessName | undefined {
  try {
    const [host, space, pid, startTime] = text.split('~').map(decodeURIComponent);
    return processNameSchema.safeParse({ host, space, pid: Number(pid), startTime }).data;
  } catch {
    return undefined; // A percent sign that escapes nothing.
  }
}

function escape(part: string): string {
  return encodeURIComponent(part).replaceAll('~', '%7E');
}

let space: string | undefined;

function processSpace(): string {
  space ??= existsSync('/proc/self/stat')
    ? `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`
    : `${execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()}/0`;
  return space;
}

function bootOf(processSpace: string): string {
  return processSpace.slice(0, processSpace.indexOf('/'));
}
