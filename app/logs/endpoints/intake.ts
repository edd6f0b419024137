import { type Context, type Env, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { LogsReply } from '../../../contracts/build-report.ts';
import { BUILDER_PATHS } from '../../../contracts/build-report.ts';
import { type LogBatch, logBatchSchema, MAX_BATCH_BYTES } from '../../../contracts/log-line.ts';
import { problem } from '../../http/problem.ts';
import { type BuildName, type LogHints, type LogStore, LogStoreUnavailable } from '../stores/log-store.ts';
import { RETRY_AFTER_SECONDS } from './log-messages.ts';

export interface LogIntakeDependencies {
  readonly store: LogStore;
  readonly hints: Pick<LogHints, 'publish'>;
  /** Whose lines a request carries, by the builder's token and nonce; a Response is the refusal. */
  readonly findBuild: (context: Context) => Promise<BuildName | Response>;
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void };
}

interface IntakeEnv extends Env {
  Variables: { build: BuildName };
}

/**
 * Takes batches of lines from builders and answers when they are durable. While the store is away it answers
 * 503 and keeps nothing: builders spool their lines and send the same batch again.
 */
export function createLogIntake(dependencies: LogIntakeDependencies): Hono<IntakeEnv> {
  const { store, hints, findBuild, log } = dependencies;
  const limit = bodyLimit({ maxSize: MAX_BATCH_BYTES, onError: refuseSize });
  return new Hono<IntakeEnv>().post(BUILDER_PATHS.logs, authenticate(findBuild), limit, async (context) => {
    const build = context.get('build');
    const batch = parseBatch(await context.req.text());
    if (typeof batch === 'string') return problem(context, 'invalid_request', batch);
    try {
      await store.append(build, batch.lines);
    } catch (error) {
      if (!(error instanceof LogStoreUnavailable)) throw error;
      log.warn({ err: error }, 'log lines were not taken in; their builder sends them again');
      return refuseForNow(context);
    }
    hints.publish(build.deploymentId);
    return context.json({ accepted: batch.lines.length } satisfies LogsReply);
  });
}

/** Stands before the body is read: a stranger's must not fill memory. */
function authenticate(findBuild: LogIntakeDependencies['findBuild']): MiddlewareHandler<IntakeEnv> {
  return async (context, next) => {
    const build = await findBuild(context);
    if (build instanceof Response) return build;
    context.set('build', build);
    return next();
  };
}

/** The batch, or a sentence about what is wrong with it. */
function parseBatch(text: string): LogBatch | string {
  const parsed = logBatchSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `The batch is malformed at /${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'not JSON'}.`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuseSize(context: Context): Response {
  return problem(context, 'payload_too_large', `A batch of log lines has at most ${MAX_BATCH_BYTES} bytes.`);
}

function refuseForNow(context: Context): Response {
  const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  return problem(
    context,
    'unavailable',
    'The log store is out of reach; nothing was stored. Send the same batch again.',
    {
      headers,
    },
  );
}
