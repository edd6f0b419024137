import { describe, expect, test } from 'vitest';
import { carryStyle, nearestName, parseSpans } from './ansi.ts';

const ESC = '\u001b';

describe('spans of a line', () => {
  test.each<[string, string, ReturnType<typeof parseSpans>]>([
    ['an empty line has none', '', []],
    ['plain text is one', 'added 12', [{ text: 'added 12', classes: '' }]],
    [
      'a colour and back',
      `${ESC}[32m✓${ESC}[39m built`,
      [
        { text: '✓', classes: 'fg-green' },
        { text: ' built', classes: '' },
      ],
    ],
    ['a bright colour', `${ESC}[91mno`, [{ text: 'no', classes: 'fg-brightRed' }]],
    ['a named colour of the table', `${ESC}[38;5;9mno`, [{ text: 'no', classes: 'fg-brightRed' }]],
    ['a colour of the table', `${ESC}[38;5;208mno`, [{ text: 'no', classes: '', color: [255, 135, 0] }]],
    ['an exact colour', `${ESC}[38;2;1;2;3mno`, [{ text: 'no', classes: '', color: [1, 2, 3] }]],
    ['an exact background', `${ESC}[48;2;1;2;3mno`, [{ text: 'no', classes: '', background: [1, 2, 3] }]],
    [
      'everything at once',
      `${ESC}[1;2;3;4;9;53;31;47mno`,
      [{ text: 'no', classes: 'fg-red bg-white bold dim italic underline struck overline' }],
    ],
    ['reversed without colours', `${ESC}[7mno`, [{ text: 'no', classes: 'reverse' }]],
    ['reversed with a colour', `${ESC}[7;31mno`, [{ text: 'no', classes: 'bg-red' }]],
    ['reversed with two', `${ESC}[7;31;40mno`, [{ text: 'no', classes: 'fg-black bg-red' }]],
    ['hidden text is shown', `${ESC}[8mno`, [{ text: 'no', classes: '' }]],
    ['blinking text does not blink', `${ESC}[5mno`, [{ text: 'no', classes: '' }]],
    ['an empty sequence resets', `${ESC}[31m${ESC}[mno`, [{ text: 'no', classes: '' }]],
    ['colours around a hyperlink', `${ESC}[34m${ESC}]8;;x\u0007no`, [{ text: 'no', classes: 'fg-blue' }]],
  ])('%s', (_, text, spans) => {
    expect(parseSpans(text)).toEqual(spans);
  });

  test('begin with what the line before has left on', () => {
    const carried = carryStyle(`${ESC}[1;31mError`, '');
    expect(parseSpans(`  at a.js${ESC}[0m done`, carried)).toEqual([
      { text: '  at a.js', classes: 'fg-red bold' },
      { text: ' done', classes: '' },
    ]);
  });
});

describe('what a line leaves on', () => {
  test.each([
    ['nothing, when it has no sequences', 'x', '', ''],
    ['what was on, when it has no sequences', 'x', `${ESC}[31m`, `${ESC}[31m`],
    ['nothing after a reset', `${ESC}[31mx${ESC}[0m`, `${ESC}[1m`, ''],
    ['nothing after an empty reset', `${ESC}[31mx${ESC}[m`, '', ''],
    ['nothing when what it set was unset', `${ESC}[31mx${ESC}[39m`, '', ''],
    ['what it set', `x${ESC}[1;31;44m`, '', `${ESC}[1m${ESC}[31m${ESC}[44m`],
    ['bright colours', `${ESC}[91;102mx`, '', `${ESC}[91m${ESC}[102m`],
    [
      'colours of the table and exact ones',
      `${ESC}[38;5;208;48;2;1;2;3mx`,
      '',
      `${ESC}[38;5;208m${ESC}[48;2;1;2;3m`,
    ],
    ['what it did not unset', `x${ESC}[39m`, `${ESC}[4m${ESC}[31m`, `${ESC}[4m`],
    ['nothing that only moves the cursor', `x${ESC}[2A`, '', ''],
  ])('%s', (_, text, carried, left) => {
    expect(carryStyle(text, carried)).toBe(left);
  });
});

test.each([
  [[250, 80, 80], 'brightRed'],
  [[10, 10, 10], 'black'],
  [[255, 255, 255], 'brightWhite'],
] as const)('the nearest of the 16 colours to %j is %s', (color, name) => {
  expect(nearestName(color)).toBe(name);
});
