import type { LogLine, StoredLogLine } from '../../../contracts/log-line.ts';

/**
 * The store is out of reach, too slow or refuses. Nothing is lost: writers send again, readers ask again.
 * The message is for the operator; `cause` is what the server or the network said.
 */
export class LogStoreUnavailable extends Error {
  override readonly name = 'LogStoreUnavailable';
}

/** Where build logs are kept. All methods throw LogStoreUnavailable and nothing else. One contract test suite for every implementation. */
export interface LogStore {
  /** Resolves once the lines are durable and readable. Storing a line twice is the same as once. */
  append(build: BuildName, lines: readonly (LogLine | StoredLogLine)[]): Promise<void>;
  /** Lines after the cursor, in order of (attempt, seq), each once. See isLastPage for where it stops. */
  read(query: LogQuery): Promise<StoredLogLine[]>;
  /** The last lines, in the same order; fewer when these many bytes are full, but one at least. */
  readTail(query: LogTailQuery): Promise<StoredLogLine[]>;
  /** How many different lines of the builder are stored: proves completeness against its last seq. */
  count(build: BuildName): Promise<number>;
  remove(deploymentIds: readonly string[]): Promise<void>;
}

export interface BuildName {
  readonly deploymentId: string;
  readonly attempt: number;
}

export interface LogCursor {
  readonly attempt: number;
  readonly seq: number;
}

export interface LogQuery {
  readonly deploymentId: string;
  /** Undefined: from the beginning. */
  readonly after: LogCursor | undefined;
  /** Lines. */
  readonly limit: number;
  /** A page ends with the line that makes its texts this long (UTF-8): so even one huge line gets through. */
  readonly maxBytes: number;
}

/** `limit` is at most 1,000: one query answers it. */
export type LogTailQuery = Omit<LogQuery, 'after'>;

/** Whether nothing was stored behind these lines when they were read: neither bound has cut the page. */
export function isLastPage(lines: readonly StoredLogLine[], query: LogQuery): boolean {
  if (lines.length >= query.limit) return false;
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line.text), 0);
  return bytes < query.maxBytes;
}

/** Says that a deployment's log or state has moved, to every app process. Only a hint: readers also poll. */
export interface LogHints {
  publish(deploymentId: string): void;
  /** Returns how to unsubscribe. */
  subscribe(deploymentId: string, onHint: () => void): () => void;
}
