import { setTimeout as sleep } from 'node:timers/promises';
import {
  isLiving,
  listProcesses,
  type ProcessEntry,
  readEnvironment,
  readProcess,
  readProportionalBytes,
  sendSignal,
} from '../../machine/processes.ts';
import type { BuildUser } from './sandbox.ts';

/** The variable whose value marks every process of one command. */
export const MARKER_VARIABLE = 'OFFSHOOT_COMMAND_ID';

/** Stopping and killing is repeated until nobody is left, at most for this long. */
const FREEZE_TIMEOUT_MS = 3_000;
const KILL_TIMEOUT_MS = 10_000;
const KILL_PAUSE_MS = 5;
/** Stopped, traced, or inside the kernel: states in which a process can't fork. */
const FROZEN = ['T', 't', 'D'];

/**
 * Everything that one command started. With a user of its own, all processes of that user; otherwise the descendants
 * of the first process, those seen as such before (a daemon's parent ends, and the system adopts it), and
 * those that carry the command's marker.
 */
export class Family {
  readonly #user: BuildUser | null;
  readonly #marker: string;
  /** pid → start time: members of the last look, and others, whose environment need not be read again. */
  #known = new Map<number, string>();
  #strangers = new Map<number, string>();

  constructor(options: { readonly user: BuildUser | null; readonly marker: string }) {
    this.#user = options.user;
    this.#marker = `${MARKER_VARIABLE}=${options.marker}`;
  }

  /** Names the first process. */
  adopt(pid: number): void {
    const process = readProcess(pid);
    if (process !== undefined) this.#known.set(pid, process.startTime);
  }

  /** Living members. */
  async members(): Promise<ProcessEntry[]> {
    const processes = (await listProcesses()).filter(isLiving);
    const roots = processes.filter((process) => isIn(this.#known, process) || this.#isMarked(process));
    const members = selectFamily(processes, { uid: this.#user?.uid ?? null, roots });
    this.#known = timesOf(members);
    this.#strangers = timesOf(processes.filter((process) => !isIn(this.#known, process)));
    return members;
  }

  /**
   * Ends every member, and returns how many the kernel would not end. All are stopped before any is killed: a fork
   * bomb that still ran would refill the places of its dead.
   */
  async kill(): Promise<number> {
    const deadline = performance.now() + KILL_TIMEOUT_MS;
    let members = await this.#freeze(performance.now() + FREEZE_TIMEOUT_MS);
    while (members.length > 0 && performance.now() < deadline) {
      signalAll(members, 'SIGKILL');
      await sleep(KILL_PAUSE_MS);
      members = await this.members();
    }
    return members.length;
  }

  /** Returns all members, once none of them runs or it is time. */
  async #freeze(deadline: number): Promise<ProcessEntry[]> {
    for (;;) {
      const members = await this.members();
      const running = members.filter((member) => !FROZEN.includes(member.state));
      if (running.length === 0 || performance.now() > deadline) return members;
      signalAll(running, 'SIGSTOP');
    }
  }

  /** A user of its own marks a process well enough; the builder's own user has other processes too. */
  #isMarked(candidate: ProcessEntry): boolean {
    if (this.#user !== null || candidate.uid !== process.getuid?.()) return false;
    return !isIn(this.#strangers, candidate) && readEnvironment(candidate.pid).includes(this.#marker);
  }
}

function timesOf(processes: readonly ProcessEntry[]): Map<number, string> {
  return new Map(processes.map(({ pid, startTime }) => [pid, startTime]));
}

function isIn(times: ReadonlyMap<number, string>, { pid, startTime }: ProcessEntry): boolean {
  return times.get(pid) === startTime;
}

/** The processes of a user, plus the given roots and all their descendants. */
export function selectFamily(
  processes: readonly ProcessEntry[],
  by: { readonly uid: number | null; readonly roots: readonly ProcessEntry[] },
): ProcessEntry[] {
  const childrenOf = Map.groupBy(processes, (process) => process.parentPid);
  const selected = new Set(by.roots);
  for (const process of processes) if (process.uid === by.uid) selected.add(process);
  // A Set is walked in the order of insertion, and what is added on the way is walked too.
  for (const process of selected) for (const child of childrenOf.get(process.pid) ?? []) selected.add(child);
  return [...selected];
}

/**
 * Memory of all members in bytes. Summing up counts shared pages once a process, so only a sum beyond the limit is
 * measured exactly, which costs the kernel milliseconds a process.
 */
export async function measureMemory(members: readonly ProcessEntry[], limitBytes: number): Promise<number> {
  const sum = members.reduce((total, member) => total + member.memoryBytes, 0);
  if (sum <= limitBytes) return sum;
  const exact = await Promise.all(members.map((member) => readProportionalBytes(member.pid)));
  return exact.reduce((total, bytes) => total + bytes, 0);
}

function signalAll(members: readonly ProcessEntry[], signal: 'SIGSTOP' | 'SIGKILL'): void {
  for (const member of members) sendSignal(member.pid, signal);
}
