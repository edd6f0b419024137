import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../machine/lock.ts';
import { isAlive, nameProcess, ownName, type ProcessName } from '../../../machine/process-name.ts';
import { removeTree } from '../../../machine/remove-tree.ts';
import { endProcesses, findBuilder } from './end-processes.ts';
import {
  decideLaunch,
  freeSlot,
  type LaunchPlan,
  planSweep,
  readSlots,
  slotOfAttempt,
  type SlotRecord,
  type Slots,
  writeSlot,
} from './slots.ts';

export interface SlotKeeperOptions {
  /** Where records are kept: one for all Offshoots that could hand out the same uids. */
  readonly slotFolder: string;
  /** Parent of the attempts' work folders; nothing else is in it. */
  readonly workFolder: string;
  /** First uid for builds, when we are root; otherwise builds share our own. */
  readonly firstUid: number | undefined;
  readonly randomId: () => string;
  /** What a builder that has ended left behind is about to be removed. */
  readonly onEnd: (record: SlotRecord) => Promise<void>;
}

/** A slot that is ours to start a builder in: clean, and nobody else's. */
export interface Reservation {
  readonly slot: number;
  readonly uid: number | undefined;
  readonly folder: string;
}

const LOCK_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** How long another process may take to start a builder, or to remove its leftovers. */
const PATIENCE_MS = 120_000;

/**
 * Attempts that this process is working on. A record whose keeper we are and that is not here was given up by an
 * error: it counts as dead, or only our end would free its slot.
 */
const busy = new Set<string>();

/** Hands out slots, and removes everything of the builds that had them. Several processes may do so at once. */
export class SlotKeeper {
  readonly #options: SlotKeeperOptions;
  readonly #own: ProcessName = ownName();

  constructor(options: SlotKeeperOptions) {
    this.#options = options;
  }

