import { describe, expect, test } from 'vitest';
import { pointerSchema } from '../../contracts/alias.ts';
import { type AliasFacts, aliasPointer } from './alias-pointer.ts';

const ID = 'd'.repeat(20);
const MANIFEST = 'a'.repeat(64);
const LIVE: AliasFacts = {
  label: 'shop',
  projectId: 'p'.repeat(20),
  kind: 'production',
  state: 'live',
  deploymentId: ID,
  manifest: MANIFEST,
  reason: null,
  recent: [{ deploymentId: 'e'.repeat(20), manifest: 'b'.repeat(64) }],
  version: 3,
};

describe('the pointer of an alias', () => {
  test.each([
    [{}, { state: 'live', live: { deploymentId: ID, manifest: MANIFEST }, recent: LIVE.recent }],
    [{ state: 'waiting' }, { state: 'waiting', deploymentId: ID }],
    [{ state: 'blocked' }, { state: 'blocked', deploymentId: ID }],
    [
      { state: 'failed', reason: 'timeout' },
      { state: 'failed', deploymentId: ID, reason: 'timeout' },
    ],
    [{ state: 'gone' }, { state: 'gone' }],
    [{ deploymentId: null }, { state: 'gone' }],
    [{ manifest: null }, { state: 'gone' }],
  ] as const)('%o', (changes, target) => {
    const pointer = aliasPointer({ ...LIVE, ...changes });
    expect(pointer.target).toEqual(target);
    expect(pointerSchema.parse(pointer)).toEqual(pointer);
  });

  test.each([
    ['production', true],
    ['branch', false],
    ['deployment', false],
    ['pull-request', false],
  ] as const)('a %s host may be indexed: %s', (kind, indexable) => {
    expect(aliasPointer({ ...LIVE, kind }).indexable).toBe(indexable);
  });
});
