import { createEventParser, type ServerEvent } from './log-events.ts';
import type { LogLine } from './log-lines.ts';

/** How a deployment ended, and whether its log is whole: the data of the event `result`. */
export interface LogResult {
  readonly status: string;
  readonly complete: boolean;
  readonly missing: number | null;
}

export type SourceState =
  | { readonly kind: 'loading' }
  /** All that was there is here; what comes, comes at once. */
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting' }
  /** The server is there, but the lines are out of its reach for a while. */
  | { readonly kind: 'delayed' }
  | { readonly kind: 'ended'; readonly result: LogResult }
  | { readonly kind: 'gone' }
  | { readonly kind: 'signed-out' };

export interface LogReader {
  onLines(lines: readonly LogLine[]): void;
  onState(state: SourceState): void;
}

export interface LogSource {
  /** `/logs/:id`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** A connection that says nothing for this long is dead. */
  readonly silenceMs?: number;
}

/** The server sends something at least every 15 seconds. */
const SILENCE_MS = 40_000;
const RETRIES_MS = [300, 1000, 2000, 4000];
const DELAYED_RETRY_MS = 1500;

/**
 * Reads a whole log: what is there as one NDJSON stream, the quickest way, then what comes as server-sent events. Each
 * request goes on after the last line that has come, so whatever breaks in between, no line is missing or there twice.
 * (An EventSource gives up at a 503 of a proxy whose app starts again, and does not notice a connection that hangs.)
 */
export async function readLog(source: LogSource, reader: LogReader): Promise<void> {
  let cursor: string | undefined;
  let hasAll = false;
  let failures = 0;
  const take = (lines: readonly LogLine[]): void => {
    const last = lines.at(-1);
    if (last === undefined) return;
    [cursor, failures] = [`${last.attempt}.${last.seq}`, 0];
    reader.onLines(lines);
  };
  reader.onState({ kind: 'loading' });
  while (!source.signal.aborted) {
    try {
      if (!hasAll) await readStored(source, cursor, take);
      hasAll = true;
      const onOpen = (): void => {
        failures = 0;
        reader.onState({ kind: 'live' });
      };
      const end = await readLive(source, cursor, take, onOpen);
      if (end !== undefined) return reader.onState(end);
      throw new Error('the stream ended without a result');
    } catch (error) {
      if (source.signal.aborted) return;
      const state = error instanceof Refused ? error.state : ({ kind: 'reconnecting' } as const);
      reader.onState(state);
      if (state.kind === 'gone' || state.kind === 'signed-out') return;
      // Lines that were delayed are read in bulk: they may be many.
      if (state.kind === 'delayed') hasAll = false;
      const retryMs = RETRIES_MS[Math.min(failures++, RETRIES_MS.length - 1)] ?? 0;
      await source.pause(state.kind === 'delayed' ? DELAYED_RETRY_MS : retryMs, source.signal);
    }
  }
}

type Take = (lines: readonly LogLine[]) => void;

async function readStored(source: LogSource, cursor: string | undefined, take: Take): Promise<void> {
  let rest = '';
  for await (const text of openStream(source, 'ndjson', cursor)) {
    const end = text.lastIndexOf('\n');
    if (end === -1) {
      rest += text;
      continue;
    }
    take(parseLines(rest + text.slice(0, end)));
    rest = text.slice(end + 1);
  }
}

async function readLive(
  source: LogSource,
  cursor: string | undefined,
  take: Take,
  onOpen: () => void,
): Promise<SourceState | undefined> {
  const parser = createEventParser();
  let isOpen = false;
  for await (const text of openStream(source, 'sse', cursor)) {
    if (!isOpen) onOpen();
    isOpen = true;
    const events = parser.push(text);
    take(events.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data) as LogLine));
    const end = events.map(endOf).find((state) => state !== undefined);
    if (end?.kind === 'delayed') throw new Refused(end);
    if (end !== undefined) return end;
  }
  return undefined;
}

function endOf({ event, data }: ServerEvent): SourceState | undefined {
  if (event === 'result') return { kind: 'ended', result: JSON.parse(data) as LogResult };
  if (event === 'gone') return { kind: 'gone' };
  return event === 'delayed' ? { kind: 'delayed' } : undefined;
}

/** One parse for many lines is quicker than many. */
function parseLines(ndjson: string): LogLine[] {
  return JSON.parse(`[${ndjson.replaceAll('\n', ',')}]`) as LogLine[];
}

/** The server's answer is no log. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly state: SourceState;
  constructor(state: SourceState) {
    super(`the log can not be read: ${state.kind}`);
    this.state = state;
  }
}

async function* openStream(
  source: LogSource,
  format: 'ndjson' | 'sse',
  cursor: string | undefined,
): AsyncGenerator<string, void, void> {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, source.signal]);
  const expectMore = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => abort.abort(), source.silenceMs ?? SILENCE_MS);
  let timer = expectMore();
  try {
    const query = new URLSearchParams({ format, ...(cursor === undefined ? {} : { after: cursor }) });
    const answer = await source.fetch(`${source.url}?${query}`, { signal, cache: 'no-store' });
    checkAnswer(answer);
    if (answer.body === null) return;
    const decoder = new TextDecoder();
    // Not every browser can iterate a body, and a decoding stream costs a second queue.
    const chunks = answer.body.getReader();
    for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
      clearTimeout(timer);
      timer = expectMore();
      yield decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** A 503 of Offshoot itself says that its servers are out of reach; any other may come from what stands before it. */
function checkAnswer(answer: Response): void {
  if (answer.redirected || answer.status === 401) throw new Refused({ kind: 'signed-out' });
  if (answer.status === 404) throw new Refused({ kind: 'gone' });
  const isOurs = answer.headers.get('content-type')?.startsWith('application/problem+json') === true;
  if (answer.status === 503 && isOurs) throw new Refused({ kind: 'delayed' });
  if (!answer.ok) throw new Error(`the log was answered with ${answer.status}`);
}
