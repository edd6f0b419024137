import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import { ConfigError } from '../contracts/settings.ts';
import { createFilesystemStore } from '../storage/filesystem.ts';
import { createProxy } from './app.ts';
import { parseConfig } from './config.ts';
import { serve } from './serve.ts';

/** Below the five seconds that a supervisor gives the proxy before it kills it. */
const DRAIN_MS = 4000;
const CACHE_BYTES = 256 * 1024 * 1024;

async function start(): Promise<void> {
  const { host, port, domain, dataFolder, logLevel } = parseConfig(process.env);
  const log = pino({ name: 'proxy', level: logLevel });
  const store = await createFilesystemStore({ root: join(dataFolder, 'storage'), randomId: randomUUID });
  const shown = domain.port === undefined ? domain.host : `${domain.host}:${domain.port}`;
  const app = createProxy({
    store,
    domain: { host: domain.host, shown },
    cacheBytes: CACHE_BYTES,
    now: () => performance.now(),
    onError: (error) => log.error({ err: error }, 'a request failed'),
  });
  const server = await serve(app, { host, port });
  log.info({ host, port: server.port, domain: shown }, 'the proxy serves sites');
  const stop = once(async () => {
    await server.stop(DRAIN_MS);
    process.exit(0);
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop); // the program that started us is gone
}

function once(action: () => Promise<void>): () => void {
  let hasRun = false;
  return () => {
    if (!hasRun) void action();
    hasRun = true;
  };
}

/** What the operator can mend gets one sentence; anything else is a bug and keeps its stack. */
function explain(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) return error.message;
  if (code === 'EADDRINUSE')
    return `The port is in use: stop what listens there, or set PROXY_PORT to another one.`;
  if (code === 'EACCES') return `The port may not be opened by this user: set PROXY_PORT to one above 1023.`;
  return error;
}

try {
  await start();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
