import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { formatName, isAlive, lifeOf, nameProcess, ownName, parseName } from './process-name.ts';
import { readProcess } from './processes.ts';

test('a name stays true for one process only', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const entry = readProcess(child.pid ?? 0);
  if (entry === undefined) throw new Error('the child is not in the table');
  const name = nameProcess(entry);
  expect(isAlive(name)).toBe(true);
  expect(isAlive({ ...name, startTime: ownName().startTime })).toBe(false);
  expect(isAlive({ ...name, startTime: 'another time' })).toBe(false);
  expect(isAlive({ ...name, space: 'elsewhere' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(name)).toBe(false);
});

describe('who is named lives, is dead, or nobody can tell', () => {
  const own = ownName();
  const [boot = ''] = own.space.split('/');
  test.each([
    ['this process', own, 'alive'],
    ['this process, after its machine was renamed', { ...own, host: 'former-name' }, 'alive'],
    ['who had this pid before', { ...own, startTime: '1' }, 'dead'],
    ['a process before the restart of this machine', { ...own, space: 'earlier/1' }, 'dead'],
    ['one of another machine', { ...own, space: 'its boot/1', host: 'another-machine' }, 'unknown'],
    ['one in another container', { ...own, space: `${boot}/1` }, 'unknown'],
    ['one in another container of another name', { ...own, space: `${boot}/1`, host: 'b' }, 'unknown'],
  ])('%s', (_, name, life) => expect(lifeOf(name)).toBe(life));
});

describe('as a part of a file name', () => {
  const name = { pid: 7, startTime: 'Sun Nov 22 03:00:00 2026', space: 'boot/12', host: 'a~b%/ü' };

  test('a name is read again, whatever follows', () => {
    expect(formatName(name)).toMatch(/^[A-Za-z0-9%.~_-]+$/);
    expect(parseName(formatName(name))).toEqual(name);
    expect(parseName(`${formatName(ownName())}~something`)).toEqual(ownName());
  });

  test.each(['', 'host~boot', 'host~boot~0~1', 'host~boot~x~1', '%~boot~7~1', 'README.md'])(
    '%j is no name',
    (text) => expect(parseName(text)).toBeUndefined(),
  );
});
