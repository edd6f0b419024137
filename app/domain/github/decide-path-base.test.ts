import { expect, test } from 'vitest';
import { decidePathBase, type ShownDeployment } from './decide-path-base.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
const shown = (changes: Partial<ShownDeployment> = {}): ShownDeployment => ({
  commit: A,
  settings: { rootDirectory: 'site' },
  filtersPaths: true,
  ...changes,
});
const SETTINGS = { rootDirectory: 'site' };

test('a branch is compared with what it shows', () =>
  expect(decidePathBase({ branch: shown(), production: shown({ commit: B }) }, SETTINGS)).toEqual({
    commit: A,
    isOfOtherBranch: false,
  }));

test('a branch that shows nothing is compared with where it parted from production', () =>
  expect(decidePathBase({ branch: undefined, production: shown({ commit: B }) }, SETTINGS)).toEqual({
    commit: B,
    isOfOtherBranch: true,
  }));

test.each([
  { why: 'nothing is shown anywhere', branch: undefined },
  { why: 'no paths were named', branch: shown({ filtersPaths: false }) },
  { why: 'a folder was uploaded of no known commit', branch: shown({ commit: null }) },
  { why: 'a setting was changed', branch: shown({ settings: { rootDirectory: 'other' } }) },
  { why: 'a setting was added', branch: shown({ settings: {} }) },
  { why: 'a setting was taken away', branch: shown({ settings: { ...SETTINGS, nodeMajor: 24 } }) },
])('it is built whatever it changes when $why', ({ branch }) => {
  expect(decidePathBase({ branch, production: undefined }, SETTINGS)).toBeUndefined();
});

test('production is not asked where the branch shows something that was built without paths', () =>
  expect(
    decidePathBase({ branch: shown({ filtersPaths: false }), production: shown() }, SETTINGS),
  ).toBeUndefined());
