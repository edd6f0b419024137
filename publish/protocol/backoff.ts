import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 3000;

/** How long to wait after the given number of failures: doubling, and spread so that builders don't march in step. */
export function backoffMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random() / 2));
}

/** Waits; returns at once, without an error, when the signal is aborted. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
}

/** Whether a later try may go better: no answer at all, an overloaded or restarting server. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
