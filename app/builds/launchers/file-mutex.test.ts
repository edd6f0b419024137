import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MutexTimeoutError, withFileMutex } from './file-mutex.ts';
import { ownName } from './process-table.ts';

let folder: string;
let ids = 0;
const randomId = () => String((ids += 1));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-mutex-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('work of many at once runs one after another, and none is left out', async () => {
  const counter = join(folder, 'counter');
  await writeFile(counter, '0');
  const increment = async () => {
    const count = Number(await readFile(counter, 'utf8'));
    await sleep(1);
    await writeFile(counter, String(count + 1));
  };
  const all = Array.from({ length: 25 }, () =>
    withFileMutex(folder, { timeoutMs: 20_000, randomId }, increment),
  );
  await Promise.all(all);
  expect(await readFile(counter, 'utf8')).toBe('25');
  expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toHaveLength(1);
});

test.each([
  ['died', JSON.stringify({ ...ownName(), startTime: 'long ago' })],
  ['was written by a boot before this one', JSON.stringify({ ...ownName(), space: 'another boot' })],
  ['can not be read', '{"pid":'],
])('a holder that %s holds nothing', async (_, text) => {
  await writeFile(join(folder, 'lock.7'), text);
  const result = await withFileMutex(folder, { timeoutMs: 1_000, randomId }, async () => readdir(folder));
  expect(result).toEqual(['lock.8']);
});

test('a living holder is waited for, within bounds', async () => {
  await writeFile(join(folder, 'lock.7'), JSON.stringify(ownName()));
  const waiting = withFileMutex(folder, { timeoutMs: 50, randomId }, async () => 'never');
  await expect(waiting).rejects.toThrow(MutexTimeoutError);
});

test('an error in the work frees the lock', async () => {
  const options = { timeoutMs: 1_000, randomId };
  await expect(withFileMutex(folder, options, () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  );
  expect(await withFileMutex(folder, options, async () => 'free')).toBe('free');
});
