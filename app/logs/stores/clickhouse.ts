import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import {
  LAST_WORD_SEQ,
  type LogLine,
  type LogPhase,
  type LogStream,
  type StoredLogLine,
} from '../../../contracts/log-line.ts';
import { openClickHouse, parseClickHouseUrl } from './clickhouse-client.ts';
import { groupWrites } from './group-writes.ts';
import {
  type BuildName,
  isLastPage,
  type LogQuery,
  type LogStore,
  LogStoreUnavailable,
  type LogTailQuery,
} from './log-store.ts';

const MAX_WRITE_LINES = 50_000;
const MAX_WRITE_BYTES = 32 * 1024 * 1024;
const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** One deletion names at most this many deployments. */
const MAX_REMOVED_AT_ONCE = 500;

/**
 * A query takes so many lines, and a larger page several queries: 1,000 lines of 64 KiB take the server 200 MB, since
 * it holds them all before it finds where the page ends; 5,000 took more than a query may have.
 */
const SAFE_QUERY_LINES = 1000;
/**
 * After lines that were short a query takes more, about this many bytes of them: 200,000 lines of 100 bytes were read
 * four times as fast. Where long ones follow, the server refuses, and is asked again for fewer.
 */
const QUERY_BYTES = 8 * 1024 * 1024;
const MAX_QUERY_LINES = 20_000;

/** Bounds of every query: a log that is too large must not take the server, or the app, down with it. */
const READ_SETTINGS: ClickHouseSettings = {
  max_execution_time: 10,
  max_memory_usage: String(512 * 1024 * 1024),
  max_threads: 2,
  // A reader that went away ends its query.
  cancel_http_readonly_queries_on_client_close: 1,
  // Repeats share their key, so filters on the key may come before FINAL; measured: 12 → 7 ms at 200,000 lines.
  optimize_move_to_prewhere_if_final: 1,
  use_skip_indexes_if_final: 1,
  output_format_json_quote_64bit_integers: 0,
};
const WRITE_SETTINGS: ClickHouseSettings = {
  max_execution_time: 10,
  async_insert: 0,
  // The status line comes after the insert, so that it can't say 200 and fail then.
  wait_end_of_query: 1,
};

// FINAL drops repeats. `LIMIT 1 BY attempt, seq` was measured too: the same at 10,000 lines of one deployment,
// at 200,000 slower for a page (24 ms against 10) and for the whole log (106 against 90).
const READ = `
  SELECT attempt, seq, at_ms, phase, stream, text
  FROM (
    SELECT *, sum(length(text)) OVER (ORDER BY attempt, seq ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM (
      SELECT attempt, seq, at_ms, phase, stream, text
      FROM logs FINAL
      WHERE deployment_id = {deploymentId:String} AND (attempt, seq) > ({attempt:Int64}, {seq:Int64})
      ORDER BY attempt, seq
      LIMIT {limit:UInt32}
    )
  )
  WHERE bytes_so_far - length(text) < {maxBytes:UInt64}
  ORDER BY attempt, seq`;

const READ_TAIL = `
  SELECT attempt, seq, at_ms, phase, stream, text
  FROM (
    SELECT *, sum(length(text)) OVER (ORDER BY attempt DESC, seq DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM (
      SELECT attempt, seq, at_ms, phase, stream, text
      FROM logs FINAL
      WHERE deployment_id = {deploymentId:String}
      ORDER BY attempt DESC, seq DESC
      LIMIT {limit:UInt32}
    )
  )
  WHERE bytes_so_far - length(text) < {maxBytes:UInt64}
  ORDER BY attempt, seq`;

const COUNT = `
  SELECT count()
  FROM logs FINAL
  WHERE deployment_id = {deploymentId:String} AND attempt = {attempt:UInt32}
    AND seq BETWEEN 1 AND ${LAST_WORD_SEQ - 1}`;

const REMOVE = 'DELETE FROM logs WHERE deployment_id IN {deploymentIds:Array(String)}';

const COLUMNS = ['deployment_id', 'attempt', 'seq', 'at_ms', 'phase', 'stream', 'text'] as const;
type Row = [string, number, number, number, string, string, string];
type ReadRow = [number, number, number, LogPhase, LogStream, string];

export interface ClickHouseLogStore extends LogStore {
  close(): Promise<void>;
}

/**
 * Build logs in ClickHouse, in the database that `url` (CLICKHOUSE_URL) names; migrateClickHouse has made it.
 * Opening sends nothing: a server that is away makes calls throw LogStoreUnavailable until it is back, and one
 * that hangs does after `timeoutMs`.
 */
export function openClickHouseLogStore(url: string, timeoutMs?: number): ClickHouseLogStore {
  const { server, database } = parseClickHouseUrl(url);
  const client = openClickHouse(server, database, timeoutMs);
  const append = groupWrites<Row>((rows) => insertRows(client, rows), WRITE_BOUNDS, refuseMore);
  return {
    append: (build, lines) =>
      append(
        lines.map((line) => toRow(build, line)),
        sizeOf(lines),
      ),
    read: (query) => readLines(client, query),
    readTail: (query) => readTail(client, query),
    count: (build) => countLines(client, build),
    remove: (deploymentIds) => removeLines(client, deploymentIds),
    close: () => client.close(),
  };
}

