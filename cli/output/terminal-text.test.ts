import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colouredText, jsonText, plainText, truncate, widthOf } from './terminal-text.ts';

const ESC = '\u001B';
/* eslint-disable no-control-regex */
const controls = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202e]/;
const colours = /\u001B\[[0-9;:]*m/g;
/* eslint-enable no-control-regex */
const red = (text: string) => `${ESC}[31m${text}${ESC}[0m`;

/** What would steer a terminal: title, clipboard, links, cursor, screen, modes, answers, other character sets. */
const STEERING: readonly (readonly [name: string, sequence: string])[] = [
  ['the title', `${ESC}]0;title\u0007`],
  ['the title, ended by ST', `${ESC}]2;title${ESC}\\`],
  ['the title in C1', '\u009D0;title\u009C'],
  ['the clipboard', `${ESC}]52;c;ZXZpbA==\u0007`],
  ['a link', `${ESC}]8;;https://evil.example${ESC}\\`],
  ['clearing the screen', `${ESC}[2J`],
  ['moving the cursor', `${ESC}[1;1H`],
  ['moving up in C1', '\u009B3A'],
  ['a private mode', `${ESC}[?1049h`],
  ['asking where the cursor is', `${ESC}[6n`],
  ['keyboard modes that end in m', `${ESC}[>4;2m`],
  ['intermediates before m', `${ESC}[1 m`],
  ['a device control string', `${ESC}P1$r0m${ESC}\\`],
  ['an application command', `${ESC}_Ga=T;AAAA${ESC}\\`],
  ['a privacy message', `${ESC}^x${ESC}\\`],
  ['another character set', `${ESC}(0`],
  ['a reset of the terminal', `${ESC}c`],
  ['a reverse index', `${ESC}M`],
  ['an OSC with an escape inside', `${ESC}]0;a${ESC}[31mb\u0007`],
  ['a bell, backspaces and a shift', '\u0007\b\b\u000E'],
  ['NUL and DEL', '\0\u007F'],
  ['C1 controls', '\u0080\u0085\u0090x\u009C'],
  ['directions', '\u202E\u2066\u2069\u200F\u061C'],
];

describe('text of strangers', () => {
  it.each(STEERING)('loses what steers a terminal: %s', (_, sequence) => {
    expect(plainText(`a${sequence}b`)).toBe('ab');
    expect(colouredText(`a${sequence}b`)).toBe('ab');
  });

  it('loses the rest of a sequence that never ends', () => {
    expect(plainText(`a${ESC}]0;title`)).toBe('a');
    expect(plainText(`a${ESC}[31`)).toBe('a');
    expect(plainText(`a${ESC}`)).toBe('a');
    expect(colouredText(`a${ESC}[31`)).toBe('a');
  });

  it('stays one line', () => {
    expect(plainText('a\r\nb\u2028c')).toBe('a b c');
    expect(plainText('a\tb')).toBe('a\tb');
  });

  it.each([
    ['a colour', red('red')],
    ['256 colours', `${ESC}[38;5;200mpink${ESC}[0m`],
    ['true colours, with colons', `${ESC}[38:2::1:2:3mx${ESC}[0m`],
    ['a reset without a number', `${ESC}[1mbold${ESC}[m`],
  ])('keeps %s in a log line, and ends it with the line', (_, text) => {
    expect(colouredText(text)).toBe(`${text}${ESC}[0m`);
  });

  it('loses its colours where none are wanted', () => {
    expect(plainText(red('red'))).toBe('red');
  });

  it('is not touched when it is plain', () => {
    expect(colouredText('Grüße 你好 👋')).toBe('Grüße 你好 👋');
  });

  it('never holds a control character, whatever it was; coloured text only colours', () => {
    const piece = fc.constantFrom(
      ESC,
      '[',
      ']',
      'P',
      '\\',
      '\u009B',
      '\u009D',
      '\u0007',
      '3',
      ';',
      '?',
      'm',
      'J',
      '\n',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        expect(plainText(text)).not.toMatch(controls);
        expect(colouredText(text).replaceAll(colours, '')).not.toMatch(controls);
      }),
    );
  });

  it('is read in a time that grows with its length only', () => {
    const hostile = `${ESC}]${`${ESC}x`.repeat(200_000)}`;
    const startedAt = performance.now();
    plainText(hostile);
    colouredText(`${ESC}[`.repeat(200_000));
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

describe('JSON on a terminal', () => {
  it('escapes what JSON leaves as it is, and means the same', () => {
    const value = { text: `${ESC}[31m \u009B3A \u007F \u202E \u2028` };
    expect(jsonText(value)).toBe('{"text":"\\u001b[31m \\u009b3A \\u007f \\u202e \\u2028"}');
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['né', 2],
    ['ne\u0301', 2],
    ['你好', 4],
    ['👋', 2],
    ['✓', 1],
  ])('of %j are %i', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['你好吗', 4, '你…'],
  ])('of %j are at most %i', (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
  });
});
