import { expect, test } from 'vitest';
import { isTrusted } from './is-trusted.ts';

test.each([
  { headRepositoryId: 2, expected: true },
  { headRepositoryId: 3, expected: false },
  { headRepositoryId: null, expected: false },
])(
  'a head of $headRepositoryId in $baseRepositoryId: trusted is $expected',
  ({ headRepositoryId, expected }) => {
    expect(isTrusted({ headRepositoryId, baseRepositoryId: 2 })).toBe(expected);
  },
);
