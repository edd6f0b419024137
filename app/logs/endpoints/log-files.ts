import type { StoredLogLine } from '../../../contracts/log-line.ts';
import { isLastPage, type LogCursor, type LogQuery, type LogStore } from '../stores/log-store.ts';

/** A file's reader holds one page in memory; each page is at least one query. */
const PAGE_LINES = 20_000;
const PAGE_BYTES = 2 * 1024 * 1024;

/** How a line is written in each of the formats that hold a whole log. */
export const LINE_FORMATS = {
  text: (line: StoredLogLine) => `${line.text}\n`,
  ndjson: (line: StoredLogLine) => `${JSON.stringify(line)}\n`,
} as const;

/**
 * The whole log so far as a stream of bytes. It reads a page when the reader asks for more, so memory is
 * bounded by one page. The first page is read before this resolves: a store that is away throws here, while an
 * error answer is still possible. Later on the stream breaks, so that a cut log never looks like a whole one.
 */
export async function openLogFile(
  store: LogStore,
  start: { readonly deploymentId: string; readonly after: LogCursor | undefined },
  format: (line: StoredLogLine) => string,
): Promise<ReadableStream<Uint8Array>> {
  const pages = readPages(store, { ...start, limit: PAGE_LINES, maxBytes: PAGE_BYTES });
  const encoder = new TextEncoder();
  let page = await pages.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (page.done === true) return controller.close();
        controller.enqueue(encoder.encode(page.value.map(format).join('')));
        page = await pages.next();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* readPages(store: LogStore, query: LogQuery): AsyncGenerator<StoredLogLine[], void, void> {
  let after = query.after;
  for (;;) {
    const lines = await store.read({ ...query, after });
    const last = lines.at(-1);
    if (last === undefined) return;
    yield lines;
    if (isLastPage(lines, query)) return;
    after = { attempt: last.attempt, seq: last.seq };
  }
}