const WRITE_BOUNDS = {
  maxItems: MAX_WRITE_LINES,
  maxBytes: MAX_WRITE_BYTES,
  maxWaitingBytes: MAX_WAITING_BYTES,
};

function refuseMore(): Error {
  return new LogStoreUnavailable(`more than ${MAX_WAITING_BYTES} bytes of log lines wait for ClickHouse`);
}

function toRow(build: BuildName, line: LogLine | StoredLogLine): Row {
  // ClickHouse refuses the escape of a lone surrogate, and with it the whole batch.
  const text = line.text.toWellFormed();
  return [build.deploymentId, build.attempt, line.seq, line.at, line.phase, line.stream, text];
}

function sizeOf(lines: readonly { readonly text: string }[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line.text), 0);
}

async function insertRows(client: ClickHouseClient, values: Row[]): Promise<void> {
  await attempt('insert lines', () =>
    client.insert({
      table: 'logs',
      columns: [...COLUMNS],
      values,
      // Measured against JSONEachRow, JSONColumns and TSV: within noise of the fastest, and plain to read.
      format: 'JSONCompactEachRow',
      clickhouse_settings: WRITE_SETTINGS,
    }),
  );
}

async function readLines(client: ClickHouseClient, query: LogQuery): Promise<StoredLogLine[]> {
  const lines: StoredLogLine[] = [];
  let queryLines = SAFE_QUERY_LINES;
  for (let rest = query; ;) {
    const piece = { ...rest, limit: Math.min(rest.limit, queryLines) };
    const read = await readPiece(client, piece).catch((error: unknown) => {
      if (!isTooLarge(error) || piece.limit <= SAFE_QUERY_LINES) throw error;
      return undefined;
    });
    if (read === undefined) {
      queryLines = SAFE_QUERY_LINES;
      continue;
    }
    for (const line of read) lines.push(line);
    const after = read.at(-1);
    const [limit, maxBytes] = [rest.limit - read.length, rest.maxBytes - sizeOf(read)];
    if (after === undefined || limit === 0 || maxBytes <= 0 || isLastPage(read, piece)) return lines;
    rest = { ...rest, after, limit, maxBytes };
    queryLines = planQueryLines(read.length, sizeOf(read));
  }
}

function planQueryLines(lines: number, bytes: number): number {
  const fitting = Math.floor(QUERY_BYTES / (bytes / lines + 1));
  return Math.min(MAX_QUERY_LINES, Math.max(SAFE_QUERY_LINES, fitting));
}

/** The query would have taken more memory than it may have. */
function isTooLarge(error: unknown): boolean {
  const cause = error instanceof LogStoreUnavailable ? error.cause : undefined;
  return cause instanceof ClickHouseError && cause.type === 'MEMORY_LIMIT_EXCEEDED';
}

async function readPiece(client: ClickHouseClient, query: LogQuery): Promise<StoredLogLine[]> {
  const { deploymentId, limit, maxBytes } = query;
  const { attempt, seq } = query.after ?? { attempt: -1, seq: -1 };
  return (await select<ReadRow>(client, READ, { deploymentId, limit, maxBytes, attempt, seq })).map(toLine);
}

async function readTail(client: ClickHouseClient, query: LogTailQuery): Promise<StoredLogLine[]> {
  const limit = Math.min(query.limit, SAFE_QUERY_LINES);
  return (await select<ReadRow>(client, READ_TAIL, { ...query, limit })).map(toLine);
}

function toLine([attempt, seq, at, phase, stream, text]: ReadRow): StoredLogLine {
  return { attempt, seq, at, phase, stream, text };
}

async function countLines(client: ClickHouseClient, build: BuildName): Promise<number> {
  const [row] = await select<[number]>(client, COUNT, { ...build });
  return row?.[0] ?? 0;
}

async function removeLines(client: ClickHouseClient, deploymentIds: readonly string[]): Promise<void> {
  for (let start = 0; start < deploymentIds.length; start += MAX_REMOVED_AT_ONCE) {
    const query_params = { deploymentIds: deploymentIds.slice(start, start + MAX_REMOVED_AT_ONCE) };
    const statement = { query: REMOVE, query_params, clickhouse_settings: WRITE_SETTINGS };
    await attempt('delete lines', () => client.command(statement));
  }
}

function select<R>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown>,
): Promise<R[]> {
  return attempt('read lines', async () => {
    const format = 'JSONCompactEachRow';
    const answer = await client.query({ query, query_params, format, clickhouse_settings: READ_SETTINGS });
    return answer.json<R>();
  });
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LogStoreUnavailable(`ClickHouse could not ${what}: ${why}`, { cause });
  }
}
