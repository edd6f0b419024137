import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  describeLauncher,
  eventually,
  startTestApp,
  type TestApp,
} from '../../../test/support/launcher-contract.ts';
import { isAlive, nameProcess } from '../../../machine/process-name.ts';
import { readProcess, readProcesses } from '../../../machine/processes.ts';
import { createProcessLauncher, type ProcessLauncher, type ProcessLauncherOptions } from './process.ts';
import { FIRST_BUILD_UID } from './slots.ts';

const TEST_BUILDER = fileURLToPath(new URL('../../../test/support/test-builder.mjs', import.meta.url));
const LAUNCHER_HOST = fileURLToPath(new URL('../../../test/support/launcher-host.ts', import.meta.url));
const FORK_BOMB = fileURLToPath(new URL('../../../test/support/fork-bomb.sh', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
/** Not where a real Offshoot on this machine begins. */
const TEST_UID = FIRST_BUILD_UID + 300_000;
let ids = 0;

interface World {
  readonly folder: string;
  readonly warnings: Record<string, unknown>[];
  options(appUrl: string): ProcessLauncherOptions;
  readonly dispose: () => Promise<void>;
}

async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'offshoot-launcher-'));
  const warnings: Record<string, unknown>[] = [];
  return {
    folder,
    warnings,
    options: (appUrl) => ({
      appUrl,
      command: [process.execPath, TEST_BUILDER],
      workFolder: join(folder, 'work'),
      toolchainFolder: join(folder, 'toolchains'),
      cacheFolder: join(folder, 'cache'),
      slotFolder: join(folder, 'slots'),
      firstUid: IS_ROOT ? TEST_UID : undefined,
      environment: {
        PATH: process.env['PATH'],
        DATABASE_URL: 'postgres://secret',
        HTTPS_PROXY: 'http://proxy',
      },
      releaseTimeoutMs: 2_000,
      randomId: () => `id${process.pid}x${(ids += 1)}`,
      log: { warn: (fields) => warnings.push(fields) },
    }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

describeLauncher('process', async () => {
  const world = await createWorld();
  return {
    async open(appUrl) {
      const launcher = await createProcessLauncher(world.options(appUrl));
      return { launcher, close: launcher.close };
    },
    dispose: world.dispose,
  };
});

describe('builders as processes', () => {
  let app: TestApp;
  let world: World;
  let launcher: ProcessLauncher;
  let launched: Record<string, unknown>[];

  beforeEach(async () => {
    app = await startTestApp();
    world = await createWorld();
    launcher = await createProcessLauncher(world.options(app.url));
    launched = [];
  });
  afterEach(async () => {
    for (const handle of launched) await launcher.stop(handle, 'kill');
    await launcher.close();
    await world.dispose();
    await app.close();
  });

  async function launch(attemptId: string, on = launcher): Promise<Record<string, unknown>> {
    const result = await on.launch({ attemptId, token: `token-of-${attemptId}` });
    if (!result.launched) throw new Error(result.message);
    launched.push(result.handle);
    return result.handle;
  }

  async function environmentOf(attemptId: string): Promise<Record<string, string>> {
    return (await app.waitFor(`token-of-${attemptId}`, 'claim')).body.environment ?? {};
  }

  test('a builder gets its place and the variables on the list, and nothing else of the app', async () => {
    await launch('b1');
    const { folder } = world;
    expect(await environmentOf('b1')).toEqual({
      NODE_COMPILE_CACHE: join(folder, 'toolchains/compile-cache'),
      PATH: process.env['PATH'],
      HTTPS_PROXY: 'http://proxy',
      OFFSHOOT_APP_URL: app.url,
      OFFSHOOT_BUILD_TOKEN: 'token-of-b1',
      OFFSHOOT_WORK_FOLDER: join(folder, 'work/b1'),
      OFFSHOOT_TOOLCHAIN_FOLDER: join(folder, 'toolchains'),
      OFFSHOOT_CACHE_FOLDER: join(folder, 'cache'),
      OFFSHOOT_BUILD_SLOT: '0',
      ...(IS_ROOT ? { OFFSHOOT_BUILD_UID: String(TEST_UID) } : {}),
    });
  });

  test('builds at once have different slots, and a freed one is used again', async () => {
    const [first] = [await launch('b2'), await launch('b3')];
    expect((await environmentOf('b2'))['OFFSHOOT_BUILD_SLOT']).toBe('0');
    expect((await environmentOf('b3'))['OFFSHOOT_BUILD_SLOT']).toBe('1');
    await launcher.stop(first, 'kill');
    await launch('b4');
    expect((await environmentOf('b4'))['OFFSHOOT_BUILD_SLOT']).toBe('0');
  });

  test('launchers of two app processes never share a slot', async () => {
    const other = await createProcessLauncher(world.options(app.url));
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
    await Promise.all(names.map((name, index) => launch(name, index % 2 === 0 ? launcher : other)));
    const slots = await Promise.all(
      names.map(async (name) => (await environmentOf(name))['OFFSHOOT_BUILD_SLOT']),
    );
    expect(new Set(slots).size).toBe(names.length);
    await other.close();
  });

  test('a program that can not be executed is told, and keeps no slot', async () => {
    const broken = await createProcessLauncher({ ...world.options(app.url), command: ['/nowhere/node'] });
    const result = await broken.launch({ attemptId: 'b5', token: 't' });
    expect(result).toMatchObject({ launched: false, message: expect.stringContaining('/nowhere/node') });
    await broken.close();
    await launch('b6');
    expect((await environmentOf('b6'))['OFFSHOOT_BUILD_SLOT']).toBe('0');
    expect(await readdir(join(world.folder, 'work'))).not.toContain('b5');
  });

  test('daemons and files of a build that ended by itself go away without being asked', async () => {
    app.instruct('token-of-b7', 'daemons');
    await launch('b7');
    const { body } = await app.waitFor('token-of-b7', 'daemons');
    const pids = body.pids ?? [];
    expect(pids).toHaveLength(3);
    await eventually(
      'the end of all daemons',
      () => pids.every((pid) => readProcess(pid) === undefined) || undefined,
    );
    await eventually(
      'an empty work folder',
      async () => (await readdir(join(world.folder, 'work'))).length === 0 || undefined,
    );
  });

  test('a folder that a build made unreadable is removed too', async () => {
    const handle = await launch('b8');
    await app.waitFor('token-of-b8', 'alive');
    const inner = join(world.folder, 'work/b8/locked');
    await mkdir(inner);
    await writeFile(join(inner, 'file'), 'x');
    await chmod(inner, 0o000);
    await launcher.stop(handle, 'kill');
    await expect(access(join(world.folder, 'work/b8'))).rejects.toThrow('ENOENT');
  });

  test("a crashed builder's last words reach the app's log", async () => {
    app.instruct('token-of-b9', 'crash');
    await launch('b9');
    const warning = await eventually('the warning', () => world.warnings[0]);
    expect(warning).toMatchObject({
      attemptId: 'b9',
      output: expect.stringContaining('crashed as it was told to'),
    });
  });

  test('another process that has got the pid of a builder is neither taken for it nor stopped', async () => {
    const handle = await launch('b10');
    await sleep(50); // Start times count in hundredths of a second.
    const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
    await once(stranger, 'spawn');
    const forged = { ...handle, attemptId: 'b11', pid: stranger.pid };
    expect(await launcher.inspect(forged)).toBe('gone');
    await launcher.stop(forged, 'release');
    expect(readProcess(stranger.pid ?? 0)).toBeDefined();
    stranger.kill('SIGKILL');
  });

  test('a builder is of the app that it reports to, not of another one on this machine', async () => {
    const handle = await launch('b17');
    expect(launcher.isOurs(handle)).toBe(true);
    expect(launcher.isOurs({ ...handle, space: 'another boot/1', host: 'another machine' })).toBe(false);
    const other = await createProcessLauncher(world.options('http://127.0.0.1:1'));
    expect(other.isOurs(handle)).toBe(false);
    await other.close();
  });

  test("another machine's builder is unknown, and stopping it touches nothing here", async () => {
    const handle = await launch('b12');
    const foreign = { ...handle, space: 'another boot/1', host: 'another machine' };
    expect(await launcher.inspect(foreign)).toBe('unknown');
    expect(await launcher.inspect({ ...handle, space: 'an earlier boot/1' })).toBe('gone');
    await launcher.stop(foreign, 'kill');
    expect(await launcher.inspect(handle)).toBe('running');
  });

  test('work folders that nobody knows are removed at the start, those of running builds are kept', async () => {
    await launch('b13');
    await app.waitFor('token-of-b13', 'alive');
    await mkdir(join(world.folder, 'work/forgotten/deep'), { recursive: true });
    const next = await createProcessLauncher(world.options(app.url));
    expect((await readdir(join(world.folder, 'work'))).toSorted()).toEqual(['b13', 'b13.out']);
    await next.close();
  });

  test('a builder whose app died before it wrote the start down is found by the next one', async () => {
    const handle = await launch('b14');
    await app.waitFor('token-of-b14', 'alive');
    await launcher.close();
    const dead = spawn('sleep', ['1000'], { stdio: 'ignore' });
    await once(dead, 'spawn');
    const entry = readProcess(dead.pid ?? 0);
    if (entry === undefined) throw new Error('no process');
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    const slot = IS_ROOT ? TEST_UID : 0;
    const record = {
      attemptId: 'b14',
      folder: join(world.folder, 'work/b14'),
      state: 'starting',
      keeper: nameProcess(entry),
      builder: null,
    };
    await writeFile(join(world.folder, `slots/slot-${slot}.json`), JSON.stringify(record));
    launcher = await createProcessLauncher(world.options(app.url));
    expect(await launch('b14')).toEqual(handle);
    expect(app.of('token-of-b14', 'claim')).toHaveLength(1);
  });

  test('an app killed with SIGKILL leaves its builder running, and the next app takes it over', async () => {
    const options = world.options(app.url);
    const child = spawn(process.execPath, [LAUNCHER_HOST, JSON.stringify({ ...options, attemptId: 'b15' })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const handle = JSON.parse(printed) as Record<string, unknown>;
    launched.push(handle);
    await app.waitFor('token-of-b15', 'alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await launch('b15')).toEqual(handle);
    await app.waitFor('token-of-b15', 'alive', app.of('token-of-b15', 'alive').length + 3);
    expect(app.of('token-of-b15', 'claim')).toHaveLength(1);
    await launcher.stop(handle, 'release');
    expect(isAlive(handle as never)).toBe(false);
  });

  test.runIf(IS_ROOT)(
    'a fork bomb under the uid of a slot ends with its build',
    async () => {
      const handle = await launch('b16');
      await app.waitFor('token-of-b16', 'alive');
      const child = spawn('/bin/sh', [FORK_BOMB], {
        uid: TEST_UID,
        gid: TEST_UID,
        detached: true,
        stdio: 'ignore',
        cwd: '/',
      });
      await once(child, 'spawn');
      await eventually('many processes', () => countOf(TEST_UID) > 40 || undefined);
      await launcher.stop(handle, 'kill');
      expect(countOf(TEST_UID)).toBe(0);
      // The bomb takes every core from us, too: on a busy machine ending it was seen to take a minute.
    },
    180_000,
  );
});

function countOf(uid: number): number {
  return readProcesses().filter((entry) => entry.uid === uid).length;
}
