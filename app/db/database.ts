import type { SQL } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { type Connection, ExclusiveConnections } from './exclusive-connections.ts';
import * as schema from './schema.ts';

/** One connection, for what must end with it. */
export type Session = PostgresJsDatabase<typeof schema> & { readonly $client: postgres.Sql };
export type Database = PostgresJsDatabase<typeof schema> & { readonly $client: Client };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What queries run on: the pool, or a transaction that holds several of them together. */
export type Executor = Session | Database | Transaction;

/** postgres.js, with transactions and session locks on connections of their own. */
type Client = postgres.Sql & {
  readonly lend: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;
};

export interface DatabaseOptions {
  /** Connections of this process at once. */
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_SECONDS = 10;
/** How soon to connect again, after so many failures of the pool: PostgreSQL may be back at any moment. */
const RECONNECT_FIRST_SECONDS = 0.01;
const RECONNECT_LONGEST_SECONDS = 1;
/** No query of ours takes this long; one that does is stuck, and must not hold its locks for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A program that died between two statements of a transaction must not hold its locks either. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
/** postgres.js waits all of it for a connection that has ended in the middle of a query. */
const CLOSE_TIMEOUT_SECONDS = 2;
/** Statements with more (many rows at once) are written anew each time: PostgreSQL would keep one of each length. */
const MAX_PREPARED_PARAMETERS = 64;
/** Of all connections, those for transactions and locks; most of what we do is transactions. */
const EXCLUSIVE_SHARE = 0.75;

/** Opens a pool; it connects at the first query and again after connections break. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const { maxConnections, applicationName = 'offshoot' } = options;
  const maxExclusive = Math.max(1, Math.round(maxConnections * EXCLUSIVE_SHARE));
  const shared = connect(url, applicationName, Math.max(1, maxConnections - maxExclusive));
  const exclusive = new ExclusiveConnections(
    (onClose) => alike(connect(url, applicationName, 1, onClose), shared),
    maxExclusive,
  );
  return drizzle(withExclusive(shared, exclusive), { schema });
}

export function openSession(url: string, applicationName: string): Session {
  return drizzle(connect(url, applicationName, 1), { schema });
}

function connect(url: string, applicationName: string, max: number, onclose = () => {}): postgres.Sql {
  const client = postgres(url, {
    max,
    onclose,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // Its own waits grow to 20 seconds, and faster the more connections a pool has.
    backoff: (failures) => Math.min(RECONNECT_FIRST_SECONDS * 2 ** failures, RECONNECT_LONGEST_SECONDS),
    // Nobody listens to the query behind it: when the connection ends meanwhile, the process does too.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: applicationName,
      // A plan for any value, made while a table was empty, would be kept while it grows to millions of rows.
      plan_cache_mode: 'force_custom_plan',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  });
  return prepareStatements(client);
}

/**
 * drizzle has no statement kept by PostgreSQL unless it is named, and each execution is then two round trips, a parse and
 * a plan. What it sends is text without values, so there are as many statements as places in our code. Behind a pooler
 * that can't keep them, `?prepare=false` in the URL turns it off.
 */
function prepareStatements(client: postgres.Sql): postgres.Sql {
  const unsafe = client.unsafe.bind(client);
  const prepared: typeof client.unsafe = (query, parameters, options) => {
    const prepare = parameters !== undefined && parameters.length <= MAX_PREPARED_PARAMETERS;
    return unsafe(query, parameters, { ...options, prepare });
  };
  return Object.assign(client, { unsafe: prepared });
}

/** Waits a moment for running queries, then closes all connections. */
export async function closeDatabase(db: Database | Session): Promise<void> {
  await db.$client.end({ timeout: CLOSE_TIMEOUT_SECONDS });
}

/** The rows of a statement that the query builder can't say. */
export async function queryRows<Row extends Record<string, unknown>>(
  db: Executor,
  statement: SQL,
): Promise<Row[]> {
  const rows: readonly unknown[] = await db.execute(statement);
  return rows as Row[];
}

/** drizzle teaches its client how values are read and written; connections of their own must know it too. */
function alike(connection: postgres.Sql, shared: postgres.Sql): postgres.Sql {
  Object.assign(connection.options.parsers, shared.options.parsers);
  Object.assign(connection.options.serializers, shared.options.serializers);
  return connection;
}

function withExclusive(shared: postgres.Sql, exclusive: ExclusiveConnections): Client {
  const endShared = shared.end.bind(shared);
  const overrides: object = {
    begin: exclusive.begin.bind(exclusive),
    lend: exclusive.lend.bind(exclusive),
    async end(options: { timeout: number }) {
      await Promise.all([endShared(options), exclusive.end(options.timeout)]);
    },
  };
  return Object.assign(shared, overrides as Pick<Client, 'begin' | 'lend' | 'end'>);
}
