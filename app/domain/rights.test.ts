import { describe, expect, it } from 'vitest';
import { includesRight, type RepositoryPermissions, type Right, rightOf } from './rights.ts';

const NOTHING = { admin: false, maintain: false, push: false, triage: false, pull: false };

describe('rightOf', () => {
  it.each<[string, RepositoryPermissions, Right | undefined]>([
    ['an administrator', { admin: true, maintain: true, push: true, triage: true, pull: true }, 'manage'],
    ['a maintainer', { ...NOTHING, maintain: true, push: true, triage: true, pull: true }, 'deploy'],
    ['a maintainer of whom only that is said', { maintain: true }, 'deploy'],
    ['who writes', { ...NOTHING, push: true, triage: true, pull: true }, 'deploy'],
    ['who triages', { ...NOTHING, triage: true, pull: true }, 'see'],
    ['who reads', { ...NOTHING, pull: true }, 'see'],
    ['who may do nothing', NOTHING, undefined],
    ['of whom nothing is said', {}, undefined],
  ])('of %s', (_who, permissions, right) => {
    expect(rightOf(permissions)).toBe(right);
  });
});

describe('includesRight', () => {
  it.each<[Right | undefined, readonly boolean[]]>([
    [undefined, [false, false, false]],
    ['see', [true, false, false]],
    ['deploy', [true, true, false]],
    ['manage', [true, true, true]],
  ])('%s for see, deploy, manage: %j', (has, expected) => {
    const needed = ['see', 'deploy', 'manage'] as const;
    expect(needed.map((each) => includesRight(has, each))).toEqual(expected);
  });
});
