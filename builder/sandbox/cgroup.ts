import { readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where commands get control groups (cgroup v2) of their own, and what those can bound. */
export interface CgroupParent {
  readonly folder: string;
  readonly controllers: readonly Controller[];
}

type Controller = 'memory' | 'pids';
const CONTROLLERS: readonly Controller[] = ['memory', 'pids'];

const REMOVE_ATTEMPTS = 50;
const REMOVE_PAUSE_MS = 10;

/**
 * Makes the parent of all commands' groups. Null where that is impossible: another user than root, cgroup v1, a
 * container that shows its group read-only; then the watcher bounds memory and processes alone.
 */
export async function openCgroupParent(): Promise<CgroupParent | null> {
  try {
    const mount = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(
      await readFile('/proc/self/mountinfo', 'utf8'),
    )?.[1];
    if (mount === undefined) return null;
    const folder = join(mount, 'offshoot');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'cgroup.subtree_control'), CONTROLLERS.map((name) => `+${name}`).join(' '));
    return { folder, controllers: CONTROLLERS };
  } catch {
    return null;
  }
}

/** The control group of one command: the kernel itself keeps its bounds, between two looks of the watcher too. */
export class Cgroup {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(
    parent: CgroupParent,
    name: string,
    limits: { readonly memoryBytes: number; readonly processes: number },
  ): Promise<Cgroup> {
    const folder = join(parent.folder, name);
    await mkdir(folder, { recursive: true });
    const bounds = {
      memory: ['memory.max', limits.memoryBytes],
      pids: ['pids.max', limits.processes],
    } as const;
    for (const controller of parent.controllers) {
      const [file, value] = bounds[controller];
      await writeFile(join(folder, file), String(value));
    }
    return new Cgroup(folder);
  }

  /** Takes a process in; what it starts from then on is in too. */
  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  /** Whether the kernel ended a process of it for want of memory. */
  get ranOutOfMemory(): boolean {
    return this.#count('memory.events', 'oom_kill') > 0;
  }

  /** Whether the kernel refused it a process. */
  get ranOutOfProcesses(): boolean {
    return this.#count('pids.events', 'max') > 0;
  }

  /** Ends all that is in it, at once, and removes it. */
  async close(): Promise<void> {
    writeFileSync(join(this.#folder, 'cgroup.kill'), '1');
    for (let attempt = 0; attempt < REMOVE_ATTEMPTS; attempt += 1) {
      if (this.#remove()) return;
      await sleep(REMOVE_PAUSE_MS);
    }
  }

  #remove(): boolean {
    try {
      rmdirSync(this.#folder);
      return true;
    } catch {
      return false;
    }
  }

  #count(file: string, event: string): number {
    try {
      const text = readFileSync(join(this.#folder, file), 'utf8');
      return Number(new RegExp(`^${event} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }
}
