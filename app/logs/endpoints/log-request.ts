import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { isId } from '../../../contracts/ids.ts';
import type { LogProgress } from '../../db/log-progress.ts';
import { problem } from '../../http/problem.ts';
import type { LogCursor } from '../stores/log-store.ts';
import { parseCursor } from './cursor.ts';
import { logQuerySchema } from './log-messages.ts';

type LogFormat = 'json' | 'ndjson' | 'text' | 'sse' | 'websocket';

/** A request for the log of a deployment that exists. */
export interface LogRequest {
  readonly format: LogFormat;
  readonly deploymentId: string;
  readonly progress: LogProgress;
  readonly after: LogCursor | undefined;
  readonly limit: number;
}

const FORMAT_OF_MEDIA_TYPE: Readonly<Record<string, LogFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/plain': 'text',
  'text/event-stream': 'sse',
};

/** What is asked for, or the problem document that says why it can't be answered. */
export async function parseLogRequest(
  context: Context,
  readProgress: (deploymentId: string) => Promise<LogProgress | undefined>,
): Promise<LogRequest | Response> {
  const query = logQuerySchema.safeParse(context.req.query());
  if (!query.success) {
    const [issue] = query.error.issues;
    return refuseParameter(context, String(issue?.path[0] ?? ''), issue?.message ?? 'It is malformed.');
  }
  const after = readCursor(context, query.data.after);
  if (after === 'malformed') {
    return refuseParameter(context, 'after', 'It is no cursor: send a `next` or an event id as you got it.');
  }
  const deploymentId = context.req.param('id') ?? '';
  const progress = isId(deploymentId) ? await readProgress(deploymentId) : undefined;
  if (progress === undefined) {
    return problem(context, 'deployment_not_found', 'No deployment has this id.');
  }
  const format = formatOf(context, query.data.format);
  return { format, deploymentId, progress, after, limit: query.data.limit };
}

export function isUpgrade(context: Context): boolean {
  return context.req.header('upgrade')?.toLowerCase() === 'websocket';
}

/** A browser that connects again sends the id of the last event it got; that is newer than what the URL says. */
function readCursor(context: Context, after: string | undefined): LogCursor | undefined | 'malformed' {
  const text = context.req.header('last-event-id') ?? after;
  if (text === undefined || text === '') return undefined;
  return parseCursor(text) ?? 'malformed';
}

function formatOf(context: Context, asked: LogFormat | undefined): LogFormat {
  if (isUpgrade(context)) return 'websocket';
  if (asked !== undefined) return asked;
  const supports = Object.keys(FORMAT_OF_MEDIA_TYPE);
  const mediaType = accepts(context, { header: 'Accept', supports, default: 'application/json' });
  return FORMAT_OF_MEDIA_TYPE[mediaType] ?? 'json';
}

function refuseParameter(context: Context, pointer: string, message: string): Response {
  const detail = `The query parameter "${pointer}" can not be used: ${message}`;
  return problem(context, 'invalid_request', detail, { errors: [{ pointer, message }] });
}
