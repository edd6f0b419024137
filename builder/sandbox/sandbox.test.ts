import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from '../../machine/remove-tree.ts';
import { makeWorkFolder } from './sandbox.ts';

const isRoot = process.getuid?.() === 0;
const uid = 65_600 + (process.pid % 400);

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-work-'));
  await chmod(base, 0o711);
});
afterEach(() => removeTree(base));

test.runIf(isRoot)(
  'a build without bubblewrap writes in its folders, but can’t put others in their place',
  async () => {
    const folder = await makeWorkFolder(join(base, 'build'), { uid, gid: uid });
    const asUser = (file: string, ...args: string[]) =>
      execFileSync(file, args, { uid, gid: uid, cwd: folder.source, stdio: ['ignore', 'pipe', 'ignore'] });
    for (const path of [folder.source, folder.home, folder.tmp]) asUser('touch', join(path, 'file'));
    // Root reads the output from there after the build: a link to /etc would be published.
    expect(() => asUser('mv', folder.source, join(folder.root, 'moved'))).toThrow('Command failed');
    expect(() => asUser('ln', '-s', '/etc', join(folder.root, 'link'))).toThrow('Command failed');
  },
);
