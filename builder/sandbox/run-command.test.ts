import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cgroup } from './cgroup.ts';
import type { CommandOrder } from './command.ts';
import { Family } from './family.ts';
import { markerOf } from './plan-launch.ts';
import { probeSandbox } from './probe-sandbox.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { runCommand } from './run-command.ts';
import { type BuildUser, makeWorkFolder, type Sandbox, type WorkFolder } from './sandbox.ts';

const isRoot = process.getuid?.() === 0;
const uid = 64_000 + (process.pid % 1000);
const user: BuildUser | null = isRoot ? { uid, gid: uid } : null;

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-command-'));
  await chmod(base, 0o755);
  await mkdir(join(base, 'toolchain'));
});
afterAll(() => removeTree(base));

let works = 0;
async function makeWork(sandbox: Sandbox, parent = base): Promise<WorkFolder> {
  works += 1;
  return makeWorkFolder(join(parent, `work-${works}`), sandbox.user);
}

async function run(sandbox: Sandbox, command: CommandOrder['command'], changes: Partial<CommandOrder> = {}) {
  const output = { stdout: '', stderr: '' };
  const result = await runCommand(sandbox, {
    command,
    folder: changes.folder ?? (await makeWork(sandbox)),
    workingDirectory: '',
    variables: {},
    builderEnvironment: {},
    toolchain: { folder: join(base, 'toolchain'), binFolders: [] },
    cache: null,
    limits: { timeoutMs: 20_000, memoryBytes: 500e6, processes: 100, diskBytes: 100e6 },
    onOutput: (stream, chunk) => {
      output[stream] += chunk.toString();
    },
    signal: new AbortController().signal,
    ...changes,
  });
  return { result, ...output };
}

const bubblewrap = await probeSandbox({ user, useBubblewrap: true });
const plain = await probeSandbox({ user, useBubblewrap: false });
const sandboxes: readonly (readonly [string, Sandbox])[] = [
  ...(bubblewrap.kind === 'bubblewrap' ? ([['bubblewrap', bubblewrap]] as const) : []),
  ['plain', plain],
];

