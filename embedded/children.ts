import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
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
  readonly name: string;
  /** Of the present process; undefined while it is being restarted. */
  readonly pid: () => number | undefined;
  /** Ends it in order; kills it when its time is over. Resolves when it is gone. */
  readonly stop: () => Promise<void>;
  /** Kills it and what it started, now. */
  readonly kill: () => void;
}

/** What people are told about a service after its first start, and who keeps its process ids. */
export interface ServiceEvents {
  readonly say: (sentence: string) => void;
  readonly now: () => number;
  readonly started?: (name: string, pid: number) => void;
}

const POLL_MS = 20;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** A service that ran this long has recovered: its earlier failures no longer count. */
const HEALTHY_MS = 60_000;
const MAX_TAIL_BYTES = 4096;

/** Waits 0.1 s before the first restart, twice as long before each next one, 10 s at most; never gives up. */
export function decideRestart(failures: number, ranMs: number): { failures: number; delayMs: number } {
  const counted = ranMs >= HEALTHY_MS ? 1 : failures + 1;
  return { failures: counted, delayMs: Math.min(FIRST_DELAY_MS * 2 ** (counted - 1), MAX_DELAY_MS) };
}

/**
 * Starts a service and keeps it running: a process that dies is started again. Resolves when it is ready.
 * Throws StartError, with the last words of the process, when its first start fails.
 */
export async function startService(service: Service, events: ServiceEvents): Promise<RunningService> {
  let process = await startProcess(service, events);
  let stopping = false;
  const watch = (async () => {
    for (let failures = 0; ;) {
      const startedAt = events.now();
      const how = await process.exited;
      if (stopping) return;
      const next = decideRestart(failures, events.now() - startedAt);
      failures = next.failures;
      events.say(`${service.name} ended (${how}); starting it again.${quote(process.tail())}`);
      await sleep(next.delayMs);
      if (stopping) return;
      process = await restart(process, service, events);
    }
  })();
  return {
    name: service.name,
    pid: () => (process.isRunning() ? process.child.pid : undefined),
    stop: async () => {
      stopping = true;
      await endProcess(process, service);
      await watch;
    },
    kill: () => {
      stopping = true;
      process.kill();
    },
  };
}

/** A failed restart is one more process that ended: the loop above goes on with its backoff. */
async function restart(dead: Process, service: Service, events: ServiceEvents): Promise<Process> {
  try {
    const process = await startProcess(service, events);
    events.say(`${service.name} is back.`);
    return process;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...dead, exited: Promise.resolve(reason), tail: () => '' };
  }
}

interface Process {
  readonly child: ChildProcess;
  /** Resolves with how it ended, in words. */
  readonly exited: Promise<string>;
  readonly isRunning: () => boolean;
  /** The end of what it wrote to standard error. */
  readonly tail: () => string;
  readonly kill: () => void;
}

async function startProcess(service: Service, events: ServiceEvents): Promise<Process> {
  const process = observe(await service.start());
  if (process.child.pid !== undefined) events.started?.(service.name, process.child.pid);
  const deadline = events.now() + service.readyTimeoutMs;
  while (process.isRunning() && events.now() < deadline) {
    if (await isReady(service)) return process;
    await Promise.race([sleep(POLL_MS), process.exited]);
  }
  const how = process.isRunning()
    ? `did not answer within ${service.readyTimeoutMs / 1000} s`
    : 'ended at once';
  process.kill();
  await process.exited;
  throw new StartError(`${service.name} ${how}.${quote(process.tail())}`);
}

async function isReady(service: Service): Promise<boolean> {
  try {
    return await service.isReady();
  } catch {
    return false;
  }
}

async function endProcess(process: Process, service: Service): Promise<void> {
  if (!process.isRunning()) return;
  service.askToStop(process.child);
  const timer = setTimeout(() => process.kill(), service.stopTimeoutMs);
  await process.exited;
  clearTimeout(timer);
}

function observe(child: ChildProcess): Process {
  let tail = Buffer.alloc(0);
  let running = true;
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_TAIL_BYTES);
  });
  // Pipes to a process that died break: its end is what tells us.
  child.stdin?.on('error', () => {});
  const exited = describeEnd(child).finally(() => {
    running = false;
  });
  return {
    child,
    exited,
    isRunning: () => running,
    tail: () => tail.toString().trim(),
    kill: () => killGroup(child),
  };
}

async function describeEnd(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal === null ? `exit code ${code}` : `killed by ${signal}`;
  } catch (error) {
    return `could not be started: ${(error as Error).message}`;
  }
}

/** The whole group: a keeper and its server end together. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    globalThis.process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function quote(words: string): string {
  return words === '' ? '' : ` Its last words:\n${words.replaceAll(/^/gm, '  ')}`;
}
