import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnnumberedLine } from '../../publish/protocol/send-lines.ts';
import { createLogLimiter, LINE_OVERHEAD_BYTES } from './limit-log.ts';

const LINE_BYTES = 84;
const COST_BYTES = LINE_BYTES + LINE_OVERHEAD_BYTES;

function line(text: string, stream: UnnumberedLine['stream'] = 'stdout'): UnnumberedLine {
  return { at: 1, phase: 'build', stream, text: text.padEnd(LINE_BYTES, '.') };
}

function limit(logBytes: number, lines: readonly UnnumberedLine[]) {
  const limiter = createLogLimiter(logBytes);
  const live = lines.flatMap((each) => limiter.admit(each));
  return { live, rest: limiter.finish() };
}

describe('the limit of a log', () => {
  it('lets a log that fits pass as it comes', () => {
    const lines = Array.from({ length: 7 }, (_, index) => line(`${index}`));
    expect(limit(10 * COST_BYTES, lines)).toEqual({ live: lines, rest: [] });
  });

  it('keeps the head and the tail of a longer one, and says what is missing', () => {
    const lines = Array.from({ length: 100 }, (_, index) => line(`${index}`));
    const { live, rest } = limit(20 * COST_BYTES, lines);
    expect(live).toEqual(lines.slice(0, 15));
    expect(rest.slice(1)).toEqual(lines.slice(95));
    expect(rest[0]).toMatchObject({ stream: 'system', at: 1, phase: 'build' });
    expect(rest[0]!.text).toMatch(/^80 lines \(6,720 bytes\) were left out here: .* may have 2,000 bytes/);
  });

  it('never leaves out or reorders what Offshoot itself says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 200 }),
        fc.integer({ min: 0, max: 5000 }),
        (kinds, logBytes) => {
          const lines = kinds.map((isSystem, index) => line(`${index}`, isSystem ? 'system' : 'stdout'));
          const { live, rest } = limit(logBytes, lines);
          const shown = [...live, ...rest].filter((each) => !each.text.includes('were left out'));
          const said = lines.filter((each) => each.stream === 'system');
          expect(shown.filter((each) => each.stream === 'system')).toEqual(said);
          expect(shown.map((each) => lines.indexOf(each))).toEqual(
            shown.map((each) => lines.indexOf(each)).toSorted((a, b) => a - b),
          );
          const userBytes = shown.filter((each) => each.stream !== 'system').length * COST_BYTES;
          expect(userBytes).toBeLessThanOrEqual(logBytes);
        },
      ),
    );
  });
});
