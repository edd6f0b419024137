import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanLine, plainLine } from './text.ts';

const ESC = '\u001b';

describe('what is shown of a line', () => {
  test.each([
    ['plain text', 'added 12 packages', 'added 12 packages'],
    ['colours', `${ESC}[32m✓${ESC}[39m built`, '✓ built'],
    ['a hyperlink (OSC 8)', `see ${ESC}]8;;https://a.example/${ESC}\\here${ESC}]8;;${ESC}\\.`, 'see here.'],
    ['a hyperlink that a bell ends', `${ESC}]8;;https://a.example/\u0007here${ESC}]8;;\u0007`, 'here'],
    ['a title', `${ESC}]0;npm install\u0007ok`, 'ok'],
    ['a title that nothing ends', `ok${ESC}]0;npm install`, 'ok'],
    ['a title that another sequence cuts off', `${ESC}]0;npm${ESC}[31mok`, 'ok'],
    ['a device string', `${ESC}P1$r0m${ESC}\\ok`, 'ok'],
    ['the eight-bit forms', '\u009d0;title\u009cok\u009b31m!\u009b2J', 'ok!'],
    ['moves of the cursor', `${ESC}[2A${ESC}[10;4Hok${ESC}[?25l${ESC}[?2004h`, 'ok'],
    ['keyboard modes that end in m', `${ESC}[>4;2mok`, 'ok'],
    ['character sets and resets', `${ESC}(B${ESC}7${ESC}cok${ESC}=`, 'ok'],
    ['an escape that is cut off', `ok${ESC}`, 'ok'],
    ['a sequence that is cut off', `ok${ESC}[38;5`, 'ok'],
    ['a spinner that erases itself', `⠙${ESC}[1G${ESC}[0K⠹${ESC}[1G${ESC}[0Kadded 12`, 'added 12'],
    ['a line that was erased', `10 %${ESC}[2K100 %`, '100 %'],
    ['a rewritten line keeps its colour', `${ESC}[31m10 %${ESC}[2K100 %`, '100 %'],
    ['NUL, bells and backspaces', 'a\u0000b\u0007c\bd\re\n', 'abcde'],
    ['bidirectional overrides, by their name', 'user\u202egnp.exe', 'user⟨U+202E⟩gnp.exe'],
    ['bidirectional isolates, by their name', '\u2066x\u2069', '⟨U+2066⟩x⟨U+2069⟩'],
    ['separators that break lines elsewhere', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['lone surrogates', 'a\ud800b', 'a\ufffdb'],
    ['tabs to their stops', 'a\tbc\t', 'a       bc      '],
    ['tabs behind colours', `${ESC}[31ma${ESC}[0m\tb`, 'a       b'],
    ['what looks like markup', '<script>alert(1)</script>', '<script>alert(1)</script>'],
  ])('%s', (_, text, shown) => {
    expect(plainLine(text)).toBe(shown);
  });
});

test.each([
  ['', `${ESC}[0m`],
  ['0', `${ESC}[0m`],
  ['1;31', `${ESC}[1m${ESC}[31m`],
  ['31;0', `${ESC}[31m${ESC}[0m`],
  ['38;5;9;1', `${ESC}[38;5;9m${ESC}[1m`],
  ['38;2;1;2;3;48;5;0', `${ESC}[38;2;1;2;3m${ESC}[48;5;0m`],
  ['38:5:9', `${ESC}[38;5;9m`],
  ['38:2::1:2:3', `${ESC}[38;2;1;2;3m`],
  ['38:2:1:2:3', `${ESC}[38;2;1;2;3m`],
  ['4:3', `${ESC}[4m`],
  ['4:0', `${ESC}[24m`],
  ['58;5;1', ''],
  ['58;2;1;1;1;3', `${ESC}[3m`],
  ['38;5;300', ''],
  ['38;5', ''],
  ['38', ''],
  ['001', `${ESC}[1m`],
])('the style "%s" is spelled %j', (parameters, clean) => {
  expect(cleanLine(`${ESC}[${parameters}mx`)).toBe(`${clean}x`);
});

test('whatever a build prints, no control character is shown, and cleaning twice changes nothing', () => {
  const part = string({ unit: 'binary', maxLength: 20 });
  const hostile = string({
    unit: part.map((text) => `${ESC}[${text}`) as never,
    maxLength: 8,
  });
  for (const texts of [part, hostile]) {
    assert(
      property(texts, (text) => {
        // oxlint-disable-next-line no-control-regex
        expect(plainLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(cleanLine(cleanLine(text))).toBe(cleanLine(text));
        expect(plainLine(text).isWellFormed()).toBe(true);
        expect(plainLine(text)).toBe(plainLine(cleanLine(text)));
      }),
      { numRuns: 2000 },
    );
  }
});
