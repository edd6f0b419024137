import { expect, test } from 'vitest';
import { decideByPaths, knownFiles, parsePaths } from './path-filters.ts';

const SKIPPED = { build: false, reason: 'Nothing that "paths" of offshoot.json matches was changed.' };
const at = (rootDirectory: string, ...paths: string[]) => ({ rootDirectory, paths });

test.each([
  { why: 'no paths are named', files: ['other/a'], rules: { rootDirectory: 'apps/web', paths: undefined } },
  { why: 'the files are not known', files: 'unknown' as const, rules: at('apps/web') },
  { why: 'all of the repository is the project, and nothing is excluded', files: ['a'], rules: at('') },
  { why: 'the folder “.” is all of the repository', files: ['a'], rules: at('.') },
  { why: 'a file of the folder changed', files: ['other', 'apps/web/a'], rules: at('apps/web') },
  { why: 'the folder is written with slashes', files: ['apps/web/a'], rules: at('./apps/web/') },
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
  { of: 'comparison', count: 299, isKnown: true },
  { of: 'comparison', count: 300, isKnown: false },
  { of: 'pull-request', count: 300, isKnown: true },
  { of: 'pull-request', count: 2999, isKnown: true },
  { of: 'pull-request', count: 3000, isKnown: false },
] as const)('$count files of a $of: all are known is $isKnown', ({ of, count, isKnown }) => {
  const listed = Array.from({ length: count }, () => 'a');
  expect(knownFiles(listed, of)).toEqual(isKnown ? listed : 'unknown');
});

test.each([
  ['{"paths":["src/**","!**/*.md"],"node":24}', ['src/**', '!**/*.md']],
  ['{"paths":[]}', []],
  ['{}', undefined],
  ['{"paths":"src"}', undefined],
  ['{"paths":[""]}', undefined],
  ['{"paths":[1]}', undefined],
  [JSON.stringify({ paths: ['x'.repeat(257)] }), undefined],
  [JSON.stringify({ paths: Array.from({ length: 101 }, () => 'a') }), undefined],
  ['{"paths":[', undefined],
  ['[]', undefined],
  ['null', undefined],
])('the paths of %s', (text, paths) => {
  expect(parsePaths(text)).toEqual(paths);
});
