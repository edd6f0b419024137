import type { CommitWords, Complete } from '../contracts/build-report.ts';
import { hasSource, type SourceBuildSpec } from '../contracts/build-spec.ts';
import { PHASES } from '../contracts/phases.ts';
import type { BuildTools } from './build-tools.ts';
import { credentialsOf } from './credentials.ts';
import { type BuildLog, createBuildLog } from './log/build-log.ts';
import { MAX_PATTERN_BYTES } from './log/secret-forms.ts';
import { createLineSender, FLUSH_MS, type LineSender } from '../publish/protocol/send-lines.ts';
import { createPhaseClock, type PhaseClock } from '../publish/phase-clock.ts';
import { AppRefusal, type AppClient, RequestAborted } from '../publish/protocol/app-client.ts';
import { wait } from '../publish/protocol/backoff.ts';
import { keepBeating } from '../publish/protocol/heartbeat.ts';
import type { Lifeline } from '../publish/protocol/lifeline.ts';
import { createNews } from '../publish/protocol/news.ts';
import { BUILD_WORDS } from '../publish/output-words.ts';
import { publishOutput } from '../publish/publish-output.ts';
import { type BuildContext, type BuildOutcome, runBuild } from './run-build.ts';

/** After SIGTERM: the log gets this long; RELEASE_TIMEOUT_MS in main.ts bounds the whole. */
const RELEASE_FLUSH_MS = 8000;
const COMPLETE_TIMEOUT_MS = 60_000;
const MAX_MESSAGE_LENGTH = 2000;

export interface AttemptContext {
  readonly client: AppClient;
  readonly lifeline: Lifeline;
  /** Opens the build's tools; `close` removes the work folder. */
  readonly openTools: (spec: SourceBuildSpec) => Promise<{ tools: BuildTools; close: () => Promise<void> }>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  /** One line for the operator, on the builder's own standard error. */
  readonly warn: (text: string) => void;
}

/**
 * One attempt from claim to complete. Resolves with true when the app knows its end, with false when the app
 * wants no more of it; nothing of the user's runs by then, and the work folder is gone.
 */
export async function runAttempt(context: AttemptContext): Promise<boolean> {
  const { client, warn } = context;
  try {
    const spec = await client.claim();
    if (!hasSource(spec)) throw new AppRefusal('This attempt is an upload: there is nothing to build.');
    return await serve(context, spec);
  } catch (error) {
    if (!(error instanceof AppRefusal) && !(error instanceof RequestAborted)) throw error;
    warn(error.message);
    return false;
  }
}

async function serve(context: AttemptContext, spec: SourceBuildSpec): Promise<boolean> {
  const { client, lifeline, now } = context;
  const news = createNews();
  const clock = createPhaseClock(now, () => news.tell());
  const log = openLog(context, spec);
  let commit: CommitWords | undefined;
  const onCommit = (words: CommitWords): void => {
    commit = words;
    news.tell();
  };
  const progress = () => ({
    phases: clock.timings(),
    lastSeq: log?.lastSeq() ?? 0,
    ...(commit && { commit }),
  });
  const complete = (outcome: BuildOutcome): Promise<void> =>
    client.complete(reportOf(outcome, lifeline, progress()), AbortSignal.timeout(COMPLETE_TIMEOUT_MS));
  if (log === undefined) return await complete(TOO_MANY_SECRETS).then(() => true);

  const done = new AbortController();
  const everyMs = spec.heartbeatMs;
  const beating = keepBeating({ client, lifeline, everyMs, progress, news, done: done.signal });
  const workshop = createWorkshop(context, spec);
  try {
    const outcome = await build(context, { spec, log, clock, workshop, onCommit });
    if (lifeline.requests.aborted) return false;
    if (outcome.result === 'stopped') sayWhyStopped(log, lifeline);
    await flush(log, flushTimeoutMs(lifeline, spec));
    await complete(outcome);
    return true;
  } finally {
    done.abort();
    await Promise.all([beating, workshop.close()]);
  }
}

const TOO_MANY_SECRETS: BuildOutcome = {
  result: 'failed',
  reason: 'config_invalid',
  phase: 'checkout',
  message: `The secrets of this project are too long to be masked in its log: all together may have ${MAX_PATTERN_BYTES} bytes. Make them shorter.`,
};

