import { describe, expect, it } from 'vitest';
import {
  decideDelivery,
  explainAnswer,
  MAX_DELIVERY_TRIES,
  MAX_RETRY_AFTER_MS,
  RETRY_DELAYS_MS,
} from './decide-delivery.ts';

const HOUR_MS = 3_600_000;
const AT = 1_000_000;
const again = (afterMs: number) => ({ status: 'waiting', dueAt: AT + afterMs });
const over = (status: 'delivered' | 'failed') => ({ status, dueAt: null });

describe('a delivery', () => {
  it.each([
    [1, 200, null, over('delivered')],
    [8, 204, null, over('delivered')],
    [1, 299, 5000, over('delivered')],
    [1, null, null, again(10_000)],
    [1, 500, null, again(10_000)],
    [1, 302, null, again(10_000)],
    [1, 404, null, again(10_000)],
    [2, 500, null, again(60_000)],
    [3, null, null, again(300_000)],
    [7, 500, null, again(15 * HOUR_MS)],
    [8, 500, null, over('failed')],
    [8, null, null, over('failed')],
    [1, 410, null, over('failed')],
    [1, 429, 120_000, again(120_000)],
    [1, 429, 1, again(10_000)],
    [1, 503, 1e12, again(MAX_RETRY_AFTER_MS)],
  ])('after try %i with status %s and Retry-After %s', (tries, status, retryAfterMs, expected) => {
    expect(decideDelivery({ tries, status, retryAfterMs, at: AT })).toEqual(expected);
  });

  it('is tried 8 times in about a day', () => {
    const spanMs = RETRY_DELAYS_MS.reduce<number>((sum, delayMs) => sum + delayMs, 0);
    expect(MAX_DELIVERY_TRIES).toBe(8);
    expect(spanMs / HOUR_MS).toBeGreaterThan(23);
    expect(spanMs / HOUR_MS).toBeLessThan(25);
  });
});

describe('an answer', () => {
  it.each([
    [200, null],
    [204, null],
    [199, expect.stringContaining('199')],
    [301, expect.stringContaining('not followed')],
    [410, expect.stringContaining('not tried again')],
    [500, expect.stringContaining('500')],
  ])('of %i is explained', (status, words) => {
    expect(explainAnswer(status)).toEqual(words);
  });
});
