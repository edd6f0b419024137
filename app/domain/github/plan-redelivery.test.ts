import { expect, test } from 'vitest';
import {
  type DeliveryTry,
  MAX_REDELIVERIES,
  MAX_REDELIVERY_AGE_MS,
  MAX_REDELIVERY_TRIES,
  oldestOpenDelivery,
  planRedelivery,
  REDELIVERY_PATIENCE_MS,
} from './plan-redelivery.ts';

const NOW = new Date('2026-01-10T00:00:00Z');
const SECOND_MS = 1000;
interface HookDelivery extends DeliveryTry {
  readonly id: number;
}
const tried = (id: number, guid: string, statusCode: number, agoMs = id * SECOND_MS): HookDelivery => ({
  id,
  guid,
  statusCode,
  deliveredAt: new Date(NOW.getTime() - agoMs),
});
const OLD_MS = REDELIVERY_PATIENCE_MS;

test.each<{ why: string; listed: HookDelivery[]; received?: string[]; ids: number[] }>([
  { why: 'nothing is listed', listed: [], ids: [] },
  { why: 'all went well', listed: [tried(1, 'a', 202), tried(2, 'b', 200), tried(3, 'c', 299)], ids: [] },
  {
    why: 'failed ones, the oldest first',
    listed: [tried(1, 'a', 500), tried(2, 'b', 502), tried(3, 'c', 202)],
    ids: [2, 1],
  },
  { why: 'nobody answered', listed: [tried(1, 'a', 0)], ids: [1] },
  {
    why: 'a redirect and a refusal are no success',
    listed: [tried(1, 'a', 300), tried(2, 'b', 400)],
    ids: [2, 1],
  },
  {
    why: 'one that was redelivered with success is over',
    listed: [tried(1, 'a', 202), tried(2, 'a', 500)],
    ids: [],
  },
  { why: 'one that had succeeded before is over', listed: [tried(1, 'a', 500), tried(2, 'a', 202)], ids: [] },
  {
    why: 'one that is recorded here is over, whatever GitHub heard',
    listed: [tried(1, 'a', 504), tried(2, 'b', 504)],
    received: ['a'],
    ids: [2],
  },
  {
    why: 'one that failed again: its newest try',
    listed: [tried(2, 'a', 500, OLD_MS + 2), tried(1, 'a', 500, OLD_MS)],
    ids: [1],
  },
  {
    why: 'one that was asked for again a moment ago is under way',
    listed: [tried(1, 'a', 500, OLD_MS - 1), tried(2, 'a', 500, OLD_MS)],
    ids: [],
  },
  {
    why: 'the order is that of the first tries',
    listed: [tried(1, 'a', 500, OLD_MS), tried(2, 'b', 500, OLD_MS + 2), tried(3, 'a', 500, OLD_MS + 3)],
    ids: [1, 2],
  },
  { why: 'as old as GitHub keeps them', listed: [tried(1, 'a', 500, MAX_REDELIVERY_AGE_MS)], ids: [1] },
  { why: 'older than GitHub keeps them', listed: [tried(1, 'a', 500, MAX_REDELIVERY_AGE_MS + 1)], ids: [] },
])('asked for again: $why', ({ listed, received = [], ids }) => {
  expect(planRedelivery(listed, new Set(received), NOW).map(({ id }) => id)).toEqual(ids);
});

test('a round asks for a hundred, and the next one for the rest', () => {
  const listed = Array.from({ length: MAX_REDELIVERIES + 5 }, (_, index) => tried(index, `g${index}`, 500));
  const ids = planRedelivery(listed, new Set(), NOW).map(({ id }) => id);
  expect(ids).toHaveLength(MAX_REDELIVERIES);
  expect(ids[0]).toBe(MAX_REDELIVERIES + 4);
});

test('what fails again and again is given up', () => {
  const tries = (count: number) =>
    Array.from({ length: count }, (_, index) => tried(index, 'a', 500, OLD_MS + index));
  expect(planRedelivery(tries(MAX_REDELIVERY_TRIES), new Set(), NOW)).toHaveLength(1);
  expect(planRedelivery(tries(MAX_REDELIVERY_TRIES + 1), new Set(), NOW)).toEqual([]);
});

test.each<{ why: string; listed: HookDelivery[]; received?: string[]; agoMs: number | undefined }>([
  { why: 'nothing is listed', listed: [], agoMs: undefined },
  {
    why: 'all have come',
    listed: [tried(1, 'a', 202), tried(2, 'b', 504)],
    received: ['b'],
    agoMs: undefined,
  },
  { why: 'the older of two', listed: [tried(1, 'a', 500), tried(2, 'b', 500)], agoMs: 2 * SECOND_MS },
  {
    why: 'the first try of one that is under way',
    listed: [tried(1, 'a', 500, 1), tried(2, 'a', 500, OLD_MS), tried(3, 'b', 500, 10)],
    agoMs: OLD_MS,
  },
  {
    why: 'none that GitHub has forgotten',
    listed: [tried(1, 'a', 500, MAX_REDELIVERY_AGE_MS + 1)],
    agoMs: undefined,
  },
])('the list goes back to $why', ({ listed, received = [], agoMs }) => {
  const oldest = oldestOpenDelivery(listed, new Set(received), NOW);
  expect(oldest === undefined ? undefined : NOW.getTime() - oldest.getTime()).toBe(agoMs);
});

test('what was given up holds no list back', () => {
  const tries = Array.from({ length: MAX_REDELIVERY_TRIES + 1 }, (_, index) =>
    tried(index, 'a', 500, OLD_MS + index),
  );
  expect(oldestOpenDelivery(tries, new Set(), NOW)).toBeUndefined();
});
