import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './start-error.ts';

/**
 * Below 32768 begins nobody's outgoing connection (Linux' ephemeral range), so that a server that died can come
 * back on the port that its clients know.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;
const MAX_TRIES = 50;
export const LOOPBACK = '127.0.0.1';

/** A loopback port that nothing listens on now. It may be taken before it is used: the caller tries again. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isPortFree(LOOPBACK, port)) return port;
  }
  throw new StartError(
    `No free port was found on ${LOOPBACK} between ${FIRST_PORT} and ${LAST_PORT} in ${MAX_TRIES} tries: ` +
      `stop programs that listen there, or name your own servers with DATABASE_URL and CLICKHOUSE_URL.`,
  );
}

/** Whether a server could listen there. Throws StartError when the host itself is not this machine's. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') return false;
    if (code === 'EACCES') throw new StartError(`Port ${port} needs more rights: choose one above 1023.`);
    throw new StartError(
      `Can't listen on ${host}:${port} (${code}): set HOST to an address of this machine.`,
    );
  } finally {
    server.close();
  }
}
