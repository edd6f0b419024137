import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { StartError } from './start-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

// That the lock is no other process's either, and dies with its holder: machine/lock.test.ts.
test('who else works on the folder is told, until it gives the lock back', async () => {
  const release = await lockFolder(folder);
  const refused = await lockFolder(folder).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartError);
  expect((refused as StartError).message).toBe(
    `Another Offshoot (process ${process.pid}) works on ${folder}: stop it, or give this one a folder of its own ` +
      `with OFFSHOOT_DATA.`,
  );
  await release();
  expect(await readdir(folder)).toEqual([]);
  await (
    await lockFolder(folder)
  )();
});