  /** A slot for a new builder of this attempt, or the record of the one that it has; undefined when none is free. */
  async reserve(attemptId: string): Promise<Reservation | SlotRecord | undefined> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
      const plan = await this.#exclusively(() => this.#carryOut(attemptId));
      if (plan.do === 'refuse') return undefined;
      if (plan.do === 'adopt') return plan.record;
      if (plan.do === 'take') return this.#prepare(plan.slot, attemptId);
      if (plan.do === 'clean') await this.#clean(plan.slot, plan.record);
      else await sleep(POLL_MS);
    }
    throw new Error(
      `attempt ${attemptId} got no slot for ${PATIENCE_MS} ms: another process is busy with it`,
    );
  }

  /** The builder runs: from now on the slot is held by it. Needs no lock: a record of ours has no other writer. */
  async keep(reservation: Reservation, attemptId: string, builder: ProcessName): Promise<void> {
    const { slot, folder } = reservation;
    const record = { attemptId, folder, state: 'running', keeper: this.#own, builder } as const;
    await writeSlot(this.#options.slotFolder, slot, record);
    busy.delete(attemptId);
  }

  /** Gives a reservation back whose builder did not start. */
  async abandon(attemptId: string): Promise<void> {
    busy.delete(attemptId);
    await this.end(attemptId);
  }

  /** Kills and removes all that is left of an attempt; resolves when nothing is. */
  async end(attemptId: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
      const found = await this.#exclusively(() => this.#markForCleaning(attemptId));
      if (found === 'nothing') return removeTree(this.#folderOf(attemptId));
      if (found !== 'busy') return this.#clean(...found);
      await sleep(POLL_MS);
    }
    throw new Error(`another process is busy with attempt ${attemptId} for more than ${PATIENCE_MS} ms`);
  }

  /** Cleans up after builders that ended by themselves, and after app processes that died in the middle. */
  async sweep(): Promise<void> {
    const { slotFolder, workFolder } = this.#options;
    const plan = (slots: Slots) => planSweep(slots, workFolder, this.#isHeld, isAlive);
    // A look without the lock is enough to see that nothing is to be done, which is nearly always so.
    if (plan(await readSlots(slotFolder)).length === 0) return;
    const marked = await this.#exclusively(async () => {
      const dead = plan(await this.#readResolved());
      return Promise.all(dead.map(([slot, record]) => this.#mark(slot, record)));
    });
    await Promise.all(marked.map(([slot, record]) => this.#clean(slot, record)));
  }

  /** Removes work folders that no record names: left by a crash of the machine. */
  async removeOrphans(): Promise<void> {
    const { slotFolder, workFolder } = this.#options;
    await mkdir(workFolder, { recursive: true, mode: 0o711 });
    const orphans = await this.#exclusively(async () => {
      const records = [...(await readSlots(slotFolder)).values()];
      const paths = (await readdir(workFolder)).map((name) => join(workFolder, name));
      const isNamed = (path: string) =>
        path === slotFolder || records.some(({ folder }) => path === folder || path === outputOf(folder));
      return paths.filter((path) => !isNamed(path));
    });
    await Promise.all(orphans.map(removeTree));
  }

  async #carryOut(attemptId: string): Promise<LaunchPlan> {
    const { slotFolder, firstUid } = this.#options;
    const plan = decideLaunch(await this.#readResolved(), firstUid ?? 0, attemptId, this.#isHeld);
    if (plan.do === 'clean') {
      const [slot, record] = await this.#mark(plan.slot, plan.record);
      return { do: 'clean', slot, record };
    }
    if (plan.do === 'take') {
      busy.add(attemptId);
      const folder = this.#folderOf(attemptId);
      const keeper = this.#own;
      await writeSlot(slotFolder, plan.slot, { attemptId, folder, state: 'starting', keeper, builder: null });
    }
    return plan;
  }

  async #prepare(slot: number, attemptId: string): Promise<Reservation> {
    const uid = this.#uidOf(slot);
    const folder = this.#folderOf(attemptId);
    try {
      // Nobody may have this uid; a process that does would share the build's files.
      if (uid !== undefined) await endProcesses({ builder: undefined, uid, folder });
      await mkdir(folder, { recursive: true, mode: 0o711 });
      return { slot, uid, folder };
    } catch (error) {
      busy.delete(attemptId);
      throw error;
    }
  }

  async #markForCleaning(attemptId: string): Promise<'nothing' | 'busy' | [number, SlotRecord]> {
    const found = slotOfAttempt(await this.#readResolved(), attemptId);
    if (found === undefined) return 'nothing';
    const [slot, record] = found;
    if (record.state !== 'running' && this.#isHeld(record)) return 'busy';
    return this.#mark(slot, record);
  }

  async #mark(slot: number, record: SlotRecord): Promise<[number, SlotRecord]> {
    const marked: SlotRecord = { ...record, state: 'cleaning', keeper: this.#own };
    busy.add(record.attemptId);
    await writeSlot(this.#options.slotFolder, slot, marked);
    return [slot, marked];
  }

  async #clean(slot: number, record: SlotRecord): Promise<void> {
    try {
      await this.#removeLeftovers(slot, record);
      await freeSlot(this.#options.slotFolder, slot);
    } finally {
      busy.delete(record.attemptId);
    }
  }

  async #removeLeftovers(slot: number, record: SlotRecord): Promise<void> {
    const { folder } = record;
    await endProcesses({ builder: record.builder ?? undefined, uid: this.#uidOf(slot), folder });
    await this.#options.onEnd(record);
    await removeTree(folder);
    await removeTree(outputOf(folder));
  }

  /**
   * An app process may have died after it started a builder and before it wrote so down. The builder lives and
   * works: it is found by its environment, and its record is completed.
   */
  async #readResolved(): Promise<Map<number, SlotRecord>> {
    const { slotFolder } = this.#options;
    const slots = await readSlots(slotFolder);
    for (const [slot, record] of slots) {
      if (record.state !== 'starting' || this.#isHeld(record)) continue;
      const builder = findBuilder(record.folder);
      if (builder === undefined) continue;
      const resolved: SlotRecord = { ...record, state: 'running', builder: nameProcess(builder) };
      await writeSlot(slotFolder, slot, resolved);
      slots.set(slot, resolved);
    }
    return slots;
  }

  readonly #isHeld = (record: SlotRecord): boolean => {
    if (record.state === 'running') return record.builder !== null && isAlive(record.builder);
    const isOurs = record.keeper.pid === this.#own.pid && isAlive(record.keeper);
    return isOurs ? busy.has(record.attemptId) : isAlive(record.keeper);
  };

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const { slotFolder, randomId } = this.#options;
    // Slots are this machine's own, so a claim that can't be judged from here is nobody's.
    const lock = {
      folder: slotFolder,
      name: 'lock',
      timeoutMs: LOCK_TIMEOUT_MS,
      foreignTimeoutMs: 0,
      randomId,
    };
    return withLock(lock, work);
  }

  #folderOf(attemptId: string): string {
    return join(this.#options.workFolder, attemptId);
  }

  #uidOf(slot: number): number | undefined {
    return this.#options.firstUid === undefined ? undefined : slot;
  }
}

/** What a builder itself printed, beside its work folder: its log goes over HTTP, so this is how it crashed. */
export function outputOf(folder: string): string {
  return `${folder}.out`;
}
