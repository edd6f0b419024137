import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandlers, JobName, JobPayload, JobSender } from '../../app/jobs/queue.ts';

/** As the queue's own: 1, 2, 4, … 30 seconds. */
const MAX_TRIES = 13;
const LONGEST_RETRY_MS = 30_000;

interface Waiting {
  readonly name: JobName;
  readonly payload: object;
  readonly at: number;
  readonly tries: number;
}

/** The job queue on a clock of the test's: hours of retries and rounds pass in a moment. */
export interface SimulatedJobs extends JobSender {
  /** Runs what is due until `end`, in the order of time, moving the clock to each. */
  runUntil(end: number, handlers: JobHandlers, settle: () => Promise<void>): Promise<void>;
  /** Jobs that failed each time. */
  readonly lost: readonly Waiting[];
}

export function createSimulatedJobs(clock: { now: number }): SimulatedJobs {
  const waiting: Waiting[] = [];
  const lost: Waiting[] = [];
  const slots = new Set<string>();

  const add = (job: Waiting) => {
    // Jobs make true what should be: one that begins no later does the work of both.
    const isSame = (other: Waiting) => JSON.stringify([other.name, other.payload]) === keyOf(job);
    if (!waiting.some((other) => other.at <= job.at && isSame(other))) waiting.push(job);
  };
  const takeDue = (end: number): Waiting | undefined => {
    const [next] = waiting.toSorted((one, other) => one.at - other.at);
    if (next === undefined || next.at > end) return undefined;
    waiting.splice(waiting.indexOf(next), 1);
    return next;
  };

  return {
    lost,
    async send<Name extends JobName>(_: unknown, name: Name, payload: JobPayload<Name>, options = {}) {
      const {
        oncePerSeconds,
        key = '',
        startAfter = 0,
      } = options as Parameters<JobSender['send']>[3] & object;
      if (oncePerSeconds !== undefined) {
        const slot = [name, key, oncePerSeconds, Math.floor(clock.now / 1000 / oncePerSeconds)].join();
        if (slots.has(slot)) return false;
        slots.add(slot);
      }
      const at = startAfter instanceof Date ? startAfter.getTime() : clock.now + startAfter * 1000;
      add({ name, payload, at: Math.max(at, clock.now), tries: 1 });
      return true;
    },
    async runUntil(end, handlers, settle) {
      for (;;) {
        await settle();
        const job = takeDue(end);
        if (job === undefined) break;
        clock.now = Math.max(clock.now, job.at);
        const handle = handlers[job.name] as (payload: object, signal: AbortSignal) => Promise<void>;
        await handle(job.payload, new AbortController().signal).catch(async () => {
          // A connection that was cut is not always gone when its request has failed.
          await sleep(1);
          if (job.tries >= MAX_TRIES) lost.push(job);
          else waiting.push({ ...job, at: clock.now + retryMs(job.tries), tries: job.tries + 1 });
        });
      }
      clock.now = Math.max(clock.now, end);
    },
  };
}

function keyOf({ name, payload }: Waiting): string {
  return JSON.stringify([name, payload]);
}

function retryMs(tries: number): number {
  return Math.min(1000 * 2 ** (tries - 1), LONGEST_RETRY_MS);
}
