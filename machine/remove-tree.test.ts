import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-tree-'));
});
afterEach(() => removeTree(folder));

test('folders beyond any path can be removed', async () => {
  execFileSync('perl', ['-e', 'for (1 .. 600) { mkdir "dddddddddd"; chdir "dddddddddd" }'], { cwd: folder });
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

test('what can not be removed is said', async () => {
  await expect(removeTree('/proc/self')).rejects.toThrow('/proc/self can not be removed');
});
