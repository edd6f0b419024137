import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { HttpBindings } from '@hono/node-server';

/** A connection on which nothing moves for this long is closed: readers that have stopped reading, mostly. */
const IDLE_MS = 120_000;
/** Longer than front proxies keep theirs (60 s), so that they never send into a connection that we are closing. */
const KEEP_ALIVE_MS = 65_000;
const SWEEP_MS = 50;

export interface RunningServer {
  readonly port: number;
  /** Takes no new connections, lets running answers finish, and cuts off what is left after `drainMs`. */
  stop(drainMs: number): Promise<void>;
}

/** Rejects when the port can't be had. */
export async function serve(
  app: Hono<{ Bindings: HttpBindings }>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const listener = getRequestListener(app.fetch);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    void listener(incoming, outgoing);
  });
  server.setTimeout(IDLE_MS);
  await listen(server, host, port);
  return { port: (server.address() as AddressInfo).port, stop: (drainMs) => drain(server, drainMs) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise.finally(() => server.off('error', reject));
}

async function drain(server: Server, drainMs: number): Promise<void> {
  // Connections that were busy become idle when their answer is out: they are swept up again and again.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(sweep);
  clearTimeout(cut);
}
