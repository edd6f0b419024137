import { DrizzleQueryError } from 'drizzle-orm';
import { pino } from 'pino';

/**
 * For the log. drizzle's error says all values of the statement, in its message, its stack and a property of its own:
 * somebody's commit messages, e-mail addresses, payloads. The log gets the statement and what PostgreSQL said of it.
 */
export function serializeError(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError))
    return error instanceof Error ? pino.stdSerializers.err(error) : error;
  const cause = error.cause ?? new Error('the statement failed');
  return { ...pino.stdSerializers.err(cause), query: error.query };
}