describe.each(sandboxes)('in the %s sandbox', (kind, sandbox) => {
  test('both streams are heard to their end, and the exit code is told', async () => {
    const { result, stdout, stderr } = await run(sandbox, 'echo out; echo err >&2; exit 3');
    expect({ result, stdout, stderr }).toEqual({
      result: { ended: 'exited', code: 3, signal: null, survivors: 0 },
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('arguments of ours are read by no shell', async () => {
    expect((await run(sandbox, ['echo', '$(id)', '; exit 1', '*'])).stdout).toBe('$(id) ; exit 1 *\n');
  });

  test('the command may write its sources, home and temporary folder, and starts where it is told', async () => {
    const folder = await makeWork(sandbox);
    await mkdir(join(folder.source, 'apps/web'), { recursive: true });
    const command = 'pwd > $HOME/where; id -u > $HOME/who; echo t > $TMPDIR/t; echo s > ../s 2>/dev/null; ls';
    await run(sandbox, command, { folder, workingDirectory: 'apps/web' });
    const read = (path: string) => readFile(join(folder.home, path), 'utf8');
    const source = kind === 'bubblewrap' ? '/build/source' : folder.source;
    expect(await read('where')).toBe(`${source}/apps/web\n`);
    expect(await read('who')).toBe(`${user?.uid ?? process.getuid?.()}\n`);
    expect(await readFile(join(folder.tmp, 't'), 'utf8')).toBe('t\n');
  });

  test('aborting ends it at once', async () => {
    const controller = new AbortController();
    const startedAt = performance.now();
    setTimeout(() => controller.abort(), 200);
    const { result } = await run(sandbox, 'sleep 60', { signal: controller.signal });
    expect(result).toEqual({ ended: 'stopped', survivors: 0 });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('an aborted signal starts nothing', async () => {
    const { result, stdout } = await run(sandbox, 'echo hi', { signal: AbortSignal.abort() });
    expect({ result, stdout }).toEqual({ result: { ended: 'stopped', survivors: 0 }, stdout: '' });
  });

  test('a slow reader slows the command down instead of filling the memory', async () => {
    let heardBytes = 0;
    const { result } = await run(sandbox, 'yes', {
      limits: { timeoutMs: 1_000, memoryBytes: 500e6, processes: 100, diskBytes: 100e6 },
      onOutput: async (_stream, chunk) => {
        heardBytes += chunk.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      },
    });
    expect(result.ended).toBe('timeout');
    expect(heardBytes).toBeLessThan(10_000_000);
  });

  test('a reader that fails is told of', async () => {
    const onOutput = () => Promise.reject(new Error('the log is gone'));
    await expect(run(sandbox, 'echo hi', { onOutput })).rejects.toThrow('the log is gone');
  });

  test.each([
    ['is not there', 'none', 'There is no folder none in the repository.'],
    ['is a file', 'file', 'There is no folder file in the repository.'],
    ['is a symlink to outside', 'out', 'The folder out leads out of the repository.'],
    ['climbs out', '..', 'The folder .. leads out of the repository.'],
  ])('it does not start in a folder that %s', async (_name, workingDirectory, message) => {
    const folder = await makeWork(sandbox);
    await writeFile(join(folder.source, 'file'), '');
    await symlink('/etc', join(folder.source, 'out'));
    const { result } = await run(sandbox, 'pwd', { folder, workingDirectory });
    expect(result).toEqual({ ended: 'not_started', message, survivors: 0 });
  });
});

describe.runIf(bubblewrap.kind === 'bubblewrap')('when the builder is killed', () => {
  test('what it ran in bubblewrap dies with it', async () => {
    const folder = await makeWork(bubblewrap);
    const script = join(import.meta.dirname, '../../test/fixtures/run-in-sandbox.ts');
    const order = JSON.stringify({
      user,
      folder,
      toolchain: base,
      command: 'setsid sleep 300 & touch started; sleep 300',
    });
    const builder = spawn(process.execPath, [script, order], { stdio: ['ignore', 'pipe', 'inherit'] });
    const marks = new Family({ user, marker: markerOf(folder) });
    // Until bubblewrap has tied itself to its parent's life it outlives it: then the launcher ends what is left in the
    // slot. That the command runs means that it has.
    await expect.poll(() => existsSync(join(folder.source, 'started')), { timeout: 10_000 }).toBe(true);
    expect(await marks.members()).not.toEqual([]);
    builder.kill('SIGKILL');
    await expect.poll(() => marks.members(), { timeout: 10_000 }).toEqual([]);
  });
});

describe.runIf(isRoot && bubblewrap.kind === 'bubblewrap')('in bubblewrap, started as root', () => {
  test("the data folder may lie where the build's user can't go", async () => {
    const closed = join(base, 'closed');
    await mkdir(join(closed, 'toolchain/bin'), { recursive: true });
    await writeFile(join(closed, 'toolchain/bin/greet'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    await writeFile(join(closed, 'ca.pem'), 'certificate');
    await chmod(closed, 0o700);
    const { stdout, result } = await run(bubblewrap, 'greet; cat $NODE_EXTRA_CA_CERTS', {
      folder: await makeWork(bubblewrap, closed),
      toolchain: { folder: join(closed, 'toolchain'), binFolders: ['bin'] },
      builderEnvironment: { NODE_EXTRA_CA_CERTS: join(closed, 'ca.pem') },
    });
    expect({ stdout, result }).toMatchObject({ stdout: 'hello\ncertificate', result: { code: 0 } });
  });

  test('the name and home of the user that it runs as can be looked up', async () => {
    const { stdout } = await run(bubblewrap, `perl -e 'my @u = getpwuid($<); print $u[0], " ", $u[7]'`);
    expect(stdout).toBe('build /build/home');
  });

  test('a sandbox that can not be set up is no fault of the command', async () => {
    const toolchain = { folder: join(base, 'none'), binFolders: [] };
    const { result, stderr } = await run(bubblewrap, 'true', { toolchain });
    expect(result).toMatchObject({ ended: 'not_started' });
    expect(stderr).toContain('bwrap: ');
  });
});

const unified = '/sys/fs/cgroup/unified';
const hasUnified = isRoot && existsSync(join(unified, 'cgroup.procs'));

describe.runIf(hasUnified && bubblewrap.kind === 'bubblewrap')('in a control group of its own', () => {
  test('a command is in it from its first process on, and it is gone at the end', async () => {
    const folder = join(unified, `offshoot-test-${process.pid}`);
    await mkdir(folder);
    const sandbox: Sandbox = { ...bubblewrap, cgroups: { folder, controllers: [] } };
    const work = await makeWork(sandbox);
    const running = run(sandbox, 'setsid sleep 300 & sleep 1', { folder: work });
    const members = () => readFile(join(folder, markerOf(work), 'cgroup.procs'), 'utf8').catch(() => '');
    await expect.poll(async () => (await members()).trim().split('\n').length).toBeGreaterThanOrEqual(3);
    expect((await running).result).toMatchObject({ ended: 'exited', code: 0 });
    await rmdir(folder);
  });

  test('closing it ends what is in it', async () => {
    const folder = join(unified, `offshoot-close-${process.pid}`);
    await mkdir(folder);
    const cgroup = await Cgroup.open({ folder, controllers: [] }, 'one', { memoryBytes: 1, processes: 1 });
    const child = spawn('sleep', ['300']);
    cgroup.add(child.pid ?? 0);
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await cgroup.close();
    expect(await ended).toBe('SIGKILL');
    await rmdir(folder);
  });
});

describe.runIf(bubblewrap.cgroups !== null)('where the kernel bounds memory and processes', () => {
  test('it says which bound a command met', async () => {
    const limits = { timeoutMs: 20_000, memoryBytes: 100e6, processes: 20, diskBytes: 100e6 };
    const hog = await run(bubblewrap, `perl -e 'my $a = "x" x 500_000_000'`, { limits });
    expect(hog.result.ended).toBe('out_of_memory');
    const many = await run(bubblewrap, 'for i in $(seq 40); do sleep 5 & done; wait', { limits });
    expect(many.result).toMatchObject({ ended: 'limit_exceeded', which: 'processes' });
  });
});

describe('the sandbox is probed', () => {
  test.runIf(isRoot)('user commands never run as root', async () => {
    const message = 'User commands must not run as root';
    await expect(probeSandbox({ user: null, useBubblewrap: true })).rejects.toThrow(message);
    await expect(probeSandbox({ user: { uid: 0, gid: 5 }, useBubblewrap: true })).rejects.toThrow(message);
  });

  test.runIf(!isRoot)('an ordinary user can not name another', async () => {
    const probing = probeSandbox({ user: { uid: 12_345, gid: 12_345 }, useBubblewrap: true });
    await expect(probing).rejects.toThrow('Only root can run commands as uid 12345');
  });

  test('what is missing is told in one sentence', () => {
    expect(plain.whyPlain).toBe('Builds run without bubblewrap: it is switched off.');
  });
});
