import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

/** The database when the URL names none. */
const DEFAULT_DATABASE = 'offshoot';
const DATABASE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
/** Sockets of this process to ClickHouse at once; more requests than that wait for one. */
const MAX_CONNECTIONS = 16;
/** Below the shortest keep-alive timeout of any server we know (3 s): a socket that it is closing is never used. */
const IDLE_SOCKET_TTL_MS = 2000;
/** No answer at all for this long: the server hangs. Above every max_execution_time that we send. */
const REQUEST_TIMEOUT_MS = 12_000;

export interface ClickHouseAddress {
  /** Without the path. */
  readonly server: URL;
  readonly database: string;
}

/** Reads CLICKHOUSE_URL: `http(s)://user:password@host:port/database`. Throws an Error that names what is wrong. */
export function parseClickHouseUrl(text: string): ClickHouseAddress {
  const server = URL.parse(text);
  if (server === null || !/^https?:$/.test(server.protocol)) {
    throw new Error('CLICKHOUSE_URL is no URL like http://user:password@host:8123/offshoot');
  }
  const path = server.pathname.slice(1);
  const database = path === '' ? DEFAULT_DATABASE : path;
  if (!DATABASE_NAME.test(database)) {
    throw new Error(
      `CLICKHOUSE_URL names the database "${path}": use letters, digits and _ (it is created when missing)`,
    );
  }
  server.pathname = '/';
  return { server, database };
}

/**
 * Opens a pool of sockets; nothing is sent yet. With `database` null statements name it themselves (before it
 * exists, a server refuses every request that selects it). It never retries: who asks knows when to ask again.
 */
export function openClickHouse(
  server: URL,
  database: string | null,
  timeoutMs: number = REQUEST_TIMEOUT_MS,
): ClickHouseClient {
  const url = new URL(server);
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  return createClient({
    url,
    username: username === '' ? 'default' : username,
    password,
    ...(database === null ? {} : { database }),
    application: 'offshoot',
    request_timeout: timeoutMs,
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_TTL_MS, eagerly_destroy_stale_sockets: true },
    // Every failure is thrown to the caller, who logs it once.
    log: { level: ClickHouseLogLevel.OFF },
  });
}
