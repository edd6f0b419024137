import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../contracts/log-line.ts';
import { createLineSplitter } from './split-lines.ts';

function split(...chunks: (string | Buffer)[]): string[] {
  const splitter = createLineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.flush()];
}

describe('splitting output into lines', () => {
  it.each([
    ['line feeds', ['a\nb\n'], ['a', 'b']],
    ['an unfinished last line', ['a\nb'], ['a', 'b']],
    ['empty lines', ['\n\na\n\n'], ['', '', 'a', '']],
    ['Windows line ends', ['a\r\nb\r\n'], ['a', 'b']],
    ['a Windows line end across chunks', ['a\r', '\nb'], ['a', 'b']],
    ['a progress bar: its last state', ['1%\r2%\r100%\n'], ['100%']],
    ['a progress bar across chunks', ['1%', '\r', '2%\r1', '00%\r', '\n'], ['100%']],
    ['a progress bar that never ends its line', ['1%\r', '2%\r'], ['2%']],
    ['repeated returns', ['a\r\r\nb\n'], ['a', 'b']],
    ['ANSI colours, kept', ['\u001b[31mred\u001b[0m\n'], ['\u001b[31mred\u001b[0m']],
    ['nothing', [''], []],
  ])('knows %s', (_, chunks, lines) => {
    expect(split(...chunks)).toEqual(lines);
  });

  it('keeps characters whole across chunk borders, and replaces what is no UTF-8', () => {
    const bytes = Buffer.from('é漢🎉');
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(split(...single)).toEqual(['é漢🎉']);
    expect(split(Buffer.from([0x61, 0xff, 0x62, 0xe6, 0xbc, 0x0a]))).toEqual(['a\ufffdb\ufffd']);
  });

  it('cuts a long line between characters, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('é', '漢', '🎉', 'a漢', '\u001b[0m'),
        fc.nat(3),
        fc.integer({ min: 1, max: 100_000 }),
        (unit, shift, chunkBytes) => {
          const text = 'x'.repeat(shift) + unit.repeat(60_000);
          const bytes = Buffer.from(`${text}\nnext`);
          const chunks = [];
          for (let at = 0; at < bytes.length; at += chunkBytes)
            chunks.push(bytes.subarray(at, at + chunkBytes));
          const lines = split(...(chunkBytes < 100 ? [bytes] : chunks));
          const next = lines.pop();
          expect(next).toBe('next');
          expect(lines.join('') === text).toBe(true);
          expect(
            lines.every((line) => Buffer.byteLength(line) <= MAX_LINE_BYTES && line.isWellFormed()),
          ).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('stays within the limit of a line when replacement characters make it longer', () => {
    const lines = split(Buffer.alloc(200_000, 0xff), '\n');
    expect(lines.join('').length).toBe(200_000);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
  });

  it('does not depend on how random bytes are cut into chunks', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const speckled = bytes.map((all) => all.map((byte) => (byte < 32 ? 10 : byte < 64 ? 13 : byte)));
    fc.assert(
      fc.property(speckled, fc.array(fc.nat(200), { maxLength: 10 }), (all, cuts) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, all.length)), all.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = borders.slice(1).map((end, index) => Buffer.from(all.subarray(borders[index], end)));
        expect(split(...chunks)).toEqual(split(Buffer.from(all)));
      }),
      { numRuns: 2000 },
    );
  });
});
