import { z } from 'zod';
import { streamSchema } from '../../../contracts/log-line.ts';
import { failureReasonSchema, phaseSchema } from '../../../contracts/phases.ts';
import { DEPLOYMENT_STATUSES } from '../../domain/words.ts';

/** Lines of a JSON page, unless `limit` says otherwise, and at most. */
const DEFAULT_PAGE_LINES = 1000;
const MAX_PAGE_LINES = 5000;
/** A page of long lines is shorter: its texts have about this many bytes. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** What a reader should wait before it asks again while the store is away. */
export const RETRY_AFTER_SECONDS = 2;
export const DELAYED_DETAIL =
  'The log store is out of reach, so the lines of this log are delayed. None are lost: builders keep them ' +
  'and send them again. Ask again in a moment.';

export const logQuerySchema = z.object({
  format: z.enum(['json', 'ndjson', 'text', 'sse']).optional(),
  after: z.string().max(21).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_LINES).default(DEFAULT_PAGE_LINES),
});

const storedLogLineSchema = z.object({
  seq: z.number().int().nonnegative().meta({
    description: 'Counts from 1 in each attempt. 0 and 4294967295 are the app’s own words.',
  }),
  attempt: z.number().int().positive(),
  at: z.number().int().nonnegative().meta({ description: 'Epoch milliseconds at the builder.' }),
  phase: z.enum([...phaseSchema.options, 'deploy']),
  stream: streamSchema,
  text: z.string().meta({
    description: 'Untrusted, with terminal escapes: escape it for where you show it.',
  }),
});

/** `GET /logs/:id` as JSON. */
export const logPageSchema = z.object({
  logs: z.array(storedLogLineSchema),
  next: z.string().nullable().meta({
    description: 'Send it as `after` to go on. Null when the deployment is over and this was the last page.',
  }),
  complete: z.boolean().meta({ description: 'The deployment is over and all of its lines are stored.' }),
  missing: z.number().int().nonnegative().nullable().meta({
    description: 'How many lines were numbered by builders but are not stored; null while it runs.',
  }),
});
export type LogPage = z.infer<typeof logPageSchema>;

/** The data of the server-sent event `result`, and `result` of the WebSocket's last message. */
export const logResultSchema = z.object({
  status: z.enum(DEPLOYMENT_STATUSES),
  reason: failureReasonSchema.nullable(),
  message: z.string().nullable(),
  complete: z.boolean(),
  missing: z.number().int().nonnegative().nullable(),
});
