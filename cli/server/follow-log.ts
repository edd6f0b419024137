import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type LogLine, type LogResult, logLineSchema, logResultSchema } from './answers.ts';
import type { ApiClient } from './api-client.ts';
import { createEventParser, type StreamEvent } from './event-stream.ts';
import { explainNetworkError } from './explain-network-error.ts';

/** The server says something every 15 s: a connection that is silent for three times that is dead. */
const SILENCE_MS = 45_000;
const PAUSE_MS = 1000;
/** How long the server may be away, restarts included, before we give up. */
const PATIENCE_MS = 120_000;

export type LogEvent =
  | { readonly kind: 'line'; readonly line: LogLine }
  /** The server can't read its log store at this moment: lines come later. */
  | { readonly kind: 'delayed' }
  /** The connection is gone; it is asked for again, from the last line on. Said once an outage. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'result'; readonly result: LogResult };

export interface FollowOptions {
  readonly stop: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pauseMs?: number;
  readonly patienceMs?: number;
  readonly silenceMs?: number;
}

/**
 * The log of a deployment from its first line to its result, live. A lost connection is opened again at the line after
 * the last one that came: nothing is missing, nothing comes twice.
 */
export async function* followLog(
  client: ApiClient,
  deploymentId: string,
  options: FollowOptions,
): AsyncGenerator<LogEvent, void, void> {
  const { stop, now, pauseMs = PAUSE_MS, patienceMs = PATIENCE_MS, silenceMs = SILENCE_MS } = options;
  let lastId: string | undefined;
  let lostAt: number | undefined;
  for (;;) {
    try {
      for await (const event of connect(client, deploymentId, lastId, silenceMs)) {
        lostAt = undefined;
        lastId = event?.lastId ?? lastId;
        const told = event === undefined ? undefined : readEvent(event, deploymentId);
        if (told !== undefined) yield told;
        if (told?.kind === 'result') return;
      }
    } catch (error) {
      stop.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (lostAt !== undefined && now() - lostAt > patienceMs) throw error;
    }
    if (lostAt === undefined) yield { kind: 'lost' };
    lostAt ??= now();
    await sleep(pauseMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
  }
}

/** The events of one connection; undefined for a sign of life. It ends when the server closes it. */
async function* connect(
  client: ApiClient,
  deploymentId: string,
  lastId: string | undefined,
  silenceMs: number,
): AsyncGenerator<StreamEvent | undefined, void, void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException('silent', 'TimeoutError')), silenceMs);
  const headers = {
    accept: 'text/event-stream',
    ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
  };
  try {
    const answer = await client.open(`/logs/${deploymentId}`, headers, silence.signal);
    const parse = createEventParser();
    for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      timer.refresh();
      yield undefined;
      yield* parse(chunk);
    }
  } catch (error) {
    throw explainNetworkError(error, client.url);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function readEvent({ event, data }: StreamEvent, deploymentId: string): LogEvent | undefined {
  switch (event) {
    case 'message':
      return { kind: 'line', line: logLineSchema.parse(JSON.parse(data)) };
    case 'delayed':
      return { kind: 'delayed' };
    case 'result':
      return { kind: 'result', result: logResultSchema.parse(JSON.parse(data)) };
    case 'gone':
      throw new CliError('deployment_not_found', `Deployment ${deploymentId} was deleted meanwhile.`);
    default:
      return undefined;
  }
}

/** What a restart of the server, or of a proxy before it, looks like. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof CliError && error.exitCode === EXIT_CODES.unreachable && error.code !== 'redirected'
  );
}
