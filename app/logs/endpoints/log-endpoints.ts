import { upgradeWebSocket } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { LogProgress } from '../../db/log-progress.ts';
import { accessLeftMs } from '../../http/access.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import { type LogHints, type LogStore, LogStoreUnavailable } from '../stores/log-store.ts';
import { followLog, type LogSource } from './follow-log.ts';
import { createLogIntake, type LogIntakeDependencies } from './intake.ts';
import { DELAYED_DETAIL, RETRY_AFTER_SECONDS } from './log-messages.ts';
import { isUpgrade, type LogRequest, parseLogRequest } from './log-request.ts';
import { createPulses } from '../stores/pulses.ts';
import { answerLogFile, readLogPage } from './read-log.ts';
import { streamServerSentEvents } from './server-sent-events.ts';
import { pumpWebSocket, rawSocketOf } from './websocket.ts';

export interface LogEndpointsDependencies extends LogIntakeDependencies {
  readonly store: LogStore;
  readonly hints: LogHints;
  /** Undefined when there is no such deployment. */
  readonly readProgress: (deploymentId: string) => Promise<LogProgress | undefined>;
  /** How often a log that somebody follows is asked about without a hint, in ms. */
  readonly pollMs?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Live tails that one app process serves at once. */
const MAX_FOLLOWERS = 1000;

/**
 * The log's HTTP: `POST /api/builder/logs` (intake) and `GET /logs/:id` (JSON page, NDJSON, text, server-sent
 * events, WebSocket). Guards are the caller's.
 */
export function createLogEndpoints(dependencies: LogEndpointsDependencies): Hono<AppEnv> {
  const { store, hints, readProgress, log, pollMs, now } = dependencies;
  const source = { store, readProgress, log, pulses: createPulses(hints, pollMs) };
  const app = new Hono<AppEnv>();
  app.route('/', createLogIntake(dependencies));
  app.get('/logs/:id', harden(), async (context) => {
    const request = await parseLogRequest(context, readProgress);
    if (request instanceof Response) return request;
    const isLive = request.format === 'sse' || request.format === 'websocket';
    if (isLive && source.pulses.followers() >= MAX_FOLLOWERS) {
      return refuse(context, `This server follows ${MAX_FOLLOWERS} logs already. Ask again later.`);
    }
    return answer(context, source, request, accessLeftMs(context, now()));
  });
  return app;
}

/** Whatever a build prints, a browser must not take its log for a page or a script. */
function harden(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    await next();
    if (isUpgrade(context)) return;
    context.header('x-content-type-options', 'nosniff');
    context.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
    context.header('cache-control', 'no-store, no-transform');
    context.header('vary', 'accept', { append: true });
  };
}

/** `maxTailMs`: then a tail ends, and its reader has to show anew who they are; undefined for no end. */
async function answer(
  context: Context,
  source: LogSource,
  request: LogRequest,
  maxTailMs: number | undefined,
): Promise<Response> {
  try {
    switch (request.format) {
      case 'json':
        return context.json(await readLogPage(source.store, request));
      case 'ndjson':
      case 'text':
        return await answerLogFile(context, source.store, request, request.format);
      case 'sse':
        return answerServerSentEvents(context, source, request, maxTailMs);
      case 'websocket':
        return await answerWebSocket(context, source, request, maxTailMs);
    }
  } catch (error) {
    if (!(error instanceof LogStoreUnavailable)) throw error;
    source.log.warn({ err: error }, 'a log could not be read; its reader was told to ask again');
    return refuse(context, DELAYED_DETAIL);
  }
}

function answerServerSentEvents(
  context: Context,
  source: LogSource,
  request: LogRequest,
  maxTailMs: number | undefined,
): Response {
  // Reverse proxies must not collect events (nginx reads this header).
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  // Nobody would read, and so nobody would end, the events of a HEAD.
  if (context.req.method === 'HEAD') return context.body(null, 200, headers);
  const abort = new AbortController();
  const end = endOfTail(abort, maxTailMs);
  const events = followLog(source, request.deploymentId, request.after, end);
  return context.body(streamServerSentEvents(events, abort), 200, headers);
}

async function answerWebSocket(
  context: Context,
  source: LogSource,
  request: LogRequest,
  maxTailMs: number | undefined,
): Promise<Response> {
  const abort = new AbortController();
  const end = endOfTail(abort, maxTailMs);
  return upgradeWebSocket(context, {
    onOpen: (_, socket) => {
      const events = followLog(source, request.deploymentId, request.after, end);
      void pumpWebSocket(rawSocketOf(socket), events, abort);
    },
    onClose: () => abort.abort(),
    onError: () => abort.abort(),
  });
}

/** Not the reader's own abort: events that come to their end close the connection in order. */
function endOfTail({ signal }: AbortController, maxTailMs: number | undefined): AbortSignal {
  return maxTailMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(maxTailMs)]);
}

function refuse(context: Context, detail: string): Response {
  const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  return problem(context, 'unavailable', detail, { headers });
}
