import type { SQL } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';

import { ConnectionPool } from './connection-pool.ts';
import * as schema from './schema.ts';

export type Database = NodePgDatabase<typeof schema> & { readonly $client: ConnectionPool };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What queries run on: the pool, or a transaction that holds several of them together. */
export type Executor = Database | Transaction;

export interface DatabaseOptions {
  /** Connections of this process at once. */
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** No query of ours takes this long; one that does is stuck, and must not hold its locks for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A program that died between two statements of a transaction must not hold its locks either. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
/** For a server or network that says nothing at all: a little more than what the server itself allows. */
const QUERY_TIMEOUT_MS = 65_000;

/** Opens a pool; it connects at the first query and again after connections break. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const client = new ConnectionPool({
    connectionString: url,
    max: options.maxConnections,
    application_name: options.applicationName ?? 'offshoot',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  return drizzle(client, { schema });
}

/** Waits for running queries, then closes all connections. Twice is the same as once. */
export async function closeDatabase(db: Database): Promise<void> {
  if (!db.$client.ended) await db.$client.end();
}

/** The rows of a statement that the query builder can't say. */
export async function queryRows<Row extends Record<string, unknown>>(
  db: Executor,
  statement: SQL,
): Promise<Row[]> {
  const { rows } = await db.execute(statement);
  return rows as Row[];
}
