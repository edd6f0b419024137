import { expect, test } from 'vitest';
import { configPathOf, decideByPaths, parsePathRules } from './path-filters.ts';

const SKIPPED = { build: false, reason: 'Nothing that "paths" of offshoot.json matches was changed.' };
const at = (rootDirectory: string, ...paths: string[]) => ({
  configPath: configPathOf(rootDirectory),
  rootDirectory,
  paths,
});

test.each([
  { why: 'the files are not known', files: 'unknown' as const, rules: at('apps/web') },
  { why: 'all of the repository is the project, and nothing is excluded', files: ['a'], rules: at('') },
  { why: 'a file of the folder changed', files: ['other', 'apps/web/a'], rules: at('apps/web') },
  {
    why: 'a pattern matches beside the folder',
    files: ['packages/ui/a/b.ts'],
    rules: at('apps/web', 'packages/ui/**'),
  },
  {
    why: 'a pattern is written with a slash',
    files: ['packages/ui/a'],
    rules: at('apps/web', '/packages/ui/'),
  },
  { why: 'a pattern is written with a dot', files: ['src/a'], rules: at('', './src/**') },
  { why: 'a pattern matches in the whole repository', files: ['src/a'], rules: at('', 'src/**') },
  { why: 'a file is not among those excluded', files: ['docs/a', 'src/a'], rules: at('', '!docs/**') },
  {
    why: 'a later pattern takes a file in again',
    files: ['docs/site.md'],
    rules: at('', '!docs/**', 'docs/site.md'),
  },
  { why: 'the filter itself changed', files: ['offshoot.json'], rules: at('', 'src/**') },
  {
    why: 'the filter of the folder changed, whatever is excluded',
    files: ['apps/web/offshoot.json'],
    rules: at('apps/web', '!**'),
  },
  {
    why: 'the filter lies above the project’s folder, and changed',
    files: ['offshoot.json'],
    rules: { ...at('site'), configPath: 'offshoot.json' },
  },
  {
    why: 'more would have to be compared than anybody waits for',
    files: ['a'.repeat(50_000)],
    rules: at('', 'b'.repeat(101)),
  },
])('it is built when $why', ({ files, rules }) => {
  expect(decideByPaths(files, rules)).toEqual({ build: true });
});

test.each([
  { why: 'another folder changed', files: ['apps/docs/a', 'README.md'], rules: at('apps/web') },
  { why: 'a folder of a longer name changed', files: ['apps/web2/a'], rules: at('apps/web') },
  { why: 'no file changed', files: [], rules: at('apps/web') },
  { why: 'no pattern matches', files: ['docs/a'], rules: at('', 'src/**') },
  { why: 'all is excluded', files: ['docs/a'], rules: at('', '!docs/**') },
  {
    why: 'what changed in the folder is excluded',
    files: ['apps/web/README.md'],
    rules: at('apps/web', '!**/*.md'),
  },
  { why: 'an exclusion comes last', files: ['src/a.test.ts'], rules: at('', 'src/**', '!**/*.test.ts') },
  { why: 'another folder’s offshoot.json changed', files: ['offshoot.json'], rules: at('apps/web') },
  { why: 'an exclusion is written with a slash', files: ['docs/a'], rules: at('', '!/docs/') },
  {
    why: 'it is just little enough to be compared',
    files: ['a'.repeat(50_000)],
    rules: at('', 'b'.repeat(100)),
  },
])('it is skipped when $why', ({ files, rules }) => {
  expect(decideByPaths(files, rules)).toEqual(SKIPPED);
});

test.each([
  ['offshoot.json', '{"paths":["src/**","!**/*.md"],"node":24}', '', ['src/**', '!**/*.md']],
  ['offshoot.json', '{"paths":[]}', '', []],
  ['offshoot.json', '{"paths":[],"root":"./packages/site/"}', 'packages/site', []],
  ['offshoot.json', '{"paths":[],"root":"."}', '', []],
  ['apps/web/offshoot.json', '{"paths":["a"]}', 'apps/web', ['a']],
  ['apps/web/offshoot.json', '{"paths":["a"],"root":"site"}', 'apps/web/site', ['a']],
])('the rules of %s that says %s', (configPath, text, rootDirectory, paths) => {
  expect(parsePathRules(text, configPath)).toEqual({ configPath, rootDirectory, paths });
});

test.each([
  '{}',
  '{"paths":"src"}',
  '{"paths":[""]}',
  '{"paths":[1]}',
  '{"paths":[],"root":1}',
  JSON.stringify({ paths: [], root: 'x'.repeat(513) }),
  JSON.stringify({ paths: ['x'.repeat(257)] }),
  JSON.stringify({ paths: Array.from({ length: 101 }, () => 'a') }),
  '{"paths":[',
  '[]',
  'null',
])('there are no rules in %s', (text) => {
  expect(parsePathRules(text, 'offshoot.json')).toBeUndefined();
});

test.each([
  [undefined, 'offshoot.json'],
  ['', 'offshoot.json'],
  ['.', 'offshoot.json'],
  ['apps/web', 'apps/web/offshoot.json'],
  ['./apps/web/', 'apps/web/offshoot.json'],
])('with the root directory %j the file is %s', (rootDirectory, path) => {
  expect(configPathOf(rootDirectory)).toBe(path);
});
