import { describe, expect, test } from 'vitest';
import { measureMemory, selectFamily } from './family.ts';
import { listProcesses, parseProcess, type ProcessInfo, readProcess } from './processes.ts';

const STATUS = `Name:\tnode (evil) S 1
State:\tS (sleeping)
Pid:\t42
PPid:\t7
Uid:\t61001\t61001\t61001\t61001
VmSwap:\t      8 kB
RssAnon:\t    1000 kB
RssFile:\t   90000 kB
RssShmem:\t     24 kB
Threads:\t11
`;
const stat = (name: string) => `42 (${name}) S 7 42 42 0 -1 4194304 ${'0 '.repeat(12)}98765 0 0`;

describe('a process is read from /proc', () => {
  const expected = {
    pid: 42,
    parentPid: 7,
    uid: 61_001,
    state: 'S',
    threads: 11,
    memoryBytes: 1032 * 1024,
    startedAtTicks: 98_765,
  };

  test.each(['node', 'a b', 'evil) R 1 1 1', '((('])('whatever its name is: %s', (name) =>
    expect(parseProcess(42, STATUS, stat(name))).toEqual(expected),
  );

  test.each([
    ['', stat('node')],
    [STATUS, ''],
    ['State:\tS\n', stat('node')],
  ])('and is undefined when it is cut', (status, text) =>
    expect(parseProcess(42, status, text)).toBeUndefined(),
  );

  test('this one is there, and an impossible one is not', async () => {
    expect(readProcess(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid });
    expect(readProcess(2 ** 30)).toBeUndefined();
    expect((await listProcesses()).map(({ pid }) => pid)).toContain(process.pid);
  });
});

describe('the family of a command', () => {
  const process = (pid: number, parentPid: number, uid = 0): ProcessInfo => ({
    pid,
    parentPid,
    uid,
    state: 'S',
    threads: 1,
    memoryBytes: 0,
    startedAtTicks: 0,
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
