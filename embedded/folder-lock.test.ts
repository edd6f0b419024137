import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

const SCRIPT = `import { lockFolder } from ${JSON.stringify(path.join(import.meta.dirname, 'folder-lock.ts'))};
  await lockFolder(process.argv[1]).then(() => console.log('locked'), (error) => console.log(error.message));
  setInterval(() => {}, 1000);`;

let folder: string;
let others: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-lock-'));
});
afterEach(async () => {
  await Promise.all(others.map(end));
  others = [];
  await rm(folder, { recursive: true, force: true });
});

/** Another process that tries to lock the folder, and what it says of that. */
async function lockElsewhere(): Promise<{ process: ChildProcess; said: string }> {
  const other = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(other);
  const [said] = (await once(other.stdout, 'data')) as [Buffer];
  return { process: other, said: said.toString().trim() };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a folder is locked by one process, until it gives the lock back', async () => {
  const release = await lockFolder(folder);
  expect((await lockElsewhere()).said).toBe(
    `Another Offshoot (process ${process.pid}) works on ${folder}: stop it, or give this one a folder of its own ` +
      `with OFFSHOOT_DATA.`,
  );
  await release();
  expect(await readdir(folder)).toEqual([]);
  expect((await lockElsewhere()).said).toBe('locked');
});

test('the lock of a process that was killed is free', async () => {
  const other = await lockElsewhere();
  await expect(lockFolder(folder)).rejects.toThrow(`Another Offshoot (process ${other.process.pid})`);
  await end(other.process);
  await lockFolder(folder);
  expect(await readdir(folder)).toHaveLength(1);
});

describe('a lock counts for nothing when', () => {
  test.each([
    ['its process id belongs to another process now', `lock-${process.pid}-before`],
    ['no process has its id', 'lock-4194303-before'],
  ])('%s', async (_, name) => {
    await writeFile(path.join(folder, name), '');
    await lockFolder(folder);
    expect(await readdir(folder)).not.toContain(name);
  });
});

test('of many that start at once over a stale lock, one at most gets it, and one does in the end', async () => {
  for (let round = 0; round < 3; round += 1) {
    await writeFile(path.join(folder, 'lock-4194303-before'), '');
    const tries = await Promise.all(Array.from({ length: 5 }, lockElsewhere));
    expect(tries.filter(({ said }) => said === 'locked')).toHaveLength(1);
    await Promise.all(others.map(end));
  }
});
