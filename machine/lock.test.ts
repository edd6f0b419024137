import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lock, LockTimeoutError, takeLock, withLock } from './lock.ts';
import { formatName, ownName } from './process-name.ts';

const LOCK = JSON.stringify(join(import.meta.dirname, 'lock.ts'));
const OPTIONS = `name: 'lock', foreignTimeoutMs: 0, randomId: () => crypto.randomUUID()`;
/** Says `locked` or who has it, and lives on. */
const TAKE = `import { takeLock } from ${LOCK};
  await takeLock({ folder: process.argv[1], timeoutMs: 300, ${OPTIONS} })
    .then(() => console.log('locked'), (error) => console.log(error.holder.pid));
  setInterval(() => {}, 1000);`;
/** Counts a file up, again and again. */
const COUNT = `import { readFile, writeFile } from 'node:fs/promises';
  import { withLock } from ${LOCK};
  const lock = { folder: process.argv[1], timeoutMs: 20_000, ${OPTIONS} };
  const file = process.argv[1] + '/counter';
  for (let i = 0; i < 25; i += 1)
    await withLock(lock, async () => writeFile(file, String(1 + Number(await readFile(file, 'utf8')))));`;

let folder: string;
let others: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-lock-'));
});
afterEach(async () => {
  await Promise.all(others.map(end));
  others = [];
  await rm(folder, { recursive: true, force: true });
});

function lockOf(changes: Partial<Lock> = {}): Lock {
  return { folder, name: 'lock', timeoutMs: 50, foreignTimeoutMs: 0, randomId: randomUUID, ...changes };
}

function runElsewhere(script: string): ChildProcess {
  const args = ['--input-type=module', '-e', script, folder];
  const other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  others.push(other);
  return other;
}

/** Another process that tries to take the lock, and what it says of that. */
async function takeElsewhere(): Promise<{ process: ChildProcess; said: string }> {
  const other = runElsewhere(TAKE);
  const [said] = (await once(other.stdout ?? other, 'data')) as [Buffer];
  return { process: other, said: said.toString().trim() };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function incrementCounter(): Promise<void> {
  const count = Number(await readFile(join(folder, 'counter'), 'utf8'));
  await sleep(1);
  await writeFile(join(folder, 'counter'), String(count + 1));
}

describe('work under a lock', () => {
  test('of many at once runs one after another, in order, and none is left out', async () => {
    await writeFile(join(folder, 'counter'), '0');
    const order: number[] = [];
    const work = async (index: number) => {
      order.push(index);
      await incrementCounter();
    };
    const indexes = Array.from({ length: 25 }, (_, index) => index);
    await Promise.all(indexes.map((index) => withLock(lockOf({ timeoutMs: 20_000 }), () => work(index))));
    expect(await readFile(join(folder, 'counter'), 'utf8')).toBe('25');
    expect(order).toEqual(indexes);
    expect(await readdir(folder)).toEqual(['counter']);
  });

  test('of several processes is never done at once', async () => {
    await writeFile(join(folder, 'counter'), '0');
    const ends = Array.from(
      { length: 4 },
      async () => (await once(runElsewhere(COUNT), 'exit'))[0] as number,
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
    expect(await readFile(join(folder, 'counter'), 'utf8')).toBe('100');
  });

  test('that fails frees the lock', async () => {
    const fail = () => Promise.reject(new Error('broken'));
    await expect(withLock(lockOf(), fail)).rejects.toThrow('broken');
    expect(await withLock(lockOf(), async () => 'free')).toBe('free');
  });

  test('waits no longer than allowed, for another process or for this one', async () => {
    const release = await takeLock(lockOf());
    await expect(withLock(lockOf(), async () => 'never')).rejects.toThrow(LockTimeoutError);
    await release();
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = withLock(lockOf(), () => promise);
    const second = withLock(lockOf(), async () => 'never');
    const third = withLock(lockOf({ timeoutMs: 5_000 }), async () => 'third');
    await expect(second).rejects.toThrow(`process ${process.pid}`);
    expect(await Promise.race([third, sleep(20, 'still in line')])).toBe('still in line');
    resolve();
    await first;
    expect(await third).toBe('third');
  });

  test('of different locks of a folder runs at once', async () => {
    const release = await takeLock(lockOf());
    expect(await withLock(lockOf({ name: 'other' }), async () => 'at once')).toBe('at once');
    await release();
  });
});

test('a lock is held by one process, until it gives the lock back', async () => {
  const release = await takeLock(lockOf());
  expect((await takeElsewhere()).said).toBe(String(process.pid));
  await expect(takeLock(lockOf())).rejects.toMatchObject({ holder: ownName() });
  await release();
  expect(await readdir(folder)).toEqual([]);
  expect((await takeElsewhere()).said).toBe('locked');
});

test('the lock of a process that was killed is free', async () => {
  const other = await takeElsewhere();
  expect(other.said).toBe('locked');
  await expect(takeLock(lockOf())).rejects.toMatchObject({ holder: { pid: other.process.pid } });
  await end(other.process);
  await takeLock(lockOf());
  expect(await readdir(folder)).toHaveLength(1);
});

describe('a claim counts for nothing, and is removed, when', () => {
  test.each([
    ['its process id belongs to another process now', { startTime: 'long ago' }],
    ['no process has its id', { pid: 4_194_303 }],
    ['it was written by a boot before this one', { space: 'another boot/1' }],
  ])('%s', async (_, changes) => {
    const claim = `lock~${formatName({ ...ownName(), ...changes })}~x`;
    await writeFile(join(folder, claim), '');
    expect(await withLock(lockOf({ foreignTimeoutMs: 60_000 }), () => readdir(folder))).toHaveLength(1);
  });
});

test('the claim of another machine counts for as long as is said', async () => {
  const claim = join(
    folder,
    `lock~${formatName({ ...ownName(), space: 'its boot/1', host: 'elsewhere' })}~x`,
  );
  await writeFile(claim, '');
  await expect(takeLock(lockOf({ foreignTimeoutMs: 60_000 }))).rejects.toMatchObject({
    holder: { host: 'elsewhere' },
  });
  const seconds = Date.now() / 1000 - 61;
  await utimes(claim, seconds, seconds);
  await withLock(lockOf({ foreignTimeoutMs: 60_000 }), () => Promise.resolve());
  await writeFile(claim, '');
  await withLock(lockOf({ foreignTimeoutMs: 0 }), () => Promise.resolve());
  expect(await readdir(folder)).toEqual([]);
});

test('files that are no claims are left alone, and none is a holder', async () => {
  const names = ['lock', 'lock.7', 'lock~notes', 'lockers~a~b~1~2'];
  for (const name of names) await writeFile(join(folder, name), '{"pid":');
  await withLock(lockOf(), () => Promise.resolve());
  expect((await readdir(folder)).toSorted()).toEqual(names.toSorted());
});

test('of many that start at once over a stale lock, one at most gets it, and one does in the end', async () => {
  for (let round = 0; round < 3; round += 1) {
    await writeFile(join(folder, `lock~${formatName({ ...ownName(), pid: 4_194_303 })}~x`), '');
    const tries = await Promise.all(Array.from({ length: 5 }, takeElsewhere));
    expect(tries.filter(({ said }) => said === 'locked')).toHaveLength(1);
    await Promise.all(others.map(end));
  }
});
