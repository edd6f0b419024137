/** A server that we need is out of reach, or is starting or stopping: the same request may succeed soon. */
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  /** postgres.js: lost, given up, being closed, not had in time. */
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  /** Postgres: too many connections; being shut down; crashed; starting. */
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
const NAMES: ReadonlySet<string> = new Set(['StorageError', 'GithubCallFailed']);
const MAX_CAUSES = 10;

/** Whether an error, or what caused it, is of that kind. Anything else is a bug or a broken server. */
export function isUnavailable(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (NAMES.has(cause.name) || ('code' in cause && CODES.has(String(cause.code)))) return true;
    cause = cause.cause;
  }
  return false;
}
