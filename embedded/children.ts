import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { observeProcess, type ObservedProcess } from './observed-process.ts';
import { StartError } from './start-error.ts';

/** A program that runs beside this one: how it is started, asked whether it works, and stopped. */
export interface Service {
  readonly name: string;
  /** Starts the process, in a process group of its own, so that a Ctrl-C in the terminal reaches us alone. */
  readonly start: () => Promise<ChildProcess>;
  /** Whether it answers as it should. Asked again and again; an error counts as "not yet". */
  readonly isReady: () => Promise<boolean>;
  /** Asks it to end in order. */
  readonly askToStop: (child: ChildProcess) => void;
  readonly readyTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

export interface RunningService {
  /** Ends it in order; kills it when its time is over. Resolves when it is gone. */
  readonly stop: () => Promise<void>;
  /** Kills it and what it started, now. */
  readonly kill: () => void;
}

export interface ServiceEvents {
  /** Tells people what happened to a service after its first start. */
  readonly say: (sentence: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly started?: (name: string, pid: number) => Promise<void>;
  /** Ends a start that is still going on. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 20;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** A service that ran this long has recovered: its earlier failures no longer count. */
const HEALTHY_MS = 60_000;

/** Waits 0.1 s before the first restart, twice as long before each next one, 10 s at most; never gives up. */
export function decideRestart(failures: number, ranMs: number): { failures: number; delayMs: number } {
  const counted = ranMs >= HEALTHY_MS ? 1 : failures + 1;
  return { failures: counted, delayMs: Math.min(FIRST_DELAY_MS * 2 ** (counted - 1), MAX_DELAY_MS) };
}

/**
 * Starts a service and keeps it running: a process that ends is started again. Resolves when it is ready. Throws
 * StartError, with the last words of the process, when its first start fails.
 */
export async function startService(service: Service, events: ServiceEvents): Promise<RunningService> {
  const stopping = new AbortController();
  const restartEvents = { ...events, signal: stopping.signal };
  let current = await startProcess(service, events);

  const keepRunning = async () => {
    let failures = 0;
    let startedAt = events.now();
    while (!stopping.signal.aborted) {
      const how = await current.ended;
      if (stopping.signal.aborted) return;
      const next = decideRestart(failures, events.now() - startedAt);
      failures = next.failures;
      events.say(`${service.name} ended (${how}); it is started again in ${next.delayMs / 1000} s.`);
      await sleep(next.delayMs, undefined, { signal: stopping.signal }).catch(() => {});
      startedAt = events.now();
      const started = await tryToStart(service, restartEvents);
      if (started !== undefined) current = started;
    }
  };
  const kept = keepRunning();
  return {
    stop: async () => {
      stopping.abort();
      await endInOrder(current, service);
      await kept;
      // The one that a restart had just made ready.
      await endInOrder(current, service);
    },
    kill: () => {
      stopping.abort();
      current.kill();
    },
  };
}

/** Undefined when that failed: the process that ended before is still the last one, so the loop tries again. */
async function tryToStart(service: Service, events: ServiceEvents): Promise<ObservedProcess | undefined> {
  if (events.signal?.aborted === true) return undefined;
  try {
    const started = await startProcess(service, events);
    events.say(`${service.name} is back.`);
    return started;
  } catch (error) {
    events.say(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function startProcess(service: Service, events: ServiceEvents): Promise<ObservedProcess> {
  const child = observeProcess(await service.start());
  if (child.pid !== undefined) await events.started?.(service.name, child.pid);
  const deadline = events.now() + service.readyTimeoutMs;
  while (child.isRunning() && events.now() < deadline && events.signal?.aborted !== true) {
    if (await isReady(service)) return child;
    await Promise.race([sleep(POLL_MS), child.ended]);
  }
  if (events.signal?.aborted === true) {
    await endInOrder(child, service);
    throw new StartError(`${service.name} was stopped while it started.`);
  }
  const timedOut = child.isRunning();
  child.kill();
  const how = await child.ended;
  const seconds = service.readyTimeoutMs / 1000;
  const what = timedOut ? `did not answer within ${seconds} s` : `ended before it was ready (${how})`;
  throw new StartError(`${service.name} ${what}.${child.lastWords()}`);
}

async function isReady(service: Service): Promise<boolean> {
  try {
    return await service.isReady();
  } catch {
    return false;
  }
}

async function endInOrder(child: ObservedProcess, service: Service): Promise<void> {
  if (!child.isRunning()) return;
  service.askToStop(child.process);
  const timer = setTimeout(() => child.kill(), service.stopTimeoutMs);
  await child.ended;
  clearTimeout(timer);
}
