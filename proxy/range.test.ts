import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRange } from './range.ts';

const part = (start: number, end: number) => ({ kind: 'part', range: { start, end } });
const whole = { kind: 'whole' };
const unsatisfiable = { kind: 'unsatisfiable' };

describe('a range of ten bytes', () => {
  it.each([
    [undefined, whole],
    ['bytes=0-0', part(0, 0)],
    ['bytes=0-9', part(0, 9)],
    ['bytes=2-', part(2, 9)],
    ['bytes=5-100', part(5, 9)],
    ['bytes=-3', part(7, 9)],
    ['bytes=-100', part(0, 9)],
    ['Bytes=1-2', part(1, 2)],
    ['bytes= 1-2 ', part(1, 2)],
    ['bytes=10-', unsatisfiable],
    ['bytes=10-20', unsatisfiable],
    ['bytes=-0', unsatisfiable],
    ['bytes=99999999999999999999-', unsatisfiable],
    ['bytes=5-2', whole],
    ['bytes=0-1,3-4', whole],
    ['bytes=-', whole],
    ['bytes=', whole],
    ['bytes=a-b', whole],
    ['items=0-1', whole],
    ['bytes 0-1', whole],
    ['bytes=0-1;x', whole],
    ['bytes=+1-2', whole],
    ['bytes=1.5-2', whole],
  ])('%s is %j', (header, expected) => {
    expect(decideRange(header, 10)).toEqual(expected);
  });

  it('of an empty file is never satisfiable', () => {
    expect(decideRange('bytes=0-0', 0)).toEqual(unsatisfiable);
    expect(decideRange('bytes=-1', 0)).toEqual(unsatisfiable);
  });
});

it('is always inside the file', () => {
  const number = fc.oneof(fc.nat(30), fc.constant(''));
  fc.assert(
    fc.property(number, number, fc.nat(20), (first, last, sizeBytes) => {
      const decision = decideRange(`bytes=${first}-${last}`, sizeBytes);
      if (decision.kind !== 'part') return;
      const { start, end } = decision.range;
      expect(start >= 0 && start <= end && end < sizeBytes).toBe(true);
    }),
  );
});
