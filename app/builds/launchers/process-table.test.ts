import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive, nameProcess, ownName, parsePs, parseStat, readProcess } from './process-table.ts';

const FIELDS = 'S 10 20 30 34816 20 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3';

test('a command that holds spaces and parentheses does not shift the fields', () => {
  const [entry] = parseStat(7, `7 (a) S 1 (b c)) ${FIELDS}`, 'Name:\tx\nUid:\t1001\t0\t0\t0\n');
  expect(entry).toEqual({
    pid: 7,
    parentPid: 10,
    groupId: 20,
    sessionId: 30,
    uid: 1001,
    startTime: '987654',
    hasTerminal: true,
  });
});

test('a zombie is dead', () => {
  expect(parseStat(7, `7 (x) ${FIELDS.replace('S', 'Z')}`, 'Uid:\t0\t0\t0\t0')).toEqual([]);
  expect(parsePs('7 1 7 0 ?? Z Sun Nov 22 03:00:00 2026')).toEqual([]);
});

test('what ps prints where there is no /proc', () => {
  const [entry] = parsePs('  7     1     6   501 ??       Ss   Sun Nov 22 03:00:00 2026    \n');
  expect(entry).toEqual({
    pid: 7,
    parentPid: 1,
    groupId: 6,
    sessionId: 0,
    uid: 501,
    startTime: 'Sun Nov 22 03:00:00 2026',
    hasTerminal: false,
  });
});

test('a name stays true for one process only', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const entry = readProcess(child.pid ?? 0);
  if (entry === undefined) throw new Error('the child is not in the table');
  const name = nameProcess(entry);
  expect(isAlive(name)).toBe(true);
  expect(isAlive({ ...name, startTime: ownName().startTime })).toBe(false);
  expect(isAlive({ ...name, space: 'elsewhere' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(name)).toBe(false);
});
