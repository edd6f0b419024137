import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss, type Job } from 'pg-boss';
import { z } from 'zod';
import { idSchema } from '../../contracts/ids.ts';
import type { Executor } from '../db/database.ts';

/** Every job: its name and what it is told. Jobs are convergent: they read what is true and make it so. */
const JOB_PAYLOADS = {
  'schedule-builds': z.object({}),
  'launch-build': z.object({ attemptId: idSchema }),
  'stop-builder': z.object({ attemptId: idSchema }),
  'activate-deployment': z.object({ deploymentId: idSchema }),
  'project-aliases': z.object({ labels: z.array(z.string()).min(1) }),
  'write-log-word': z.object({
    deploymentId: idSchema,
    attempt: z.number().int().positive(),
    /** FIRST_WORD_SEQ or LAST_WORD_SEQ. */
    seq: z.number().int().nonnegative(),
    at: z.number().int().nonnegative(),
    text: z.string(),
  }),
  'remove-logs': z.object({ deploymentIds: z.array(idSchema).min(1) }),
  'sync-branches': z.object({ projectId: idSchema }),
  /** Asks GitHub where one branch is. */
  'sync-branch': z.object({ projectId: idSchema, branch: z.string() }),
  /** Asks GitHub what a pull request is. */
  'sync-pull-request': z.object({
    repositoryId: z.number().int().positive(),
    number: z.number().int().positive(),
  }),
  /** Somebody has asked for something in a comment: asks GitHub what they may do, and does it. */
  'answer-comment': z.object({
    /** Of the delivery that told of it. */
    guid: z.string(),
    repositoryId: z.number().int().positive(),
    number: z.number().int().positive(),
    login: z.string(),
    /** GitHub's epoch milliseconds. */
    createdAt: z.number().int().nonnegative(),
  }),
  /** Asks GitHub for the webhooks that it could not deliver. */
  'redeliver-webhooks': z.object({}),
  /** Asks GitHub where branches are, for webhooks that were lost. */
  'compare-heads': z.object({}),
  /** Asks GitHub what a held deployment changes. */
  'filter-paths': z.object({ deploymentId: idSchema }),
  /** `sealed` opens for that attempt only. */
  'revoke-checkout-token': z.object({ attemptId: idSchema, sealed: z.string() }),
  'collect-garbage': z.object({}),
  'delete-project': z.object({ projectId: idSchema }),
  'run-deploy-hook': z.object({
    hookId: idSchema,
    /** What the deployment will be called, so that running it twice makes one. */
    deploymentId: idSchema,
    /** Epoch milliseconds of PostgreSQL's clock. Calls after this have a run of their own. */
    startsAt: z.number().int().nonnegative(),
  }),
  'send-deliveries': z.object({}),
  'report-deployments': z.object({}),
} as const;

export type JobName = keyof typeof JOB_PAYLOADS;
export type JobPayload<Name extends JobName> = z.infer<(typeof JOB_PAYLOADS)[Name]>;
export type JobHandlers = {
  /** The signal aborts when the queue stops, a few seconds before it waits no longer, or when the job is taken away. */
  readonly [Name in JobName]: (payload: JobPayload<Name>, signal: AbortSignal) => Promise<void>;
};

interface SendOptions {
  /** At most one job of this name (and `key`) in each such span of time, whoever sends it. */
  readonly oncePerSeconds?: number;
  readonly key?: string;
  /** A UUID: of several jobs with the same one only the first is taken. */
  readonly id?: string;
  /** It is not begun earlier: a moment, or seconds from now. */
  readonly startAfter?: Date | number;
}

export interface JobSender {
  /**
   * Sends with the transaction: the job exists if and when it commits. False when the options leave it out, since
   * there is such a job already.
   */
  send<Name extends JobName>(
    db: Executor,
    name: Name,
    payload: JobPayload<Name>,
    options?: SendOptions,
  ): Promise<boolean>;
}

export interface JobQueue extends JobSender {
  /** Begins to take jobs. */
  work(handlers: JobHandlers): Promise<void>;
  /** Takes no more jobs, waits a bounded time for those that run, and closes its connections. */
  stop(): Promise<void>;
}

export interface JobQueueOptions {
  readonly url: string;
  readonly log: { error(fields: { readonly err: unknown; readonly job?: string }, message: string): void };
}

