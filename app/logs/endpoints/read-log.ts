import type { Context } from 'hono';
import { isFinal } from '../../domain/transition.ts';
import { isLastPage, type LogStore } from '../stores/log-store.ts';
import { checkCompleteness } from './completeness.ts';
import { BEGINNING, formatCursor } from './cursor.ts';
import { LINE_FORMATS, openLogFile } from './log-files.ts';
import { type LogPage, MAX_PAGE_BYTES } from './log-messages.ts';
import type { LogRequest } from './log-request.ts';

const FILE_TYPES = {
  text: 'text/plain; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
} as const;

/** One page, with the cursor of the next. */
export async function readLogPage(store: LogStore, request: LogRequest): Promise<LogPage> {
  const { deploymentId, progress, after, limit } = request;
  const query = { deploymentId, after, limit, maxBytes: MAX_PAGE_BYTES };
  const lines = await store.read(query);
  const isLast = isFinal(progress.status) && isLastPage(lines, query);
  const cursor = lines.at(-1) ?? after ?? BEGINNING;
  const completeness = await checkCompleteness(store, deploymentId, progress);
  return { logs: [...lines], next: isLast ? null : formatCursor(cursor), ...completeness };
}

/** The whole log so far as a file; headers say whether it is all. */
export async function answerLogFile(
  context: Context,
  store: LogStore,
  request: LogRequest,
  format: keyof typeof FILE_TYPES,
): Promise<Response> {
  const body = await openLogFile(store, request, LINE_FORMATS[format]);
  const { complete, missing } = await checkCompleteness(store, request.deploymentId, request.progress);
  return context.body(body, 200, {
    'content-type': FILE_TYPES[format],
    'offshoot-log-complete': String(complete),
    ...(missing === null ? {} : { 'offshoot-log-missing': String(missing) }),
  });
}
