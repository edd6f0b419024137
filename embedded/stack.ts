import { type RunningService, type Service, type ServiceEvents, startService } from './children.ts';
import { findFreePort, isPortFree, LOOPBACK } from './ports.ts';

/** Services that depend on those that were started before them. */
export interface Stack {
  readonly start: (service: Service) => Promise<void>;
  /** Stops them one after the other, the last one first, also those that are still starting. */
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
}

/** A free port may be taken before the server uses it. */
const MAX_PORT_TRIES = 3;

export function openStack(events: Omit<ServiceEvents, 'signal'>): Stack {
  const stopping = new AbortController();
  const starts: Promise<RunningService | undefined>[] = [];
  const running: RunningService[] = [];
  return {
    start: async (service) => {
      stopping.signal.throwIfAborted();
      const start = startService(service, { ...events, signal: stopping.signal });
      starts.push(start.catch(() => undefined));
      running.push(await start);
    },
    stop: async () => {
      stopping.abort();
      for (const start of starts.toReversed()) await (await start)?.stop();
    },
    kill: () => {
      for (const service of running) service.kill();
    },
  };
}

/** Starts a server on a free loopback port, which it returns; on another one when that was taken meanwhile. */
export async function startOnFreePort(stack: Stack, serviceAt: (port: number) => Service): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    try {
      await stack.start(serviceAt(port));
      return port;
    } catch (error) {
      if (tries === MAX_PORT_TRIES || (await isPortFree(LOOPBACK, port))) throw error;
    }
  }
}
