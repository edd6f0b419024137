import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  isLiving,
  listProcesses,
  parseProc,
  parsePs,
  readCommand,
  readEnvironment,
  readProcess,
  readProcesses,
  readWorkingDirectory,
  sendSignal,
} from './processes.ts';

const STATUS = `Name:\tnode (evil) S 1
State:\tS (sleeping)
Pid:\t42
PPid:\t7
Uid:\t61001\t0\t0\t0
VmSwap:\t      8 kB
RssAnon:\t    1000 kB
RssFile:\t   90000 kB
RssShmem:\t     24 kB
Threads:\t11
`;
const FIELDS = '7 20 30 34816 20 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3';
const stat = (name: string, state = 'S') => `42 (${name}) ${state} ${FIELDS}`;

describe('a process is read from /proc', () => {
  const expected = {
    pid: 42,
    parentPid: 7,
    groupId: 20,
    sessionId: 30,
    uid: 61_001,
    state: 'S',
    startTime: '98765',
    hasTerminal: true,
    threads: 11,
    memoryBytes: 1032 * 1024,
  };

  test.each(['node', 'a b', 'evil) R 1 1 1', '(((', 'a) R 1 (b)', 'a) S 1 (b c)'])(
    'whatever its name is: %s',
    (name) => expect(parseProc(42, stat(name), STATUS)).toEqual(expected),
  );

  test.each([
    ['', STATUS],
    [stat('node'), ''],
    [stat('node'), 'State:\tS\n'],
    ['42 (node) S 7 20 30', STATUS],
  ])('and is undefined when it is cut', (text, status) =>
    expect(parseProc(42, text, status)).toBeUndefined(),
  );

  test.each(['Z', 'X'])('and has ended in state %s', (state) => {
    const entry = parseProc(42, stat('node', state), STATUS);
    expect(entry).toEqual({ ...expected, state });
    expect(entry && isLiving(entry)).toBe(false);
  });

  test('this one is there, and an impossible one is not', async () => {
    expect(readProcess(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid });
    expect(readProcess(2 ** 30)).toBeUndefined();
    expect((await listProcesses()).map(({ pid }) => pid)).toContain(process.pid);
    expect(readProcesses().map(({ pid }) => pid)).toContain(process.pid);
  });
});

describe('where there is no /proc', () => {
  test('ps tells', () => {
    const line = '  7     1     6   501 ??       Ss   Sun Nov 22 03:00:00 2026    \n';
    expect(parsePs(line)).toEqual([
      {
        pid: 7,
        parentPid: 1,
        groupId: 6,
        sessionId: 0,
        uid: 501,
        state: 'S',
        startTime: 'Sun Nov 22 03:00:00 2026',
        hasTerminal: false,
        threads: 1,
        memoryBytes: 0,
      },
    ]);
  });

  test('a zombie is dead, too', () => {
    expect(parsePs('7 1 7 0 ?? Z Sun Nov 22 03:00:00 2026').filter(isLiving)).toEqual([]);
  });

  test('what this ps prints is understood', () => {
    const columns = ['pid=', 'ppid=', 'pgid=', 'uid=', 'tty=', 'stat=', 'lstart='].flatMap((name) => [
      '-o',
      name,
    ]);
    const [entry] = parsePs(
      execFileSync('ps', ['-p', String(process.pid), ...columns], { encoding: 'utf8' }),
    );
    const uid = process.getuid?.();
    expect(entry).toMatchObject({ pid: process.pid, parentPid: process.ppid, uid });
    expect(Date.parse(entry?.startTime ?? '')).toBeLessThanOrEqual(Date.now());
  });
});

describe('of a child', () => {
  test('program, folder and environment are read, and a signal says whether it arrived', async () => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore', cwd: '/usr', env: { MARK: 'höhe' } });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    expect(readCommand(pid)).toEqual(['sleep', '1000', '']);
    expect(readWorkingDirectory(pid)).toBe('/usr');
    expect(readEnvironment(pid)).toContain('MARK=höhe');
    expect(sendSignal(pid, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(sendSignal(pid, 'SIGKILL')).toBe(false);
    expect([readCommand(pid), readWorkingDirectory(pid), readEnvironment(pid)]).toEqual([[], '', []]);
  });
});
