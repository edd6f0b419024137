import type { LogLine, StoredLogLine } from '../../../contracts/log-line.ts';

/** Where build logs are kept. One contract test suite for every implementation. */
export interface LogStore {
  /** Resolves once the lines are durable. Storing a line twice is the same as once. */
  append(build: BuildName, lines: readonly (LogLine | StoredLogLine)[]): Promise<void>;
  /** Lines after the cursor, in order of (attempt, seq), each once; at most `limit`. */
  read(query: LogQuery): Promise<StoredLogLine[]>;
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
  readonly after: LogCursor | undefined;
  readonly limit: number;
}

/** Says that a deployment's log or state has moved, to every app process. Only a hint: readers also poll. */
export interface LogHints {
  publish(deploymentId: string): void;
  /** Returns how to unsubscribe. */
  subscribe(deploymentId: string, onHint: () => void): () => void;
}
