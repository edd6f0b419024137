import type { Executor } from '../db/database.ts';
import type { JobName, JobPayload, JobSender } from './queue.ts';

/**
 * Jobs without which nothing is lost: the reconciler does the same from the rows a few seconds later (decision 7). So
 * they need not be written with the transaction that makes them necessary, and many of them are one.
 */
const HINTS = ['schedule-builds', 'report-deployments', 'project-aliases'] as const satisfies JobName[];
type HintName = (typeof HINTS)[number];

export type Hint = {
  readonly [Name in HintName]: { readonly name: Name; readonly payload: JobPayload<Name> };
}[HintName];

/** Labels in one job; each is a read and a write of storage. */
const MAX_LABELS = 100;

/** The same jobs in fewer: what has no payload once, hosts together. */
export function mergeHints(hints: readonly Hint[]): Hint[] {
  const names = new Set(hints.map(({ name }) => name));
  const labels = new Set(
    hints.flatMap((hint) => (hint.name === 'project-aliases' ? hint.payload.labels : [])),
  );
  return [...names].flatMap((name): Hint[] =>
    name === 'project-aliases' ? inGroups([...labels]) : [{ name, payload: {} }],
  );
}

function inGroups(labels: readonly string[]): Hint[] {
  const groups: Hint[] = [];
  for (let first = 0; first < labels.length; first += MAX_LABELS)
    groups.push({ name: 'project-aliases', payload: { labels: labels.slice(first, first + MAX_LABELS) } });
  return groups;
}

/** A sender that keeps hints back, for after the commit; all other jobs are sent with the transaction, as ever. */
export function holdHints(jobs: JobSender): { readonly jobs: JobSender; readonly held: readonly Hint[] } {
  const held: Hint[] = [];
  return {
    held,
    jobs: {
      async send(db, name, payload, options) {
        if (options !== undefined || !isHint(name)) return jobs.send(db, name, payload, options);
        held.push({ name, payload } as Hint);
        return true;
      },
    },
  };
}

function isHint(name: JobName): name is HintName {
  return (HINTS as readonly JobName[]).includes(name);
}

export interface HintSenderOptions {
  readonly db: Executor;
  readonly jobs: JobSender;
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void };
}

export interface HintSender {
  send(hints: readonly Hint[]): void;
  /** When all that was handed over is sent, or given up. */
  idle(): Promise<void>;
}

/** Sends hints behind the back of whoever has them: those that come while some are on their way go together. */
export function createHintSender({ db, jobs, log }: HintSenderOptions): HintSender {
  let waiting: Hint[] = [];
  let sending: Promise<void> | undefined;
  const sendAll = async () => {
    while (waiting.length > 0) {
      const some = mergeHints(waiting);
      waiting = [];
      for (const { name, payload } of some) await jobs.send(db, name, payload);
    }
  };
  const begin = async () => {
    try {
      await sendAll();
    } catch (err) {
      log.warn({ err }, 'hints were not sent; the reconciler does what they were for in a few seconds');
    } finally {
      sending = undefined;
    }
  };
  return {
    send(hints) {
      waiting.push(...hints);
      if (waiting.length > 0) sending ??= begin();
    },
    async idle() {
      await sending;
    },
  };
}
