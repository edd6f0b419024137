import { createEventParser, type ServerEvent } from './events.ts';
import type { LogLine } from './lines.ts';

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

/** Whether somebody sees the page. */
export interface Presence {
  /** Aborted once the page has been out of sight for a while; a new one when it is seen again. */
  unseen(): AbortSignal;
  whenSeen(): Promise<void>;
}

export interface LogSource {
  /** `/logs/:id`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Lets the page draw, and answer whoever uses it, when it is time. */
  readonly breathe: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly presence: Presence;
  /** A connection that says nothing for this long is dead. */
  readonly silenceMs?: number;
}

/** The server sends something at least every 15 seconds. */
const SILENCE_MS = 40_000;
/** Of a long log megabytes come at once: so much of it, some hundred lines, takes a few milliseconds. */
const SLICE_CHARS = 128 * 1024;
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
  const onOpen = (): void => {
    failures = 0;
    reader.onState({ kind: 'live' });
  };
  /** How it went on, when the connection is over. */
  async function readOn(signal: AbortSignal): Promise<SourceState> {
    if (!hasAll) await readStored({ ...source, signal }, cursor, take);
    hasAll = true;
    return readLive({ ...source, signal }, cursor, take, onOpen);
  }

  reader.onState({ kind: 'loading' });
  while (!source.signal.aborted) {
    await source.presence.whenSeen();
    const unseen = source.presence.unseen();
    const state = await readOn(AbortSignal.any([source.signal, unseen])).catch(explain);
    if (source.signal.aborted || (unseen.aborted && !ENDS.has(state.kind))) continue;
    reader.onState(state);
    if (ENDS.has(state.kind)) return;
    // Lines that were delayed are read in bulk: they may be many.
    if (state.kind === 'delayed') hasAll = false;
    const retryMs = RETRIES_MS[Math.min(failures++, RETRIES_MS.length - 1)] ?? 0;
    await source.pause(state.kind === 'delayed' ? DELAYED_RETRY_MS : retryMs, source.signal);
  }
}

const ENDS: ReadonlySet<SourceState['kind']> = new Set(['ended', 'gone', 'signed-out']);

function explain(error: unknown): SourceState {
  return error instanceof Refused ? error.state : { kind: 'reconnecting' };
}

type Take = (lines: readonly LogLine[]) => void;

async function readStored(source: LogSource, cursor: string | undefined, take: Take): Promise<void> {
  let rest = '';
  for await (const text of openStream(source, 'ndjson', cursor)) {
    rest += text;
    let start = 0;
    for (let end = endOfSlice(rest, start); end !== -1; end = endOfSlice(rest, start)) {
      take(parseLines(rest.slice(start, end)));
      start = end + 1;
      await source.breathe();
    }
    rest = rest.slice(start);
  }
}

/** Where the last whole line ends of what is worked through at once; -1 when there is none. */
function endOfSlice(text: string, start: number): number {
  const end = text.lastIndexOf('\n', start + SLICE_CHARS);
  return end > start ? end : text.indexOf('\n', start);
}

async function readLive(
  source: LogSource,
  cursor: string | undefined,
  take: Take,
  onOpen: () => void,
): Promise<SourceState> {
  const parser = createEventParser();
  let isOpen = false;
  for await (const text of openStream(source, 'sse', cursor)) {
    if (!isOpen) onOpen();
    isOpen = true;
    const events = parser.push(text);
    take(events.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data) as LogLine));
    const end = events.map(endOf).find((state) => state !== undefined);
    if (end !== undefined) return end;
  }
  return { kind: 'reconnecting' };
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
