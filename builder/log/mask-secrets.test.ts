import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MASK, maskerFactory } from './mask-secrets.ts';
import { secretForms } from './secret-forms.ts';

const RANDOM_SPLITS = 100_000;

/** The definition, by brute force: every covered byte is gone, each run of them is one mask. */
function oracle(text: Buffer, patterns: readonly Buffer[]): string {
  const covered = new Uint8Array(text.length);
  for (const pattern of patterns) {
    for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, at + 1))
      covered.fill(1, at, at + pattern.length);
  }
  let out = '';
  for (let index = 0; index < text.length; index++) {
    if (covered[index] === 0) out += String.fromCharCode(text[index]!);
    else if (index === 0 || covered[index - 1] === 0) out += MASK;
  }
  return out;
}

function maskInChunks(patterns: readonly Buffer[], text: Buffer, cuts: readonly number[]): string {
  const masker = maskerFactory(patterns)();
  const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length];
  const out: Buffer[] = [];
  for (let index = 1; index < borders.length; index++)
    out.push(...masker.push(text.subarray(borders[index - 1], borders[index])));
  out.push(...masker.flush());
  return Buffer.concat(out).toString('latin1');
}

function mask(secrets: readonly string[], text: string): string {
  return Buffer.from(maskInChunks(secretForms(secrets), Buffer.from(text), []), 'latin1').toString();
}

describe('masking a stream', () => {
  it(
    `equals the definition for ${RANDOM_SPLITS} random texts, secrets and splits`,
    { timeout: 120_000 },
    () => {
      // Few letters, so that secrets overlap, repeat, nest and end in each other's beginnings.
      const letters = fc.stringMatching(/^[abc\n]{1,6}$/).map((text) => Buffer.from(text));
      const text = fc.array(fc.oneof(fc.stringMatching(/^[abcd\n]{0,8}$/), letters), { maxLength: 8 });
      fc.assert(
        fc.property(
          fc.array(letters, { minLength: 1, maxLength: 4 }),
          text.map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))),
          fc.array(fc.nat(64), { maxLength: 12 }),
          (patterns, bytes, cuts) => {
            const inside = cuts.map((cut) => Math.min(cut, bytes.length));
            expect(maskInChunks(patterns, bytes, inside)).toBe(oracle(bytes, patterns));
          },
        ),
        { numRuns: RANDOM_SPLITS },
      );
    },
  );

  it('does not depend on where any bytes are cut, all 256 byte values included', () => {
    const patterns = [Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from([0, 255])];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (noise, cuts) => {
          const bytes = Buffer.concat([noise, patterns[0]!, noise, patterns[1]!, noise]);
          const inside = cuts.map((cut) => Math.min(cut, bytes.length));
          expect(maskInChunks(patterns, bytes, inside)).toBe(oracle(bytes, patterns));
        },
      ),
    );
  });

  it('keeps nothing back that can not begin a secret', () => {
    const masker = maskerFactory([Buffer.from('hunter2')])();
    expect(Buffer.concat(masker.push(Buffer.from('progress 10%'))).toString()).toBe('progress 10%');
    expect(Buffer.concat(masker.push(Buffer.from('say hun'))).toString()).toBe('say ');
  });

  it('uses bounded memory for a secret that is repeated for ever', () => {
    const masker = maskerFactory([Buffer.from('aaaa')])();
    const out = Array.from({ length: 1000 }, () => masker.push(Buffer.alloc(65_536, 'a'))).flat();
    expect(Buffer.concat([...out, ...masker.flush()]).toString()).toBe(MASK);
  });
});

describe('the forms of a secret', () => {
  const secret = 'p@ss w/rd+é?"x';
  it.each([
    ['as it is', `token=${secret};`, 'token=***;'],
    ['URL-encoded', `https://u:${encodeURIComponent(secret)}@h/`, 'https://u:***@h/'],
    ['as a form field', `a=${encodeURIComponent(secret).replaceAll('%20', '+')}&b`, 'a=***&b'],
    ['JSON-escaped', JSON.stringify({ secret }), '{"secret":"***"}'],
  ])('masks it %s', (_, text, expected) => {
    expect(mask([secret], text)).toBe(expected);
  });

  it.each([0, 1, 2, 3, 4, 5])('masks it inside base64 after %i other bytes', (offset) => {
    const text = Buffer.from(`${'u'.repeat(offset)}${secret}tail`).toString('base64');
    const shown = mask([secret], text);
    expect(shown).toContain(MASK);
    // What is left are at most the border characters that hold less than one byte of the secret.
    expect(Buffer.from(shown.replace(MASK, ''), 'base64').toString('latin1')).not.toContain('p@s');
    expect(shown.length).toBeLessThanOrEqual(offset * 2 + MASK.length + 10);
  });

  it('masks a secret of several lines as a whole, by line, and with CRLF', () => {
    const key = '-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----';
    expect(mask([key], `x${key}y`)).toBe('x***y');
    expect(mask([key], `x${key.replaceAll('\n', '\r\n')}y`)).toBe('x***y');
    expect(mask([key], 'line: ijklmnop.')).toBe('line: ***.');
  });

  it('masks the lines of a key that is kept with \\n in place of line breaks', () => {
    const key = String.raw`-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n`;
    expect(mask([key], `<${key}>`)).toBe('<***>');
    expect(mask([key], key.replaceAll(String.raw`\n`, '\n'))).toBe('***\n***\n***\n***\n');
  });

  it('masks no short line of a longer secret: it would be a word of everyday use', () => {
    const json = '{\n  "key": "0123456789",\n  "use":\n  true\n}';
    expect(mask([json], json)).toBe('***');
    expect(mask([json], 'if (true) { "key": "0123456789", }')).toBe('if (true) { *** }');
  });

  it('leaves everyday words alone when a secret is very short', () => {
    expect(mask(['no', 'yes'], 'no, yes, yesno')).toBe('no, yes, yesno');
  });

  it('refuses more secrets than the matcher has room for', () => {
    expect(() => secretForms(['x'.repeat(200_000)])).toThrow(/at most 131072 bytes/);
  });
});
