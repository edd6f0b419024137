import type { LogLine } from '../../contracts/log-line.ts';

/** A line without its number. `at` is epoch milliseconds. */
export type UnnumberedLine = Omit<LogLine, 'seq'>;

/** Half of what the app accepts and more than one line can have: 64 KiB of control characters are 384 KiB of JSON. */
export const BATCH_LINES = 5000;
export const BATCH_BYTES = 1024 * 1024;
/** A line waits this long for others; while batches come out large, the next ones wait longer, and get larger. */
const FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 200;
const LARGE_BATCH_LINES = 200;
/** After a pause of this length a line is a first one again. */
const BURST_PAUSE_MS = 1000;
/** Lines that wait while the app is away. When it is full, commands are not read until it is half empty. */
export const SPOOL_BYTES = 8 * 1024 * 1024;

/**
 * A build that is done waits so long for its log, for as long as the app answers at all: a store that is away or slow
 * must not cut it. With an app that does not answer, the lease ends the wait.
 */
export const FLUSH_MS = 120_000;

export interface LineSender {
  /** Numbers the line and sends it before long. Call `room` afterwards, and wait for it. */
  push(line: UnnumberedLine): void;
  /** A promise while the spool is full. It also resolves when sending has failed for good. */
  room(): Promise<void> | undefined;
  /** Sends all that is left without delay; resolves when it is durable, or when sending has failed for good. */
  flush(): Promise<void>;
  lastSeq(): number;
}

export interface SenderOptions {
  /** Posts the JSON text of a LogBatch; resolves when the app has it. A rejection ends the sender for good. */
  readonly post: (body: string) => Promise<void>;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
  /** Called once, when a post was rejected. */
  readonly onFailure: (error: unknown) => void;
}

/** Numbers lines from 1 without gaps; one batch is in flight, so they arrive in order. */
export function createLineSender({ post, monotonicMs, onFailure }: SenderOptions): LineSender {
  const spool = createSpool();
  const waiting = { room: [] as (() => void)[], empty: [] as (() => void)[] };
  let seq = 0;
  let isSending = false;
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;
  let delayMs = FIRST_DELAY_MS;
  let last = { sentAt: Number.NEGATIVE_INFINITY, lines: 0 };

  const settle = (): void => {
    if (hasFailed || spool.sizeBytes() <= SPOOL_BYTES / 2) release(waiting.room);
    if (hasFailed || (spool.isEmpty() && !isSending)) release(waiting.empty);
  };
  const nextDelayMs = (): number => {
    const isBurst = last.lines >= LARGE_BATCH_LINES && monotonicMs() - last.sentAt < BURST_PAUSE_MS;
    delayMs = isBurst ? Math.min(delayMs * 2, LONGEST_DELAY_MS) : FIRST_DELAY_MS;
    return delayMs;
  };
  const schedule = (): void => {
    if (isSending || hasFailed || spool.isEmpty()) return;
    if (spool.hasFullBatch() || waiting.empty.length > 0) void send();
    else timer ??= setTimeout(() => void send(), nextDelayMs());
  };
  const send = async (): Promise<void> => {
    clearTimeout(timer);
    const batch = spool.takeBatch();
    [timer, isSending, last] = [undefined, true, { sentAt: monotonicMs(), lines: batch.length }];
    try {
      await post(`{"lines":[${batch.join(',')}]}`);
    } catch (error) {
      hasFailed = true;
      spool.clear();
      onFailure(error);
    }
    isSending = false;
    settle();
    schedule();
  };

  return {
    push(line) {
      if (hasFailed) return;
      const numbered: LogLine = { seq: ++seq, ...line };
      spool.push(JSON.stringify(numbered));
      schedule();
    },
    room() {
      if (hasFailed || spool.sizeBytes() <= SPOOL_BYTES) return undefined;
      return new Promise((resolve) => waiting.room.push(resolve));
    },
    flush() {
      return new Promise((resolve) => {
        waiting.empty.push(resolve);
        settle();
        schedule();
      });
    },
    lastSeq: () => seq,
  };
}

function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}

/** Lines as JSON text: each is spelled once, however often its batch must be sent. */
function createSpool() {
  let lines: string[] = [];
  let first = 0;
  let sizeBytes = 0;
  return {
    sizeBytes: () => sizeBytes,
    isEmpty: () => first === lines.length,
    hasFullBatch: () => lines.length - first >= BATCH_LINES || sizeBytes >= BATCH_BYTES,
    push(line: string): void {
      lines.push(line);
      sizeBytes += Buffer.byteLength(line);
    },
    takeBatch(): string[] {
      const batch: string[] = [];
      let batchBytes = 0;
      while (first < lines.length && batch.length < BATCH_LINES) {
        const lineBytes = Buffer.byteLength(lines[first]!);
        if (batch.length > 0 && batchBytes + lineBytes > BATCH_BYTES) break;
        batch.push(lines[first++]!);
        batchBytes += lineBytes;
      }
      sizeBytes -= batchBytes;
      if (first * 2 > lines.length) [lines, first] = [lines.slice(first), 0];
      return batch;
    },
    clear(): void {
      [lines, first, sizeBytes] = [[], 0, 0];
    },
  };
}