/** Undefined when the secrets are too many to be masked: then nothing may be logged at all. */
function openLog(context: AttemptContext, spec: SourceBuildSpec): BuildLog | undefined {
  const secrets = [...spec.secrets, ...credentialsOf(spec.source.url)];
  try {
    return createBuildLog({
      sender: createSender(context),
      secrets,
      logBytes: spec.limits.logBytes,
      now: context.now,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function createSender({ client, lifeline, monotonicMs, warn }: AttemptContext): LineSender {
  return createLineSender({
    post: (body) => client.sendLogs(body),
    monotonicMs,
    onFailure(error) {
      // A refused batch would leave a gap for ever: better to end the attempt than to hide lines.
      if (error instanceof AppRefusal) lifeline.stop('revoked');
      if (!(error instanceof RequestAborted)) warn(String(error));
    },
  });
}

function sayWhyStopped(log: BuildLog, lifeline: Lifeline): void {
  if (lifeline.cause() === 'canceled') log.say('The build was canceled.');
  else log.say('This builder was told to stop: the build is handed back, and starts again elsewhere.');
}

/** The build's tools, opened when it begins; closing removes the work folder. */
function createWorkshop({ openTools, warn }: AttemptContext, spec: SourceBuildSpec) {
  let close = async (): Promise<void> => {};
  return {
    async open(): Promise<BuildTools> {
      const opened = await openTools(spec);
      close = opened.close;
      return opened.tools;
    },
    close: () =>
      close().catch((error: unknown) => warn(`The work folder could not be removed: ${String(error)}`)),
  };
}

interface Attempt {
  readonly spec: SourceBuildSpec;
  readonly log: BuildLog;
  readonly clock: PhaseClock;
  readonly workshop: ReturnType<typeof createWorkshop>;
  readonly onCommit: (commit: CommitWords) => void;
}

async function build(
  context: AttemptContext,
  { spec, log, clock, workshop, ...attempt }: Attempt,
): Promise<BuildOutcome> {
  const { client, lifeline, monotonicMs, random, warn } = context;
  const uploads = { client, monotonicMs, random, patienceMs: spec.leaseMs, words: BUILD_WORDS };
  try {
    const tools = await workshop.open();
    const publish: BuildContext['publish'] = (output) => publishOutput({ ...output, ...uploads });
    // As in the log: a message may quote a secret.
    const onCommit = ({ subject, author }: CommitWords): void =>
      attempt.onCommit({ subject: log.mask(subject), author: log.mask(author) });
    const outcome = await runBuild({ spec, tools, log, clock, publish, onCommit, signal: lifeline.work });
    // People read the message outside the log too, and it may quote a command or a server.
    return outcome.result === 'failed' ? { ...outcome, message: log.mask(outcome.message) } : outcome;
  } catch (error) {
    warn(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return explainCrash(error, log, clock);
  }
}

const CRASH_REASONS = {
  checkout: 'clone_failed',
  install: 'install_failed',
  build: 'build_failed',
  publish: 'publish_failed',
} as const;

/** A bug of ours or a broken machine: said as such, where it happened, instead of a lost attempt. */
function explainCrash(error: unknown, log: BuildLog, clock: PhaseClock): BuildOutcome {
  clock.end();
  const phase = clock.timings().at(-1)?.phase ?? PHASES[0];
  const text = error instanceof Error ? error.message : String(error);
  const message = log.mask(
    `Offshoot's builder failed, not your build: ${text}. Try again; if it stays, tell the operator.`,
  );
  log.endCommand();
  log.say(message);
  return { result: 'failed', reason: CRASH_REASONS[phase], phase, message };
}

function flushTimeoutMs(lifeline: Lifeline, { leaseMs }: SourceBuildSpec): number {
  const cause = lifeline.cause();
  if (cause === 'released') return RELEASE_FLUSH_MS;
  return cause === 'canceled' ? leaseMs : FLUSH_MS;
}

async function flush(log: BuildLog, timeoutMs: number): Promise<void> {
  const flushed = new AbortController();
  await Promise.race([log.close(), wait(timeoutMs, flushed.signal)]);
  flushed.abort();
}

function reportOf(
  outcome: BuildOutcome,
  lifeline: Lifeline,
  progress: Pick<Complete, 'phases' | 'lastSeq' | 'commit'>,
): Complete {
  switch (outcome.result) {
    case 'published':
      return { ...outcome, ...progress };
    case 'failed':
      return { ...outcome, message: outcome.message.slice(0, MAX_MESSAGE_LENGTH), ...progress };
    case 'stopped':
      return { result: lifeline.cause() === 'canceled' ? 'canceled' : 'released', ...progress };
  }
}
