import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskMeter, measureFolder } from './disk-usage.ts';
import { removeTree } from '../../machine/remove-tree.ts';

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

test('folders beyond any path are noticed', async () => {
  execFileSync('perl', ['-e', 'for (1 .. 600) { mkdir "dddddddddd"; chdir "dddddddddd" }'], { cwd: folder });
  expect(await measureFolder(folder, NO_LIMIT)).toMatchObject({ tooDeep: true });
});

test('the meter looks at once, then not again before it is time', async () => {
  const meter = new DiskMeter(folder, 4096);
  expect(await meter.check()).toBeUndefined();
  await writeFile(join(folder, 'a'), 'x');
  await writeFile(join(folder, 'b'), 'x');
  expect(await new DiskMeter(folder, 4096).check()).toEqual({ bytes: 8192, tooDeep: false });
});
