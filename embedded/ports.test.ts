import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { findFreePort, isPortFree, LOOPBACK } from './ports.ts';

test('a free port is below the range of outgoing connections, and can be listened on', async () => {
  const port = await findFreePort();
  expect(port).toBeLessThan(32_768);
  expect(await isPortFree(LOOPBACK, port)).toBe(true);
});

test('a port that somebody listens on is not free', async () => {
  const port = await findFreePort();
  const server = createServer().listen(port, LOOPBACK);
  await once(server, 'listening');
  expect(await isPortFree(LOOPBACK, port)).toBe(false);
  server.close();
});

test("a host that is not this machine's is told as such", async () => {
  await expect(isPortFree('192.0.2.1', 20_000)).rejects.toThrow(
    "Can't listen on 192.0.2.1:20000 (EADDRNOTAVAIL): set HOST to an address of this machine.",
  );
});
