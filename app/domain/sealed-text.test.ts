import { randomBytes } from 'node:crypto';
import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSecretBox,
  openText,
  sealedTextBytes,
  SealedTextError,
  sealingKeyId,
  sealText,
} from './sealed-text.ts';

const KEY = Buffer.alloc(32, 7);
const OLDER_KEY = Buffer.alloc(32, 8);
const CONTEXT = 'projects/abc';

function seal(text: string, key = KEY): string {
  return sealText(text, CONTEXT, key, randomBytes(12));
}

describe('a sealed text', () => {
  it('opens to what was sealed', () => {
    assert(property(string({ unit: 'grapheme' }), (text) => openText(seal(text), CONTEXT, [KEY]) === text));
  });

  it('shows nothing of the secret', () => {
    expect(seal('user:hunter2-hunter2')).not.toMatch(/hunter2|user/);
  });

  it('differs each time, since its iv does', () => {
    expect(seal('same')).not.toBe(seal('same'));
  });

  it('is opened by the key that its key id names, also after a rotation', () => {
    expect(openText(seal('old', OLDER_KEY), CONTEXT, [KEY, OLDER_KEY])).toBe('old');
    expect(seal('old', OLDER_KEY).split('.')[1]).toBe(sealingKeyId(OLDER_KEY));
  });

  it('is sealed by the first key of a box and opened by any', () => {
    const before = createSecretBox([OLDER_KEY], randomBytes);
    const after = createSecretBox([KEY, OLDER_KEY], randomBytes);
    expect(after.open(before.seal('old', CONTEXT), CONTEXT)).toBe('old');
    expect(after.seal('new', CONTEXT).split('.')[1]).toBe(sealingKeyId(KEY));
  });

  it('begins as its box says, so that those of other keys can be told', () => {
    const [before, after] = [createSecretBox([OLDER_KEY], randomBytes), createSecretBox([KEY], randomBytes)];
    expect(before.seal('x', CONTEXT).startsWith(before.prefix)).toBe(true);
    expect(before.seal('x', CONTEXT).startsWith(after.prefix)).toBe(false);
  });

  it('tells how many bytes it holds', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => sealedTextBytes(seal(text)) === Buffer.byteLength(text)),
    );
  });

  it('says which key is missing', () => {
    expect(() => openText(seal('text', OLDER_KEY), CONTEXT, [KEY])).toThrow(
      `sealed with another key (${sealingKeyId(OLDER_KEY)})`,
    );
  });

  it('does not open in another row', () => {
    expect(() => openText(seal('text'), 'projects/other', [KEY])).toThrow(SealedTextError);
  });

  it('does not open when any bit of it was changed', () => {
    const parts = seal('some longer text').split('.');
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const text = parts.with(part, changed.toString('base64url')).join('.');
        expect(() => openText(text, CONTEXT, [KEY])).toThrow(SealedTextError);
      }
    }
  });

  it.each([
    '',
    'v1',
    'v2.a.b.c',
    'plain text',
    `v1.${sealingKeyId(KEY)}..`,
    `v1.${sealingKeyId(KEY)}.AAAA.AAAA`,
  ])('is not %j', (text) => {
    expect(() => openText(text, CONTEXT, [KEY])).toThrow(SealedTextError);
  });

  it('needs a key of 32 bytes and an iv of 12', () => {
    expect(() => sealText('x', CONTEXT, Buffer.alloc(31), randomBytes(12))).toThrow('32 bytes; it has 31');
    expect(() => sealText('x', CONTEXT, KEY, randomBytes(16))).toThrow('12 bytes; it has 16');
  });
});
