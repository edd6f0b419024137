import type { Complete } from '../contracts/build-report.ts';
import type { BuildSpec } from '../contracts/build-spec.ts';
import type { FailureReason } from '../contracts/phases.ts';
import { formatDuration } from './format.ts';
import { FOLDER_WORDS } from './output-words.ts';
import { createPhaseClock } from './phase-clock.ts';
import type { ReportProgress } from './progress.ts';
import { AppRefusal, type AppClient, createAppClient, RequestAborted } from './protocol/app-client.ts';
import { wait } from './protocol/backoff.ts';
import { keepBeating } from './protocol/heartbeat.ts';
import { createLifeline, type Lifeline } from './protocol/lifeline.ts';
import { createLineSender, FLUSH_MS, type LineSender } from './protocol/send-lines.ts';
import { publishOutput, type PublishResult } from './publish-output.ts';

/** After Ctrl-C: people wait for their prompt, so the app is told within this time or not at all. */
const CANCEL_TIMEOUT_MS = 5000;
const COMPLETE_TIMEOUT_MS = 60_000;
const MAX_MESSAGE_LENGTH = 2000;

export interface UploadOrder {
  /** Where the app is reached, such as `https://deploy.example.com`, maybe below a path of a reverse proxy. */
  readonly appUrl: string;
  /** `upload.token` of the answer to `POST /api/projects/:slug/uploads`. */
  readonly token: string;
  /** At least 16 random characters: what proves that later requests come from who has claimed. */
  readonly nonce: string;
  /** Absolute. */
  readonly folder: string;
  /** For a progress bar; called for every file and every chunk that is sent. */
  readonly onProgress?: ReportProgress;
  /** What the deployment's log gets too, one line at a time. */
  readonly say?: (text: string) => void;
  /** Ctrl-C: the upload ends, and the app is told that it was canceled. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

export type UploadOutcome =
  /** Everything is stored; the app takes the deployment live by itself within a moment. */
  | { readonly result: 'published'; readonly files: number }
  /** The folder can't be published, or storage did not take it. The deployment has failed with this. */
  | { readonly result: 'failed'; readonly reason: FailureReason; readonly message: string }
  /** By the signal, or by somebody in the dashboard. */
  | { readonly result: 'canceled' }
  /** The app refused the upload, wants no more of it, or can't be reached: what became of it stands there. */
  | { readonly result: 'broken'; readonly message: string };

/**
 * Uploads a folder as the output of a deployment, with the builder's protocol: claim, heartbeat, blobs, log,
 * complete. It is walked as a build's output is. Rejects only for bugs; every expected end is an outcome.
 */
export async function uploadFolder(order: UploadOrder): Promise<UploadOutcome> {
  const lifeline = createLifeline();
  const client = createAppClient({ ...order, lifeline });
  const ending = endWith(order.signal, lifeline);
  try {
    return await serve({ order, lifeline, client, spec: await client.claim(), deadline: ending.deadline });
  } catch (error) {
    if (!(error instanceof AppRefusal) && !(error instanceof RequestAborted)) throw error;
    if (order.signal.aborted) return { result: 'canceled' };
    return { result: 'broken', message: describeBreak(error, lifeline.cause()) };
  } finally {
    ending.cancel();
  }
}

/** Which request noticed it says nothing to people. */
function describeBreak(error: Error, cause: ReturnType<Lifeline['cause']>): string {
  if (cause === 'unreachable') return 'The server could not be reached any more.';
  if (cause === 'revoked') return 'The server wants no more of this upload: it has ended there already.';
  return error.message;
}

/** The signal ends the work at once, and all requests a little later, however the network is. */
function endWith(
  signal: AbortSignal,
  lifeline: Lifeline,
): { readonly deadline: AbortSignal; cancel(): void } {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    lifeline.stop('canceled');
    timer = setTimeout(() => {
      lifeline.stop('revoked');
      deadline.abort();
    }, CANCEL_TIMEOUT_MS);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return {
    deadline: deadline.signal,
    cancel() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}

interface Upload {
  readonly order: UploadOrder;
  readonly lifeline: Lifeline;
  readonly client: AppClient;
  readonly spec: BuildSpec;
  /** Aborted when who pressed Ctrl-C has waited long enough. */
  readonly deadline: AbortSignal;
}

async function serve(upload: Upload): Promise<UploadOutcome> {
  const { client, lifeline, spec, order } = upload;
  const clock = createPhaseClock(order.now);
  const log = openLog(upload);
  const progress = () => ({ phases: clock.timings(), lastSeq: log.lastSeq() });
  // Before the first heartbeat, which tells people that it has begun.
  clock.begin('publish');
  const done = new AbortController();
  const beating = keepBeating({ client, lifeline, everyMs: spec.heartbeatMs, progress, done: done.signal });
  try {
    const published = await publish(upload, log.say);
    log.say(sayEnd(published, formatDuration(clock.end())));
    await log.flush(published === 'canceled' ? CANCEL_TIMEOUT_MS / 2 : FLUSH_MS);
    return outcomeOf(await complete(published, progress(), upload));
  } finally {
    done.abort();
    await beating;
  }
}

/**
 * Tells the app the end. It has a lifeline of its own: a heartbeat may hear that the attempt has ended, by this very
 * report, before the report is answered. An artifact that the app refuses is a failure that it is told of, not an
 * upload that falls silent.
 */
async function complete(
  published: Published,
  progress: Pick<Complete, 'phases' | 'lastSeq'>,
  { order, deadline }: Upload,
): Promise<Published> {
  const client = createAppClient({ ...order, lifeline: createLifeline() });
  const signal = AbortSignal.any([AbortSignal.timeout(COMPLETE_TIMEOUT_MS), deadline]);
  const send = (end: Published) => client.complete({ ...reportOf(end), ...progress }, signal);
  try {
    await send(published);
    return published;
  } catch (error) {
    if (!(error instanceof AppRefusal) || published === 'canceled' || !published.ok) throw error;
    const failed = { ok: false, reason: 'publish_failed', message: error.message } as const;
    await send(failed);
    return failed;
  }
}

type Published = PublishResult | 'canceled';

async function publish(
  { order, lifeline, client, spec }: Upload,
  say: (text: string) => void,
): Promise<Published> {
  const { folder, monotonicMs, random, onProgress } = order;
  say(`Uploading a folder to ${spec.projectSlug}.`);
  try {
    return await publishOutput({
      sourceFolder: folder,
      outputFolder: folder,
      words: FOLDER_WORDS,
      limits: spec.limits,
      signal: lifeline.work,
      client,
      patienceMs: spec.leaseMs,
      monotonicMs,
      random,
      onProgress,
      say,
    });
  } catch (error) {
    if (lifeline.cause() === 'canceled') return 'canceled';
    throw error;
  }
}

interface UploadLog extends Pick<LineSender, 'lastSeq'> {
  readonly say: (text: string) => void;
  /** Resolves when all lines are durable, or after this time. */
  flush(timeoutMs: number): Promise<void>;
}

/** There is nothing of a user's command in it, so nothing has to be masked or left out. */
function openLog({ order, client, lifeline }: Upload): UploadLog {
  const sender = createLineSender({
    post: (body) => client.sendLogs(body),
    monotonicMs: order.monotonicMs,
    onFailure(error) {
      if (error instanceof AppRefusal) lifeline.stop('revoked');
    },
  });
  return {
    lastSeq: () => sender.lastSeq(),
    say(message) {
      for (const text of message.slice(0, MAX_MESSAGE_LENGTH).split(/\r?\n/)) {
        sender.push({ at: order.now(), phase: 'publish', stream: 'system', text });
        order.say?.(text);
      }
    },
    async flush(timeoutMs) {
      const flushed = new AbortController();
      await Promise.race([sender.flush(), wait(timeoutMs, flushed.signal)]);
      flushed.abort();
    },
  };
}

function sayEnd(published: Published, took: string): string {
  if (published === 'canceled') return 'The upload was canceled.';
  if (published.ok) return `The upload took ${took}.`;
  return `The upload failed after ${took} (${published.reason}): ${published.message}`;
}

type WithoutProgress<One> = One extends Complete ? Omit<One, 'phases' | 'lastSeq'> : never;

function reportOf(published: Published): WithoutProgress<Complete> {
  if (published === 'canceled') return { result: 'canceled' };
  if (published.ok) return { result: 'published', manifest: published.manifest, framework: null };
  const { reason, message } = published;
  return { result: 'failed', phase: 'publish', reason, message: message.slice(0, MAX_MESSAGE_LENGTH) };
}

function outcomeOf(published: Published): UploadOutcome {
  if (published === 'canceled') return { result: 'canceled' };
  if (published.ok) return { result: 'published', files: Object.keys(published.manifest.files).length };
  return { result: 'failed', reason: published.reason, message: published.message };
}
