import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskMeter, measureFolder } from './disk-usage.ts';
import { removeTree } from './remove-tree.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-disk-'));
});
afterEach(() => removeTree(folder));

test('counts what lies on disk, and an empty file as one block', async () => {
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a/large'), Buffer.alloc(1_000_000, 1));
  await writeFile(join(folder, 'a/empty'), '');
  const { bytes } = await measureFolder(folder, NO_LIMIT);
  expect(bytes).toBeGreaterThanOrEqual(1_000_000 + 2 * 4096);
  expect(bytes).toBeLessThan(1_100_000);
});

test('symlinks are not followed', async () => {
  await symlink('/usr', join(folder, 'usr'));
  expect(await measureFolder(folder, NO_LIMIT)).toEqual({ bytes: 4096, tooDeep: false });
});

test('stops at the limit', async () => {
  for (let i = 0; i < 100; i += 1) await writeFile(join(folder, String(i)), 'x');
  expect((await measureFolder(folder, 10 * 4096)).bytes).toBe(11 * 4096);
});

test('a folder that vanishes or never was counts nothing', async () =>
  expect(await measureFolder(join(folder, 'none'), NO_LIMIT)).toEqual({ bytes: 0, tooDeep: false }));

test('folders beyond any path are noticed, and can be removed', async () => {
  execFileSync('perl', ['-e', 'for (1 .. 600) { mkdir "dddddddddd"; chdir "dddddddddd" }'], { cwd: folder });
  expect(await measureFolder(folder, NO_LIMIT)).toMatchObject({ tooDeep: true });
  await removeTree(folder);
  await expect(stat(folder)).rejects.toThrow('ENOENT');
});

test('removing a tree leaves what its symlinks lead to, and bears closed folders and absent ones', async () => {
  await mkdir(join(folder, 'kept'));
  await mkdir(join(folder, 'tree/closed/inner'), { recursive: true });
  await symlink(join(folder, 'kept'), join(folder, 'tree/link'));
  execFileSync('chmod', ['000', join(folder, 'tree/closed')]);
  await removeTree(join(folder, 'tree'));
  await removeTree(join(folder, 'tree'));
  expect((await stat(join(folder, 'kept'))).isDirectory()).toBe(true);
  await expect(stat(join(folder, 'tree'))).rejects.toThrow('ENOENT');
});

test('the meter looks at once, then not again before it is time', async () => {
  const meter = new DiskMeter(folder, 4096);
  expect(await meter.check()).toBeUndefined();
  await writeFile(join(folder, 'a'), 'x');
  await writeFile(join(folder, 'b'), 'x');
  expect(await new DiskMeter(folder, 4096).check()).toEqual({ bytes: 8192, tooDeep: false });
});
