import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { processNameSchema } from '../../../machine/process-name.ts';

/**
 * Slots keep builds on one machine apart. As root a slot's number is the uid that its build alone has, so two
 * installations never share one, whatever uids they begin at; otherwise slots count from 0. 184 of them, because
 * from 61000 on just so many uids are nobody else's (systemd hands out 61184 and above).
 */
export const SLOTS = 184;
export const FIRST_BUILD_UID = 61_000;

const slotRecordSchema = z.object({
  attemptId: z.string(),
  /** Work folder of the attempt, absolute. */
  folder: z.string(),
  /** `starting` and `cleaning` are work of the keeper, an app process; `running` belongs to the builder. */
  state: z.enum(['starting', 'running', 'cleaning']),
  keeper: processNameSchema,
  builder: processNameSchema.nullable(),
});
/** Who has a slot. A slot without a record is free. */
export type SlotRecord = z.infer<typeof slotRecordSchema>;
export type Slots = ReadonlyMap<number, SlotRecord>;

/** Whether the process that the record's state depends on still lives. */
export type IsHeld = (record: SlotRecord) => boolean;

export type LaunchPlan =
  | { readonly do: 'adopt'; readonly slot: number; readonly record: SlotRecord }
  | { readonly do: 'take'; readonly slot: number }
  /** Its holder has died: remove what is left of it, then ask again. */
  | { readonly do: 'clean'; readonly slot: number; readonly record: SlotRecord }
  | { readonly do: 'wait' }
  | { readonly do: 'refuse' };

/**
 * Where an attempt's builder goes: to the one that it has already, or to the lowest free slot. Slots of the dead
 * come last, since cleaning takes time; but one attempt never has two slots.
 */
export function decideLaunch(slots: Slots, firstSlot: number, attemptId: string, isHeld: IsHeld): LaunchPlan {
  const own = slotOfAttempt(slots, attemptId);
  if (own !== undefined) return decideOwn(...own, isHeld);
  const numbers = Array.from({ length: SLOTS }, (_, index) => firstSlot + index);
  const free = numbers.find((slot) => !slots.has(slot));
  if (free !== undefined) return { do: 'take', slot: free };
  const dead = [...slots].find(([slot, record]) => numbers.includes(slot) && !isHeld(record));
  return dead === undefined ? { do: 'refuse' } : { do: 'clean', slot: dead[0], record: dead[1] };
}

function decideOwn(slot: number, record: SlotRecord, isHeld: IsHeld): LaunchPlan {
  if (!isHeld(record)) return { do: 'clean', slot, record };
  return record.state === 'running' ? { do: 'adopt', slot, record } : { do: 'wait' };
}

/**
 * Slots whose builder, or whose keeper in the middle of its work, has died: their leftovers must be removed. Those
 * of another installation are its own affair while the app lives that began the build.
 */
export function planSweep(
  slots: Slots,
  workFolder: string,
  isHeld: IsHeld,
  isAlive: (keeper: SlotRecord['keeper']) => boolean,
): [slot: number, record: SlotRecord][] {
  return [...slots].filter(
    ([, record]) =>
      !isHeld(record) && (record.folder.startsWith(`${workFolder}/`) || !isAlive(record.keeper)),
  );
}

export function slotOfAttempt(
  slots: Slots,
  attemptId: string,
): [slot: number, record: SlotRecord] | undefined {
  return [...slots].find(([, record]) => record.attemptId === attemptId);
}

/** All records of a folder. Call these three under its lock. */
export async function readSlots(folder: string): Promise<Map<number, SlotRecord>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const slots = new Map<number, SlotRecord>();
  for (const name of (await readdir(folder)).toSorted()) {
    const digits = /^slot-(\d{1,10})\.json$/.exec(name)?.[1];
    const record = digits === undefined ? undefined : await readRecord(join(folder, name));
    if (record !== undefined) slots.set(Number(digits), record);
  }
  return slots;
}

/** Whole or not at all: a reader after a crash sees the old record or the new one. */
export async function writeSlot(folder: string, slot: number, record: SlotRecord): Promise<void> {
  const file = fileOf(folder, slot);
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function freeSlot(folder: string, slot: number): Promise<void> {
  await rm(fileOf(folder, slot), { force: true });
}

function fileOf(folder: string, slot: number): string {
  return join(folder, `slot-${slot}.json`);
}

/**
 * Undefined: it was freed since the folder was read (a look may come without the lock), or another version wrote what
 * we can't read. Such a slot counts as free: before a builder gets it, all processes of its uid are ended.
 */
async function readRecord(file: string): Promise<SlotRecord | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 'null';
    throw error;
  });
  return slotRecordSchema.safeParse(parseJson(text)).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
