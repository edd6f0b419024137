import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cleanLine,
  cutText,
  escapeHtml,
  formatCode,
  formatCodeBlock,
  formatCodeCell,
  toLine,
} from './neutralise-text.ts';

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['colours of eight bits', '\u009b31mred\u009b0m', 'red'],
  ['a cut colour', 'red\u001b[3', 'red'],
  ['a title', '\u001b]0;title\u0007text', 'text'],
  ['a link', '\u001b]8;;https://x.test\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a title without an end', 'text\u001b]0;title', 'text'],
  ['another escape', '\u001b(Btext\u001bc', 'text'],
  ['controls', 'a\u0000b\u0007c\u007fd\u0085e', 'abcde'],
  ['overrides of direction', 'a\u202eb\u2066c\u200fd\u061ce', 'abcde'],
  ['invisible letters', 'a\u200bb\ufeffc\u2060d\u00ade', 'abcde'],
  ['separators of lines', 'a\u2028b\u2029c', 'abc'],
  ['half a surrogate pair', 'a\ud83d', 'a\ufffd'],
  ['tabs stay', 'a\tb', 'a\tb'],
  ['joined emoji and letters stay', '👩‍💻 می‌خواهم', '👩‍💻 می‌خواهم'],
])('a clean line is without %s', (_, text, clean) => {
  expect(cleanLine(text)).toBe(clean);
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['ab😀d', 4, 'ab…'],
  ['ab😀d', 5, 'ab😀d'],
  ['ab😀de', 5, 'ab😀…'],
])('%j is cut to %i units: %j', (text, length, cut) => {
  expect(cutText(text, length)).toBe(cut);
});

test('a cut text is never longer than asked for, and never ends within a character', () => {
  assert(
    property(string({ unit: 'binary' }), integer({ min: 1, max: 20 }), (text, maxLength) => {
      const cut = cutText(text, maxLength);
      expect(cut.length).toBeLessThanOrEqual(maxLength);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});

test.each([
  ['a\r\n\n  b\u2028c', 'a b c'],
  ['  a  ', 'a'],
  ['\u001b[1m a \u001b[0m', 'a'],
  ['', ''],
])('%j is one line: %j', (text, line) => {
  expect(toLine(text, 10)).toBe(line);
});

describe('code', () => {
  test.each([
    ['plain', '`plain`'],
    ['@ada #1', '`@ada #1`'],
    ['a`b', '`` a`b ``'],
    ['`', '`` ` ``'],
    ['``a`', '``` ``a` ```'],
    ['two\nlines', '`two lines`'],
    ['', ''],
    [' \n', ''],
  ])('%j is %j', (text, code) => {
    expect(formatCode(text, 20)).toBe(code);
  });

  test('is cut inside its fence', () => {
    expect(formatCode('abcdef', 4)).toBe('`abc…`');
  });

  test.each([
    ['a|b', '`a\\|b`'],
    ['a\\|b', '`a\\ \\|b`'],
    ['a\\b', '`a\\b`'],
    ['||', '`\\|\\|`'],
  ])('%j in a cell is %j', (text, code) => {
    expect(formatCodeCell(text, 20)).toBe(code);
  });

  test.each([
    [['a'], '```text\na\n```'],
    [['a ```` b', '```'], '`````text\na ```` b\n```\n`````'],
    [[], '```text\n```'],
  ])('%j is in a block whose fence no line can close', (lines, block) => {
    expect(formatCodeBlock(lines)).toBe(block);
  });
});

test('HTML is text', () => {
  expect(escapeHtml('<b a="1">&amp;')).toBe('&lt;b a=&quot;1&quot;&gt;&amp;amp;');
});
