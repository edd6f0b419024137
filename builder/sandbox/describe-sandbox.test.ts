import { expect, test } from 'vitest';
import { describeSandbox } from './describe-sandbox.ts';

const user = { uid: 61_000, gid: 61_000 };

test.each([
  ['bubblewrap', user, 'bubblewrap, each build as a user of its own'],
  ['bubblewrap', null, 'bubblewrap'],
  ['plain', user, 'none but a user of its own for each build, which can read what everyone here can.'],
  ['plain', null, 'none: builds run as you, and can read and change all that you can.'],
] as const)('%s, user %j: %s', (kind, asUser, sentence) => {
  const described = describeSandbox({ kind, user: asUser });
  expect(described.startsWith(sentence)).toBe(true);
  expect(described.includes('Build only repositories that you trust.')).toBe(kind === 'plain');
});
