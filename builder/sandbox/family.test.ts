import { describe, expect, test } from 'vitest';
import { type ProcessEntry, readProcess } from '../../machine/processes.ts';
import { measureMemory, selectFamily } from './family.ts';

describe('the family of a command', () => {
  const process = (pid: number, parentPid: number, uid = 0): ProcessEntry => ({
    pid,
    parentPid,
    uid,
    groupId: pid,
    sessionId: 0,
    state: 'S',
    startTime: '0',
    hasTerminal: false,
    threads: 1,
    memoryBytes: 0,
  });
  const all = [
    process(1, 0),
    process(2, 1),
    process(3, 2),
    process(4, 3),
    process(5, 1, 61_001),
    process(6, 5),
  ];
  const family = (roots: readonly number[], uid: number | null) =>
    selectFamily(all, { uid, roots: all.filter(({ pid }) => roots.includes(pid)) })
      .map(({ pid }) => pid)
      .toSorted((a, b) => a - b);

  test.each([
    ['descendants of its first process', [2], null, [2, 3, 4]],
    ['processes of its user, and theirs', [], 61_001, [5, 6]],
    ['both', [3], 61_001, [3, 4, 5, 6]],
    ['nobody else', [], null, []],
  ])('is %s', (_name, roots, uid, expected) => expect(family(roots, uid)).toEqual(expected));

  test('shared memory is counted once, when the plain sum is beyond the limit', async () => {
    const own = readProcess(globalThis.process.pid);
    const twice = [own, own].filter((each) => each !== undefined);
    const sum = twice.reduce((total, { memoryBytes }) => total + memoryBytes, 0);
    expect(await measureMemory(twice, sum)).toBe(sum);
    expect(await measureMemory(twice, 1)).toBeGreaterThan(sum / 4);
  });
});
