import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { matchPath } from './match-path.ts';

test.each([
  ['README.md', 'README.md'],
  ['*.md', 'README.md'],
  ['*', 'README.md'],
  ['docs/*', 'docs/a.md'],
  ['docs/*.md', 'docs/.md'],
  ['docs/**', 'docs/a.md'],
  ['docs/**', 'docs/a/b/c.md'],
  ['docs/', 'docs/a/b/c.md'],
  ['**', 'a/b'],
  ['**/', 'a/b'],
  ['**/*.md', 'README.md'],
  ['**/*.md', 'docs/a/b.md'],
  ['a/**/b', 'a/b'],
  ['a/**/b', 'a/x/b'],
  ['a/**/b', 'a/x/y/b'],
  ['a/**/**/b', 'a/b'],
  ['a**b', 'a/x/b'],
  ['a?c', 'abc'],
  ['a?c', 'a😀c'],
  ['app/[slug]/{a,b}.tsx', 'app/[slug]/{a,b}.tsx'],
  ['a+(b)|c.$^', 'a+(b)|c.$^'],
  ['**a**', 'xax'],
  ['', ''],
])('%s matches %s', (pattern, path) => {
  expect(matchPath(pattern, path)).toBe(true);
});

test.each([
  ['README.md', 'readme.md'],
  ['README.md', 'README.mdx'],
  ['README.md', 'docs/README.md'],
  ['*.md', 'docs/a.md'],
  ['docs/*', 'docs/a/b.md'],
  ['docs/*', 'docs'],
  ['docs/**', 'docs'],
  ['docs', 'docs/a.md'],
  ['docs/', 'docsx/a'],
  ['**/a.md', 'ba.md'],
  ['**/a.md', 'x/ba.md'],
  ['a/**/b', 'a/xb'],
  ['a/**/b', 'ab'],
  ['a?c', 'a/c'],
  ['a?c', 'ac'],
  ['[ab]', 'a'],
  ['{a,b}', 'a'],
  ['a.c', 'abc'],
  ['', 'a'],
  ['a', ''],
])('%s does not match %s', (pattern, path) => {
  expect(matchPath(pattern, path)).toBe(false);
});

test('it agrees with what each pattern means, however its stars are mixed', () => {
  const patterns = array(constantFrom('a', 'b', '/', '*', '**', '**/', '?', '/**/'), { maxLength: 6 });
  const paths = array(constantFrom('a', 'b', '/'), { maxLength: 8 });
  assert(
    property(patterns, paths, (pattern, path) => {
      const [given, letters] = [pattern.join(''), path.join('').replaceAll(/\/+/g, '/').replace(/^\//, '')];
      expect(matchPath(given, letters)).toBe(meaningOf(given).test(letters));
    }),
    { numRuns: 1000 },
  );
});

/** The pattern as a regular expression: short ones can be understood that way. */
function meaningOf(pattern: string): RegExp {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const source = whole.replaceAll(/(?<=^|\/)\*\*\/|\*\*|\*|\?/g, (part) => MEANINGS[part] ?? '');
  return new RegExp(`^(?:${source})$`);
}

const MEANINGS: Readonly<Record<string, string>> = {
  '**/': '(?:[^/]+/)*',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};

/** A backtracking matcher would not end before the machine does. */
test.each([
  '*a'.repeat(100),
  '**/*a'.repeat(50),
  '**a**/'.repeat(40),
  `${'?*'.repeat(100)}b`,
  '**'.repeat(120),
])('the hostile pattern %s is matched in one pass over the path', (pattern) => {
  expect(matchPath(`${pattern}!`, 'a'.repeat(1000))).toBe(false);
  expect(matchPath(`${pattern}!`, 'a/'.repeat(500))).toBe(false);
});
