/** A server that we need is out of reach, or is starting or stopping: the same request may succeed soon. */
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  /** Postgres: too many connections; being shut down; crashed; starting. */
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
/** What pg says, without a code, of connections that were lost, could not be had, or are being closed. */
const MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after)/;
const NAMES: ReadonlySet<string> = new Set(['StorageError']);
const MAX_CAUSES = 10;

/** Whether an error, or what caused it, is of that kind. Anything else is a bug or a broken server. */
export function isUnavailable(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (NAMES.has(cause.name) || MESSAGES.test(cause.message)) return true;
    if ('code' in cause && CODES.has(String(cause.code))) return true;
    cause = cause.cause;
  }
  return false;
}
