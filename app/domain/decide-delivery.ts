import type { DeliveryStatus } from './words.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After each try that failed, how long until the next one: 8 tries in some 24 hours. */
export const RETRY_DELAYS_MS = [
  10 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  15 * HOUR_MS,
] as const;
export const MAX_DELIVERY_TRIES = RETRY_DELAYS_MS.length + 1;
/** A receiver may ask for more patience, but not for so much that nobody remembers what it is about. */
export const MAX_RETRY_AFTER_MS = HOUR_MS;
/** The receiver says that it is gone for good. */
const GONE = 410;

export interface Try {
  /** Of this delivery so far, with this one. */
  readonly tries: number;
  /** Of the answer; null when there was none. */
  readonly status: number | null;
  /** What the answer's Retry-After asked for. */
  readonly retryAfterMs: number | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface DeliveryState {
  readonly status: Exclude<DeliveryStatus, 'sending'>;
  /** Epoch milliseconds; null when it is over. */
  readonly dueAt: number | null;
}

/** What becomes of a delivery after a try: only 2xx counts as received, and all else is tried again for a day. */
export function decideDelivery({ tries, status, retryAfterMs, at }: Try): DeliveryState {
  if (status !== null && status >= 200 && status < 300) return { status: 'delivered', dueAt: null };
  const delayMs = RETRY_DELAYS_MS[tries - 1];
  if (delayMs === undefined || status === GONE) return { status: 'failed', dueAt: null };
  const askedMs = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return { status: 'waiting', dueAt: at + Math.max(delayMs, askedMs) };
}

/** Why an answer does not count as received, as a sentence for people; null when it does. */
export function explainAnswer(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `It answered ${status}, a redirect, which is not followed: give the URL that it leads to.`;
  if (status === GONE) return `It answered ${GONE}: it is gone for good, so this is not tried again.`;
  return `It answered ${status}; only 200 to 299 count as received.`;
}
