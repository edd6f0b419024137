import { formatCursor } from './cursor.ts';
import type { LogEvent } from './follow-log.ts';
import { DELAYED_DETAIL } from './log-messages.ts';

/** Comments keep proxies and browsers from taking a silent build for a dead connection. */
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for this long is cut off; its browser resumes at Last-Event-ID. */
const STALLED_READER_MS = 60_000;
/** How long a browser waits before it connects again. */
const RECONNECT_MS = 1000;

/** One event of a log in the format of server-sent events; each line is an event, its id the cursor. */
export function formatServerSentEvent(event: LogEvent): string {
  switch (event.kind) {
    case 'lines':
      return event.lines
        .map((line) => `id: ${formatCursor(line)}\ndata: ${JSON.stringify(line)}\n\n`)
        .join('');
    case 'delayed':
      return `event: delayed\ndata: ${JSON.stringify({ detail: DELAYED_DETAIL })}\n\n`;
    case 'result':
      return `event: result\ndata: ${JSON.stringify(event.result)}\n\n`;
    case 'gone':
      return 'event: gone\ndata: {}\n\n';
  }
}

/**
 * Streams events as the reader takes them: the next one is asked for when the last one has left. `abort` ends
 * the events' source when the reader goes away or stalls.
 */
export function streamServerSentEvents(
  events: AsyncIterator<LogEvent, void>,
  abort: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  let stall: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(heartbeat);
    clearTimeout(stall);
    abort.abort();
    // It may be resting at a yield, where no signal reaches it.
    void events.return?.();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => controller.enqueue(encoder.encode(text));
      send(`retry: ${RECONNECT_MS}\n\n`);
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) send(': still here\n\n');
      }, HEARTBEAT_MS);
    },
    async pull(controller) {
      clearTimeout(stall);
      const next = await events.next();
      if (abort.signal.aborted) return;
      if (next.done === true) {
        stop();
        return controller.close();
      }
      controller.enqueue(encoder.encode(formatServerSentEvent(next.value)));
      stall = setTimeout(() => {
        stop();
        controller.error(new Error(`a log reader took nothing for ${STALLED_READER_MS} ms`));
      }, STALLED_READER_MS);
    },
    cancel: stop,
  });
}
