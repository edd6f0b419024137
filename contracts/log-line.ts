import { z } from 'zod';
import { type Phase, phaseSchema } from './phases.ts';

/** One line of a build log is at most this many UTF-8 bytes; a longer one goes on in the next line. */
export const MAX_LINE_BYTES = 64 * 1024;
/** A batch that the app's log endpoint accepts: lines and bytes of the JSON body. */
export const MAX_BATCH_LINES = 10_000;
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** `system` is what Offshoot says; the other two are what the user's commands said. */
export const streamSchema = z.enum(['stdout', 'stderr', 'system']);
export type LogStream = z.infer<typeof streamSchema>;

/**
 * One line of a build's log.
 * `seq` counts from 1 without gaps within one attempt; (deployment, attempt, seq) names a line for ever,
 * so that a batch that was sent twice is stored once. `at` is epoch milliseconds at the builder.
 */
export const logLineSchema = z.object({
  seq: z.number().int().positive().lt(0xffff_ffff),
  at: z.number().int().nonnegative(),
  phase: phaseSchema,
  stream: streamSchema,
  /** In UTF-16 units, which are never more than the bytes: a cheap bound against hostile builders. */
  text: z.string().max(MAX_LINE_BYTES),
});
export type LogLine = z.infer<typeof logLineSchema>;

/** What the builder posts to /api/builder/logs. The attempt follows from the builder's token. */
export const logBatchSchema = z.object({ lines: z.array(logLineSchema).min(1).max(MAX_BATCH_LINES) });
export type LogBatch = z.infer<typeof logBatchSchema>;

/**
 * The app's own words about an attempt stand beside the builder's lines under two reserved numbers: one before
 * the builder's first line (why there is an attempt) and one after its last (what became of it).
 */
export const FIRST_WORD_SEQ = 0;
export const LAST_WORD_SEQ = 0xffff_ffff;

/** `deploy` is the phase of the app's own words. */
export type LogPhase = Phase | 'deploy';

/** A line as readers get it, from the log API. */
export interface StoredLogLine {
  readonly attempt: number;
  readonly seq: number;
  readonly at: number;
  readonly phase: LogPhase;
  readonly stream: LogStream;
  readonly text: string;
}
