import { setTimeout as sleep } from 'node:timers/promises';
import { countTasks } from '../../machine/processes.ts';
import type { CommandEnd, CommandLimits } from './command.ts';
import { DiskMeter } from './disk-usage.ts';
import { type Family, measureMemory } from './family.ts';

/**
 * How often the process tree is looked at. With many processes on the machine, so rarely that it costs a tenth of
 * one core, but never more rarely than the second: a look is slow, too, while a fork bomb takes the cores.
 */
const MIN_INTERVAL_MS = 200;
const MAX_INTERVAL_MS = 1_000;
const COST_FACTOR = 10;
/** In between, the machine's number of tasks is read, which costs nothing: when it jumps, the next look is now. */
const GLANCE_INTERVAL_MS = 25;

export interface WatchOrder {
  readonly family: Family;
  readonly folder: string;
  readonly limits: CommandLimits;
  readonly signal: AbortSignal;
}

/** Looks at the command's processes and folder until a limit is passed, or until `signal` (then undefined). */
export async function watchLimits(order: WatchOrder): Promise<CommandEnd | undefined> {
  const meter = new DiskMeter(order.folder, order.limits.diskBytes);
  let pauseMs = MIN_INTERVAL_MS;
  for (;;) {
    await pause(pauseMs, order);
    if (order.signal.aborted) return undefined;
    const startedAt = performance.now();
    const exceeded = (await checkProcesses(order)) ?? (await checkDisk(meter, order.limits.diskBytes));
    if (exceeded !== undefined) return exceeded;
    const fairMs = (performance.now() - startedAt) * COST_FACTOR;
    pauseMs = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, fairMs));
  }
}

/** Waits, but no longer than until the machine has a quarter of the limit of tasks more than before. */
async function pause(pauseMs: number, { limits, signal }: WatchOrder): Promise<void> {
  const endsAt = performance.now() + pauseMs;
  const tasksBefore = await countTasks();
  while (!signal.aborted && performance.now() < endsAt) {
    await sleep(GLANCE_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    if ((await countTasks()) - tasksBefore > limits.processes / 4) return;
  }
}

/** Whether the command's processes are too many, or hold too much, at this moment. */
export async function checkProcesses({ family, limits }: WatchOrder): Promise<CommandEnd | undefined> {
  const members = await family.members();
  const threads = members.reduce((sum, member) => sum + member.threads, 0);
  if (threads > limits.processes) return tooManyProcesses(limits.processes, threads);
  const usedBytes = await measureMemory(members, limits.memoryBytes);
  return usedBytes > limits.memoryBytes
    ? { ended: 'out_of_memory', limitBytes: limits.memoryBytes, usedBytes }
    : undefined;
}

/** Looks at the work folder, if it is time to. */
export async function checkDisk(meter: DiskMeter, limitBytes: number): Promise<CommandEnd | undefined> {
  const usage = await meter.check();
  if (usage === undefined) return undefined;
  const message = usage.tooDeep
    ? 'The work folder holds folders nested deeper than a path can name (4,000 bytes).'
    : `The work folder holds more than ${formatMib(limitBytes)}: sources, dependencies, output and temporary files together.`;
  return { ended: 'limit_exceeded', which: 'disk', limit: limitBytes, used: usage.bytes, message };
}

/** How a command ends that had too many processes. */
export function tooManyProcesses(limit: number, used: number): CommandEnd {
  const message = `The command had ${used} processes and threads at once; the limit is ${limit}.`;
  return { ended: 'limit_exceeded', which: 'processes', limit, used, message };
}

function formatMib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024).toLocaleString('en')} MiB`;
}
