import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandOrder, CommandResult } from '../command.ts';
import { Family } from '../family.ts';
import { listProcesses } from '../../../machine/processes.ts';
import { probeSandbox } from '../probe-sandbox.ts';
import { removeTree } from '../../../machine/remove-tree.ts';
import { runCommand } from '../run-command.ts';
import { type BuildUser, makeWorkFolder, type Sandbox } from '../sandbox.ts';
import { BREACH, HOSTILE_COMMANDS, type HostileCommand, type Isolation } from './hostile-commands.ts';

const SECRET = 'the-secret-of-somebody-else';
const isRoot = process.getuid?.() === 0;
/** Other test runs on this machine must not share our users: ending a command ends all processes of its user. */
const firstUid = 62_000 + (process.pid % 1000) * 2;
const user: BuildUser | null = isRoot ? { uid: firstUid, gid: firstUid } : null;

let base: string;
let app: ChildProcess;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-hostile-'));
  await chmod(base, 0o755);
  await mkdir(join(base, 'toolchain/bin'), { recursive: true });
  await writeFile(join(base, 'toolchain/bin/tool'), '#!/bin/sh\necho tool\n', { mode: 0o755 });
  await makeSecretFolder(join(base, 'data'), null);
  await makeSecretFolder(join(base, 'shared-cache'), null);
  const other = user === null ? null : { uid: user.uid + 1, gid: user.gid + 1 };
  const slot = await makeWorkFolder(join(base, 'other-slot'), other);
  await makeSecretFolder(join(slot.source, 'inner'), other);
  await writeFile(join(slot.source, 'secret'), SECRET);
  app = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env: { SECRET } });
});

afterAll(async () => {
  app.kill('SIGKILL');
  await removeTree(base);
});

async function makeSecretFolder(path: string, owner: BuildUser | null): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await writeFile(join(path, 'secret'), SECRET, { mode: 0o600 });
  if (owner !== null) await chown(path, owner.uid, owner.gid);
}

const bubblewrap = await probeSandbox({ user, useBubblewrap: true });
const plain = await probeSandbox({ user, useBubblewrap: false });
const setups: readonly (readonly [Isolation, Sandbox])[] = [
  ...(bubblewrap.kind === 'bubblewrap' ? ([['bubblewrap', bubblewrap]] as const) : []),
  [isRoot ? 'other-user' : 'same-user', plain],
];

describe.each(setups)('isolated by %s, a command that', (isolation, sandbox) => {
  const cases = HOSTILE_COMMANDS.filter(({ unless }) => unless?.[isolation] === undefined);

  test.each(cases)('$name gets nowhere, and nothing of it is left', async (hostile) => {
    const { result, output, seconds } = await attack(sandbox, hostile);

    const lines = output.split('\n');
    expect(output).not.toContain(SECRET);
    expect(lines).not.toContain(BREACH);
    expect(lines).toEqual(expect.arrayContaining(hostile.says === undefined ? [] : [hostile.says]));
    expect({ ...result, output: output.slice(-300) }).toMatchObject(
      hostile.ends === undefined ? {} : { ended: hostile.ends },
    );
    expect(result.survivors).toBe(0);
    expect(await leftOvers()).toEqual([]);
    expect(app.exitCode ?? app.signalCode).toBeNull();
    expect(seconds).toBeLessThan(25);
  });
});

let runs = 0;

async function attack(sandbox: Sandbox, hostile: HostileCommand) {
  runs += 1;
  const folder = await makeWorkFolder(join(base, `work-${runs}`), sandbox.user);
  const chunks: Buffer[] = [];
  const startedAt = performance.now();
  const order: CommandOrder = {
    command: hostile.command,
    folder,
    workingDirectory: '',
    variables: {
      APP_PID: String(app.pid),
      OTHER_SLOT: join(base, 'other-slot'),
      DATA: join(base, 'data'),
      SHARED_CACHE: join(base, 'shared-cache'),
      TOOLCHAIN: sandbox.kind === 'bubblewrap' ? '/opt/offshoot' : join(base, 'toolchain'),
    },
    builderEnvironment: { ...process.env, OFFSHOOT_BUILD_TOKEN: SECRET },
    toolchain: { folder: join(base, 'toolchain'), binFolders: ['bin'] },
    cache: null,
    limits: {
      timeoutMs: 1_200,
      memoryBytes: 150_000_000,
      processes: 40,
      diskBytes: 40_000_000,
      ...hostile.limits,
    },
    onOutput: (_stream, chunk) => void chunks.push(chunk),
    signal: new AbortController().signal,
  };
  const result: CommandResult = await runCommand(sandbox, order);
  const seconds = (performance.now() - startedAt) / 1000;
  await removeTree(folder.root);
  await expect(stat(folder.root)).rejects.toThrow('ENOENT');
  return { result, output: Buffer.concat(chunks).toString(), seconds };
}

/** Processes of the build's user, or, where it is ours, the sleeping ones that only these commands start. */
async function leftOvers(): Promise<unknown[]> {
  if (user === null) return new Family({ user, marker: 'none' }).members();
  return (await listProcesses()).filter(({ uid, state }) => uid === user.uid && state !== 'Z');
}

test('the folders of others are as they were', async () => {
  expect(await readdir(join(base, 'toolchain'))).toEqual(['bin']);
  expect(await readdir(join(base, 'data'))).toEqual(['secret']);
  expect(await readdir(join(base, 'shared-cache'))).toEqual(['secret']);
});
