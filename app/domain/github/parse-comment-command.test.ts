import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { parseCommentCommand } from './parse-comment-command.ts';

test.each([
  '/deploy',
  '/deploy  ',
  '   /deploy',
  'Looks good.\n/deploy',
  'Looks good.\r\n\r\n/deploy\r\nThanks!',
  '> what is this?\n\n/deploy',
  '```\ncode\n```\n/deploy',
  '~~~\n```\n~~~\n/deploy',
  '````\n```\n````\n/deploy',
  '``` a`b\n/deploy',
  '<!-- hidden -->\n/deploy',
  '<!-- a --> <!-- b -->\n/deploy',
])('%j asks for a deployment', (body) => {
  expect(parseCommentCommand(body)).toBe('deploy');
});

test.each([
  '',
  'deploy',
  '/Deploy',
  '/deploy now',
  '/deploy please\n',
  '/deployment',
  'Should I /deploy?',
  'please /deploy',
  '`/deploy`',
  '- /deploy',
  '    /deploy',
  '\t/deploy',
  '> /deploy',
  '  > /deploy',
  '> what do you think?\n/deploy',
  '> one\n> two\nthree\n/deploy',
  '```\n/deploy\n```',
  '```sh\n/deploy',
  '~~~\n/deploy\n~~~',
  '````\n```\n/deploy\n````',
  '```\n~~~\n/deploy',
  '```\n``` not closed\n/deploy',
  '  ```\n/deploy',
  '<!--\n/deploy\n-->',
  '<!-- never closed\n/deploy',
  '<!-- a --> text <!--\n/deploy\n-->',
  '<!-- -->/deploy',
  '/deploy<!-- -->',
])('%j asks for nothing', (body) => {
  expect(parseCommentCommand(body)).toBeUndefined();
});

test('no comment makes it throw, and only one that says /deploy asks for it', () => {
  assert(
    property(string({ unit: 'binary' }), (body) => {
      expect(parseCommentCommand(body.replaceAll('/deploy', ''))).toBeUndefined();
    }),
  );
});

test('the longest comment of fences and quotes is read in one go', () => {
  const hostile = ['```', '>', '<!--', '~~~~', '/deploy '].map((part) =>
    part.repeat(13_000).slice(0, 65_536),
  );
  expect(hostile.map(parseCommentCommand)).toEqual(hostile.map(() => undefined));
});
