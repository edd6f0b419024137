import { expect, test } from 'vitest';
import { MAX_REDELIVERY_AGE_MS } from './plan-redelivery.ts';
import {
  firstRound,
  LIST_OVERLAP_MS,
  listFrom,
  nextRound,
  type RoundState,
  withoutCursor,
} from './plan-round.ts';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-01-10T00:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const state = (changes: Partial<RoundState> = {}): RoundState => ({
  since: ago(HOUR_MS),
  cursor: null,
  beganAt: null,
  oldestOpen: null,
  ...changes,
});

test('the first round goes back as far as GitHub remembers, and not further for its overlap', () => {
  expect(firstRound(NOW)).toEqual(state({ since: ago(MAX_REDELIVERY_AGE_MS) }));
  expect(listFrom(firstRound(NOW), NOW)).toEqual(ago(MAX_REDELIVERY_AGE_MS));
});

test('a list begins a while before what is settled', () => {
  expect(listFrom(state(), NOW)).toEqual(ago(HOUR_MS + LIST_OVERLAP_MS));
});

test('after long silence the list begins where GitHub’s memory does', () => {
  expect(listFrom(state({ since: ago(10 * MAX_REDELIVERY_AGE_MS) }), NOW)).toEqual(
    ago(MAX_REDELIVERY_AGE_MS),
  );
});

test.each<{
  why: string;
  from?: Partial<RoundState>;
  oldestOpen?: Date;
  next?: string;
  to: Partial<RoundState>;
}>([
  { why: 'all is settled: the next list begins with this round', to: { since: NOW } },
  { why: 'one is open: the next list reaches back to it', oldestOpen: ago(500), to: { since: ago(500) } },
  {
    why: 'the list is too long: it goes on there, and settles nothing yet',
    oldestOpen: ago(500),
    next: 'v1_2',
    to: { cursor: 'v1_2', beganAt: NOW, oldestOpen: ago(500) },
  },
  {
    why: 'it is still too long: the first beginning and the oldest are kept',
    from: { cursor: 'v1_2', beganAt: ago(700), oldestOpen: ago(900) },
    oldestOpen: ago(800),
    next: 'v1_1',
    to: { cursor: 'v1_1', beganAt: ago(700), oldestOpen: ago(900) },
  },
  {
    why: 'a long list ends: what came after its beginning was not in it',
    from: { cursor: 'v1_2', beganAt: ago(700) },
    to: { since: ago(700) },
  },
  {
    why: 'a long list ends with something open',
    from: { cursor: 'v1_2', beganAt: ago(700), oldestOpen: ago(900) },
    oldestOpen: ago(800),
    to: { since: ago(900) },
  },
])('$why', ({ from, oldestOpen, next = null, to }) => {
  expect(nextRound(state(from), { began: NOW, oldestOpen, next })).toEqual(state(to));
});

test('a cursor that GitHub has forgotten begins the list anew, from where it began before', () => {
  const long = state({ cursor: 'v1_2', beganAt: ago(700), oldestOpen: ago(900) });
  expect(withoutCursor(long)).toEqual(state());
});
