import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBlobStore } from '../test/support/blob-store-contract.ts';
import { createStorageEndpoint } from '../test/support/storage-endpoint.ts';
import { StorageError } from './blob-store.ts';
import { createFilesystemStore } from './filesystem.ts';

const WORKER = fileURLToPath(new URL('../test/support/storage-worker.ts', import.meta.url));
const secret = Buffer.alloc(32, 7);
const text = { contentType: 'text/plain' };

describeBlobStore('folder', async () => {
  const root = mkdtempSync(join(tmpdir(), 'offshoot-store-'));
  const endpoint = createStorageEndpoint(() => store, secret);
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  const store = await createFilesystemStore({
    root,
    randomId: randomUUID,
    signer: { secret, now: Date.now },
  });
  return {
    store,
    origin,
    async stop() {
      endpoint.closeAllConnections();
      await new Promise((resolve) => endpoint.close(resolve));
      rmSync(root, { recursive: true });
    },
  };
});

describe('a folder', () => {
  let root = '';
  const children: ChildProcess[] = [];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'offshoot-store-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(root, { recursive: true, force: true });
  });
  const createStore = () => createFilesystemStore({ root, randomId: randomUUID });
  const startWorker = (...args: string[]) => {
    const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };

  it.each([
    '../outside',
    '/etc/passwd',
    'a/../b',
    'a//b',
    '',
    '.',
    'a/.hidden',
    '.locks/x',
    'a\0b',
    'a\\b',
    'a/',
    'ü',
  ])('refuses the key %j without touching the disk', async (key) => {
    const store = await createStore();
    await expect(store.read(key)).rejects.toThrow(TypeError);
    await expect(store.open(key)).rejects.toThrow(TypeError);
    await expect(store.write(key, Buffer.from('x'), text)).rejects.toThrow(TypeError);
    await expect(store.remove([key])).rejects.toThrow(TypeError);
  });

  it('counts right when four processes count at once', async () => {
    const store = await createStore();
    await store.write('counter', Buffer.from('0'), text);
    const workers = Array.from({ length: 4 }, () => startWorker('increment', root, '25'));
    const codes = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect((await store.read('counter'))?.body.toString()).toBe('100');
  });

  it('shows whole objects after kill -9 in mid-write, frees its locks, and cleans up at the next start', async () => {
    for (let round = 0; round < 6; round += 1) {
      const worker = startWorker('fill', root);
      await once(worker.stdout ?? worker, 'data');
      // However slow the machine is: every other one has finished an object.
      if (round % 2 === 1) await once(worker.stdout ?? worker, 'data');
      await sleep(10 + round * 17);
      worker.kill('SIGKILL');
      await once(worker, 'exit');
    }
    const store = await createStore();
    expect(readdirSync(join(root, '.temporary'))).toEqual([]);
    let objects = 0;
    for await (const { key, sizeBytes } of store.list('')) {
      const body = (await store.read(key))?.body ?? Buffer.alloc(0);
      expect(sizeBytes).toBe(1_000_000);
      expect(new Set(body).size).toBe(1);
      objects += 1;
    }
    expect(objects).toBeGreaterThan(3);
    expect((await store.write('filled', Buffer.from('free'), text)).written).toBe(true);
  });

  it('leaves the temporary files of living processes alone', async () => {
    const worker = startWorker('fill', root);
    await once(worker.stdout ?? worker, 'data');
    for (let round = 0; round < 20; round += 1) await createStore();
    await sleep(100);
    expect(worker.exitCode).toBeNull();
  });

  it('keeps an upload that breaks off out of sight, and leaves nothing behind', async () => {
    const store = await createStore();
    async function* breakOff() {
      yield Buffer.from('half');
      await sleep(1);
      throw new Error('connection lost');
    }
    const promised = { bodySha256: 'a'.repeat(64), sizeBytes: 100 };
    await expect(store.receive('upload', breakOff(), promised)).rejects.toThrow(StorageError);
    expect(await store.read('upload')).toBeUndefined();
    expect(readdirSync(join(root, '.temporary'))).toEqual([]);
  });

  it('stops an upload that is longer than promised at once', async () => {
    const store = await createStore();
    let chunks = 0;
    async function* endless() {
      for (;;) {
        chunks += 1;
        yield await Promise.resolve(Buffer.alloc(1000));
      }
    }
    const promised = { bodySha256: 'a'.repeat(64), sizeBytes: 2500 };
    expect(await store.receive('upload', endless(), promised)).toBe('mismatch');
    expect(chunks).toBe(3);
  });

  it('is closed to other users of the machine, but not what it stands in', async () => {
    const inner = join(root, 'data', 'storage');
    const store = await createFilesystemStore({ root: inner, randomId: randomUUID });
    expect(statSync(join(inner, '..')).mode & 0o055).toBe(0o055);
    await store.write('a/b', Buffer.from('x'), text);
    for (const path of [inner, join(inner, 'a'), join(inner, 'a/b')]) {
      expect(statSync(path).mode & 0o077).toBe(0);
    }
  });

  it('lists no symlinks', async () => {
    const store = await createStore();
    mkdirSync(join(root, 'a'));
    symlinkSync('/etc', join(root, 'a/etc'));
    symlinkSync('/etc/passwd', join(root, 'a/passwd'));
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });

  it('says where it failed when the disk does', async () => {
    const store = await createStore();
    writeFileSync(join(root, 'taken'), 'a file');
    const failing = store.write('taken/below', Buffer.from('x'), text);
    await expect(failing).rejects.toThrow(StorageError);
    await expect(failing).rejects.toThrow('taken/below');
  });

  it('lets go of its file when the reader goes away', async () => {
    const store = await createStore();
    await store.write('big', Buffer.alloc(5_000_000), text);
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    for (let round = 0; round < 100; round += 1) (await store.open('big'))?.body.destroy();
    await sleep(50);
    expect(openFiles()).toBeLessThanOrEqual(before + 5);
  });
});
