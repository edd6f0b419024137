import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpRequest, sendRequest } from './http-request.ts';

/** Longer than what the kernel holds of a body takes to be read: nobody sees that move. */
const IDLE_MS = 2000;
const MEGABYTE = 1_000_000;
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function put(listener: RequestListener, changes: Partial<HttpRequest> = {}) {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return sendRequest({
    method: 'PUT',
    url: `http://127.0.0.1:${port}/`,
    headers: {},
    body: Buffer.alloc(20 * MEGABYTE),
    timeoutMs: 20_000,
    idleTimeoutMs: IDLE_MS,
    signal: new AbortController().signal,
    ...changes,
  });
}

/** Reads a megabyte, rests, and so on: each rest is short, all together are long. */
const readSlowly: RequestListener = (request, response) => {
  void (async () => {
    let [readBytes, next] = [0, MEGABYTE];
    for await (const chunk of request) {
      readBytes += (chunk as Buffer).length;
      if (readBytes < next) continue;
      next += MEGABYTE;
      await sleep(IDLE_MS / 10);
    }
    response.end(String(readBytes));
  })().catch(() => response.destroy());
};

describe('a request that may not stand still', () => {
  it('is given up when the server reads nothing', async () => {
    await expect(put(() => {})).rejects.toThrow(/nothing moved for 2 s/);
  });

  it.each([
    ['in one piece', () => Buffer.alloc(20 * MEGABYTE)],
    [
      'as a stream',
      () => ({
        sizeBytes: 20 * MEGABYTE,
        stream: Readable.from(Array.from({ length: 200 }, () => Buffer.alloc(MEGABYTE / 10))),
      }),
    ],
  ])('goes on as long as it moves, %s', async (_, body) => {
    const startedAt = performance.now();
    const answer = await put(readSlowly, { body: body() });
    expect(answer.body.toString()).toBe(String(20 * MEGABYTE));
    expect(performance.now() - startedAt).toBeGreaterThan(IDLE_MS * 1.5);
  });

  it('ends after its whole time all the same', async () => {
    await expect(put(readSlowly, { timeoutMs: IDLE_MS })).rejects.toThrow(/timeout|abort/i);
  });
});
