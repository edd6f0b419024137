import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { identifyProcess, isRunning, parseProcStat } from './process-identity.ts';

const REST = '1 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 11 0 98765 1000 200';

describe('/proc/<pid>/stat is read', () => {
  test.each([
    { text: `42 (node) S 7 42 ${REST}`, stat: { parent: 7, startTicks: '98765' } },
    { text: `42 (a) R 1 (b)) S 7 42 ${REST}`, stat: { parent: 7, startTicks: '98765' } },
    { text: `42 (node) Z 7 42 ${REST}`, stat: undefined },
    { text: `42 (node) X 7 42 ${REST}`, stat: undefined },
    { text: '', stat: undefined },
  ])('$text', ({ text, stat }) => {
    expect(parseProcStat(text)).toEqual(stat);
  });
});

test('a process is known again while it runs, and not after its end', async () => {
  const child = spawn('sleep', ['100']);
  const identity = await identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error('the child was not identified');
  expect(await isRunning(identity)).toBe(true);
  expect(await isRunning({ ...identity, startedAt: 'another time' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isRunning(identity)).toBe(false);
});