/** Workers of one process for each queue. */
const WORKERS: Record<JobName, number> = {
  'schedule-builds': 1,
  'launch-build': 2,
  'stop-builder': 2,
  'activate-deployment': 4,
  'project-aliases': 2,
  'write-log-word': 1,
  'remove-logs': 1,
  'sync-branches': 1,
  'sync-branch': 2,
  'sync-pull-request': 2,
  'answer-comment': 1,
  'redeliver-webhooks': 1,
  'compare-heads': 1,
  'filter-paths': 2,
  'revoke-checkout-token': 1,
  'collect-garbage': 1,
  'delete-project': 1,
  // Each may wait half a minute for a repository that hangs.
  'run-deploy-hook': 4,
  // Each may wait ten seconds for a receiver that hangs; what is due to others is sent by the rest.
  'send-deliveries': 4,
  'report-deployments': 2,
};
const LONG_JOBS: ReadonlySet<JobName> = new Set([
  'collect-garbage',
  'delete-project',
  'remove-logs',
  // A hundred writes with a second between them; a thousand reads.
  'redeliver-webhooks',
  'compare-heads',
]);
const EXPIRE_SECONDS = 120;
const LONG_EXPIRE_SECONDS = 60 * 60;
/** A dead process's jobs are taken over after this time and one supervision. pg-boss allows no less. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 5;
/** NOTIFY wakes the workers; polling is the floor under it, and the only way while it is broken. */
const POLL_SECONDS = 1;
const NOTIFIED_POLL_SECONDS = 2;
/** 1, 2, 4, … 30 seconds: some four minutes. What must go on after that, the reconciler sends or does again. */
const RETRY_LIMIT = 12;
/** Nobody sends these again, so they outlast an outage of the log store, or of GitHub: a day. */
const PATIENT_JOBS: ReadonlySet<JobName> = new Set([
  'write-log-word',
  'remove-logs',
  'sync-pull-request',
  'answer-comment',
]);
const PATIENT_RETRY_LIMIT = 2880;
const RETRY_DELAY_SECONDS = 1;
const RETRY_DELAY_MAX_SECONDS = 30;
const KEEP_DONE_SECONDS = 24 * 60 * 60;
const MAX_CONNECTIONS = 4;
const STOP_TIMEOUT_MS = 4000;
const QUIET_MS = 10_000;

/** Opens the queue in the database of `url`, creating or upgrading its tables (schema `pgboss`) under a lock. */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: 'offshoot-jobs',
    max: MAX_CONNECTIONS,
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  });
  boss.on('error', quieten(options.log));
  await boss.start();
  await createQueues(boss);
  const stopping = new AbortController();
  return {
    send: (db, name, payload, sendOptions) => send(boss, db, name, payload, sendOptions),
    work: (handlers) => startWorkers(boss, handlers, { ...options, stopping: stopping.signal }),
    async stop() {
      stopping.abort();
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
    },
  };
}

/** While PostgreSQL is away every worker fails at every poll: one line in a while says it as well. */
function quieten(log: JobQueueOptions['log']): (err: Error) => void {
  let isQuiet = false;
  return (err) => {
    if (isQuiet) return;
    isQuiet = true;
    setTimeout(() => {
      isQuiet = false;
    }, QUIET_MS).unref();
    log.error({ err }, `the job queue failed; more of this is not logged for ${QUIET_MS / 1000} seconds`);
  };
}

async function createQueues(boss: PgBoss): Promise<void> {
  for (const name of jobNames()) {
    const queue = {
      notify: true,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: LONG_JOBS.has(name) ? LONG_EXPIRE_SECONDS : EXPIRE_SECONDS,
      retryLimit: PATIENT_JOBS.has(name) ? PATIENT_RETRY_LIMIT : RETRY_LIMIT,
      retryDelay: RETRY_DELAY_SECONDS,
      retryBackoff: true,
      retryDelayMax: RETRY_DELAY_MAX_SECONDS,
      deleteAfterSeconds: KEEP_DONE_SECONDS,
    };
    // An existing queue is left as it is by createQueue: an upgrade may have changed these numbers.
    await boss.createQueue(name, queue);
    await boss.updateQueue(name, queue);
  }
}

async function send<Name extends JobName>(
  boss: PgBoss,
  db: Executor,
  name: Name,
  payload: JobPayload<Name>,
  { oncePerSeconds, key, id, startAfter }: SendOptions = {},
): Promise<boolean> {
  const jobId = await boss.send(name, JOB_PAYLOADS[name].parse(payload), {
    db: fromDrizzle(db, sql),
    ...(oncePerSeconds !== undefined && { singletonSeconds: oncePerSeconds }),
    ...(key !== undefined && { singletonKey: key }),
    ...(id !== undefined && { id }),
    ...(startAfter !== undefined && { startAfter }),
  });
  return jobId !== null;
}

/** What workers know besides their jobs. */
interface WorkOptions extends JobQueueOptions {
  /** The queue stops: what can be broken off should be. */
  readonly stopping: AbortSignal;
}

async function startWorkers(boss: PgBoss, handlers: JobHandlers, options: WorkOptions): Promise<void> {
  for (const name of jobNames()) {
    for (let worker = 0; worker < WORKERS[name]; worker += 1)
      await startWorker(boss, name, handlers, options);
  }
}

async function startWorker(
  boss: PgBoss,
  name: JobName,
  handlers: JobHandlers,
  options: WorkOptions,
): Promise<void> {
  const polling = {
    pollingIntervalSeconds: POLL_SECONDS,
    notifyPollingIntervalSeconds: NOTIFIED_POLL_SECONDS,
  };
  const workerId: string = await boss.work<object>(name, polling, async (jobs) => {
    // pg-boss sleeps after each job unless it was notified meanwhile: a row of jobs would take a poll each.
    boss.notifyWorker(workerId);
    for (const job of jobs) await runJob(name, job, handlers, options);
  });
}

async function runJob(name: JobName, job: Job, handlers: JobHandlers, options: WorkOptions): Promise<void> {
  // The payload's type follows from the name, which TypeScript can't follow through a union of names.
  const handler = handlers[name] as (payload: object, signal: AbortSignal) => Promise<void>;
  try {
    await handler(JOB_PAYLOADS[name].parse(job.data), AbortSignal.any([job.signal, options.stopping]));
  } catch (err) {
    options.log.error({ err, job: name }, 'a job failed; it is tried again');
    throw err;
  }
}

function jobNames(): JobName[] {
  return Object.keys(JOB_PAYLOADS) as JobName[];
}
