import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  readonly state: string;
  readonly command: string;
}

/** Every process of this machine, from /proc; those that end meanwhile are left out. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** A process's children, their children, and so on. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const all = listProcesses();
  const found: ProcessEntry[] = [];
  const parents = [pid];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    const children = all.filter((entry) => entry.parent === parent);
    found.push(...children);
    parents.push(...children.map((entry) => entry.pid));
  }
  return found;
}

/** Processes whose environment names this text: those that belong to one Offshoot, wherever they hang in the tree. */
export function processesWithEnvironment(text: string): ProcessEntry[] {
  return listProcesses().filter(({ pid }) => readText(`/proc/${pid}/environ`)?.includes(text) ?? false);
}

function readProcess(pid: number): ProcessEntry | undefined {
  const status = readText(`/proc/${pid}/status`);
  const command = readText(`/proc/${pid}/cmdline`);
  if (status === undefined || command === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return {
    pid,
    parent: Number(field('PPid')),
    uid: Number(field('Uid')),
    state: field('State'),
    command: command.replaceAll('\0', ' ').trim(),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
