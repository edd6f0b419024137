import { expect, test } from 'vitest';
import { checkForkSandbox } from './check-fork-sandbox.ts';

const fork = { pullRequest: 7, baseBranch: 'main' };
const bubblewrap = { kind: 'bubblewrap', whyPlain: null } as const;
const plain = { kind: 'plain', whyPlain: 'Builds run without bubblewrap: it is not installed.' } as const;

test.each([
  ['a fork’s commit, in a sandbox', { fork }, bubblewrap, undefined],
  ['our own, in a sandbox', {}, bubblewrap, undefined],
  ['our own, without one', {}, plain, undefined],
  [
    'a fork’s commit, without one',
    { fork },
    plain,
    'The code of a fork runs in a sandbox or not at all, and this builder has none. Builds run without bubblewrap: it is not installed.',
  ],
] as const)('%s', (_, spec, sandbox, why) => {
  expect(checkForkSandbox(spec, sandbox)).toBe(why);
});
