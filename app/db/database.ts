import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema.ts';

export type Database = PostgresJsDatabase<typeof schema> & { readonly $client: postgres.Sql };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What queries run on: the pool, or a transaction that holds several of them together. */
export type Executor = Database | Transaction;

export interface DatabaseOptions {
  /** Connections of this process at once. */
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_SECONDS = 10;
/** No query of ours takes this long; one that does is stuck, and must not hold its locks for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A program that died between two statements of a transaction must not hold its locks either. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_SECONDS = 5;

/** Opens a pool; it connects at the first query and again after a connection breaks. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const client = postgres(url, {
    max: options.maxConnections,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName ?? 'offshoot',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  });
  return drizzle(client, { schema });
}

/** Waits a moment for running queries, then closes all connections. */
export async function closeDatabase(db: Database): Promise<void> {
  await db.$client.end({ timeout: CLOSE_TIMEOUT_SECONDS });
}
