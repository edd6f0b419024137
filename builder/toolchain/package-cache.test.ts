import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile, chmod, chown, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { probeSandbox } from '../sandbox/probe-sandbox.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { makeWorkFolder, type Sandbox } from '../sandbox/sandbox.ts';
import { openPackageCache, trimPackageCache } from './package-cache.ts';

const isRoot = process.getuid?.() === 0;
const uid = 65_100 + (process.pid % 400);
const user = (number: number) => (isRoot ? { uid: number, gid: number } : null);
const manager = { name: 'npm', version: '11.0.0', hash: null } as const;

let base: string;
let projectFolder: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-cache-'));
  await chmod(base, 0o755);
  projectFolder = join(base, 'project');
});
afterEach(() => removeTree(base));

async function open(sandbox: Sandbox, writable: boolean, name = 'work') {
  const work = await makeWorkFolder(join(base, name), sandbox.user);
  const signal = new AbortController().signal;
  return openPackageCache({ projectFolder, work, sandbox, manager, writable, signal });
}

const first = await probeSandbox({ user: user(uid), useBubblewrap: true });
const second: Sandbox = { ...first, user: user(uid + 1) };
const plain: Sandbox = { ...first, kind: 'plain' };

test('a trusted build writes the cache of its user, and finds it again', async () => {
  const cache = await open(first, true);
  await writeFile(join(cache.folder, 'package.tgz'), 'x');
  const again = await open(first, true, 'work-2');
  expect(again).toEqual({
    folder: join(projectFolder, isRoot ? String(uid) : 'shared', 'packages'),
    variables: { npm_config_cache: 'npm' },
    copyFrom: null,
  });
  expect(await readdir(again.folder)).toEqual(['package.tgz']);
  expect((await stat(dirname(again.folder))).mode & 0o007).toBe(0);
});

test.runIf(isRoot)(
  'its user can put nothing in its place, which root would then give to that user',
  async () => {
    const { folder } = await open(plain, true);
    const asUser = (file: string, ...args: string[]) =>
      execFileSync(file, args, { uid, gid: uid, stdio: ['ignore', 'pipe', 'ignore'] });
    asUser('touch', join(folder, 'package.tgz'));
    expect(() => asUser('mv', folder, `${folder}-moved`)).toThrow('Command failed');
    expect(() => asUser('ln', '-s', '/etc', join(dirname(folder), 'link'))).toThrow('Command failed');
  },
);

test.runIf(isRoot)('two users never share a folder', async () => {
  const [a, b] = [await open(first, true), await open(second, true, 'work-2')];
  expect([(await stat(a.folder)).uid, (await stat(b.folder)).uid]).toEqual([uid, uid + 1]);
});

describe.runIf(first.kind === 'bubblewrap')('an untrusted build in bubblewrap', () => {
  test('gets a copy of the newest cache, of its own, without what is not its to read', async () => {
    const cache = await open(first, true);
    await mkdir(join(cache.folder, 'npm'));
    await writeFile(join(cache.folder, 'npm/package.tgz'), 'package');
    await symlink('/etc/shadow', join(cache.folder, 'npm/link'));
    if (isRoot) await chown(join(cache.folder, 'npm'), uid, uid);

    const copy = await open(second, false, 'fork');
    expect(copy.folder).toBe(join(base, 'fork/cache'));
    expect(await readFile(join(copy.folder, 'npm/package.tgz'), 'utf8')).toBe('package');
    expect((await stat(join(copy.folder, 'npm/package.tgz'))).uid).toBe(
      second.user?.uid ?? process.getuid?.(),
    );
    await writeFile(join(copy.folder, 'npm/package.tgz'), 'evil');
    expect(await readFile(join(cache.folder, 'npm/package.tgz'), 'utf8')).toBe('package');
  });
});

describe.runIf(isRoot && first.kind === 'bubblewrap')('the first build of a user in bubblewrap', () => {
  test('begins with a copy of what another user has downloaded, and later ones keep their own', async () => {
    const cache = await open(first, true);
    await writeFile(join(cache.folder, 'package.tgz'), 'package');
    const other = await open(second, true, 'work-2');
    expect(await readFile(join(other.folder, 'package.tgz'), 'utf8')).toBe('package');
    expect((await stat(join(other.folder, 'package.tgz'))).uid).toBe(uid + 1);
    await writeFile(join(other.folder, 'package.tgz'), 'newer');
    const again = await open(second, true, 'work-3');
    expect(await readFile(join(again.folder, 'package.tgz'), 'utf8')).toBe('newer');
  });
});

test('an untrusted build without a sandbox begins with an empty one', async () => {
  const cache = await open(plain, true);
  await writeFile(join(cache.folder, 'package.tgz'), 'x');
  expect(await readdir((await open(plain, false, 'fork')).folder)).toEqual([]);
});

test('a cache beyond its bound is deleted, but never one that another build may be using', async () => {
  for (const sandbox of [first, second]) {
    const { folder } = await open(sandbox, true, sandbox === first ? 'work' : 'work-2');
    await writeFile(join(folder, 'large'), Buffer.alloc(100_000, 1));
  }
  await trimPackageCache(projectFolder, first.user, 200_000);
  expect(await readdir(projectFolder)).toHaveLength(isRoot ? 2 : 1);
  await trimPackageCache(projectFolder, first.user, 50_000);
  expect(await readdir(projectFolder)).toEqual(isRoot ? [String(uid + 1)] : []);
  await trimPackageCache(join(base, 'none'), first.user, 50_000);
});
