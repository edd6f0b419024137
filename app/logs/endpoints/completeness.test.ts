import { describe, expect, it } from 'vitest';
import { LAST_WORD_SEQ } from '../../../contracts/log-line.ts';
import type { AttemptProgress, LogProgress } from '../../db/log-progress.ts';
import type { AttemptStatus, DeploymentStatus } from '../../domain/words.ts';
import { awaitsLastWord, checkCompleteness } from './completeness.ts';

const attempt = (number: number, lastSeq: number | null, status: AttemptStatus = 'failed') => ({
  number,
  lastSeq,
  status,
});
const progressOf = (status: DeploymentStatus, attempts: AttemptProgress[]): LogProgress => ({
  status,
  reason: null,
  message: null,
  attempts,
});
/** A store that holds this many lines of each attempt. */
const holding = (counts: Record<number, number>) => ({
  count: async (build: { attempt: number }) => counts[build.attempt] ?? 0,
});

describe('a log is complete', () => {
  it.each([
    ['never while the deployment runs', 'building', [attempt(1, 5)], { 1: 5 }, false, null],
    ['never while it waits', 'queued', [], {}, false, null],
    ['when it is over and all lines are stored', 'ready', [attempt(1, 5)], { 1: 5 }, true, 0],
    ['when nothing was ever built', 'superseded', [], {}, true, 0],
    ['when a builder never said a number', 'failed', [attempt(1, null)], {}, true, 0],
    ['not when lines are missing', 'failed', [attempt(1, 5)], { 1: 3 }, false, 2],
    [
      'not when lines of an earlier attempt are',
      'ready',
      [attempt(1, 9), attempt(2, 5)],
      { 1: 8, 2: 5 },
      false,
      1,
    ],
    [
      'when a lost builder had sent more than it said',
      'failed',
      [attempt(1, 5), attempt(2, 4)],
      { 1: 7, 2: 4 },
      true,
      0,
    ],
  ] as const)('%s', async (_, status, attempts, counts, complete, missing) => {
    const found = await checkCompleteness(holding(counts), 'id', progressOf(status, [...attempts]));
    expect(found).toEqual({ complete, missing });
  });
});

describe("a reader at the end waits for the app's last word", () => {
  it.each([
    ['lost', 7, true],
    ['released', 7, true],
    ['canceled', 7, true],
    ['lost', LAST_WORD_SEQ, false],
    ['published', 7, false],
    ['failed', 7, false],
  ] as const)('after an attempt that was %s, having read %d: %s', (status, seq, expected) => {
    const progress = progressOf('failed', [attempt(1, 9, 'lost'), attempt(2, 7, status)]);
    expect(awaitsLastWord(progress, { attempt: 2, seq })).toBe(expected);
  });

  it('never when there was no attempt', () => {
    expect(awaitsLastWord(progressOf('canceled', []), { attempt: 0, seq: 0 })).toBe(false);
  });
});
