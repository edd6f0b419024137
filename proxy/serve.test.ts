import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get } from '../test/support/raw-http.ts';
import { createSiteStore, makeId, type SiteStore } from '../test/support/site-store.ts';
import { createProxy } from './app.ts';
import { MAX_CACHED_BLOB_BYTES } from './blobs.ts';
import { type RunningServer, serve } from './serve.ts';

/** More than the sockets between the two ends hold, so that a reader who stops really stops the sender. */
const BIG_BYTES = 24_000_000;
let sites: SiteStore;
let server: RunningServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  sites = await createSiteStore();
  await sites.serve('demo', makeId(), { 'index.html': 'hello', 'big.bin': Buffer.alloc(BIG_BYTES, 'x') });
});
afterAll(() => sites.remove());
beforeEach(async () => {
  const app = createProxy({
    store: sites.store,
    domain: { host: 'localhost', shown: 'localhost:8000' },
    cacheBytes: 10_000_000,
    now: () => performance.now(),
    onError: (error) => expect.unreachable(String(error)),
  });
  server = await serve(app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop(0);
});

/** Asks for the big file and reads nothing of it after its first bytes. */
async function startDownload(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write('GET /big.bin HTTP/1.1\r\nhost: demo.localhost\r\n\r\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('visitors of a big file', () => {
  it('who go away in the middle free it at once', async () => {
    expect(BIG_BYTES).toBeGreaterThan(MAX_CACHED_BLOB_BYTES);
    const before = openFiles();
    const readers = await Promise.all(Array.from({ length: 60 }, startDownload));
    expect(openFiles()).toBeGreaterThanOrEqual(before + 3 * 60); // both ends of a socket, and a file
    for (const reader of readers) reader.destroy();
    await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThanOrEqual(before + 5);
  });

  it('who read slowly do not fill the memory', async () => {
    const before = process.memoryUsage().rss;
    await Promise.all(Array.from({ length: 40 }, startDownload));
    await sleep(500);
    const grown = process.memoryUsage().rss - before;
    expect(grown).toBeLessThan(0.2 * 40 * BIG_BYTES);
  });
});

describe('stopping', () => {
  it('lets a running answer end and takes no new connection', async () => {
    const socket = await startDownload();
    const stopped = server.stop(20_000);
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    await new Promise((resolve) => socket.once('close', resolve));
    await stopped;
    expect(bytes).toBeGreaterThan(BIG_BYTES);
    await expect(get(server.port, 'demo.localhost', '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('cuts off answers that take too long', async () => {
    const socket = await startDownload();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server.stop(200);
    socket.resume();
    await closed;
    expect(openFiles()).toBeLessThan(100);
  });

  it('does not wait for idle connections', async () => {
    const socket = connect(server.port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET / HTTP/1.1\r\nhost: demo.localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const start = performance.now();
    await server.stop(20_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

it('says which port is taken', async () => {
  const app = createProxy({
    store: sites.store,
    domain: { host: 'localhost', shown: 'localhost' },
    cacheBytes: 1000,
    now: () => 0,
    onError: () => undefined,
  });
  await expect(serve(app, { host: '127.0.0.1', port: server.port })).rejects.toThrow('EADDRINUSE');
});
