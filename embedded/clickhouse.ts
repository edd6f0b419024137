import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from './children.ts';
import { LOOPBACK } from './ports.ts';
import { answersOk } from './probe.ts';
import { StartError } from './start-error.ts';

const CHILD = fileURLToPath(new URL('clickhouse-child.ts', import.meta.url));
const USER = 'offshoot';
const DATABASE = 'offshoot';
const MAX_MEMORY_BYTES = 1024 * 1024 * 1024;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/** It serves HTTP, then reads standard input to its end: that is how long it lives. */
const SERVE_QUERY =
  "SYSTEM START LISTEN HTTP; SELECT count() FROM file('-', 'LineAsString', 'l String') FORMAT Null";

/** A folder with ClickHouse's data and configuration, ready to be served. */
export interface ClickHousePlace {
  readonly folder: string;
  readonly password: string;
}

/** Writes the configuration. Throws StartError where this platform has no engine. */
export async function prepareClickHouse(dataFolder: string, password: string): Promise<ClickHousePlace> {
  requireEngine();
  const folder = path.join(dataFolder, 'clickhouse');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const usersFile = path.join(folder, 'users.xml');
  await writeFile(usersFile, usersXml(password), { mode: 0o600 });
  await writeFile(path.join(folder, 'config.xml'), configXml(usersFile, password), { mode: 0o600 });
  return { folder, password };
}

export function clickHouseUrl(place: ClickHousePlace, port: number, database = DATABASE): string {
  return `http://${USER}:${place.password}@${LOOPBACK}:${port}/${database}`;
}

/** ClickHouse on a loopback port. */
export function clickHouseService(place: ClickHousePlace, port: number): Service {
  const args = [
    `--path=${path.join(place.folder, 'data')}`,
    `--config-file=${path.join(place.folder, 'config.xml')}`,
    `--listen_host=${LOOPBACK}`,
    `--http_port=${port}`,
    `--query=${SERVE_QUERY}`,
  ];
  return {
    name: 'ClickHouse',
    start: async () =>
      spawn(process.execPath, [CHILD, ...args], { detached: true, stdio: ['pipe', 'ignore', 'pipe'] }),
    isReady: () => ensureDatabase(place, port),
    askToStop: (child) => child.stdin?.end(),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  };
}

function requireEngine(): void {
  try {
    const require = createRequire(import.meta.url);
    require.resolve('ffi-rs');
    (require('chdb/libchdb') as { libchdbPath: () => string }).libchdbPath();
  } catch {
    throw new StartError(
      `No ClickHouse engine for ${process.platform}-${process.arch} is installed (npm package chdb; it needs glibc): ` +
        `set CLICKHOUSE_URL to a ClickHouse server of yours.`,
    );
  }
}

/**
 * The engine's own local session logs in as `default` without a password, so that user must stay. Over HTTP only
 * requests with our user's exact credentials reach a handler; all others, `default` included, get 404.
 */
function configXml(usersFile: string, password: string): string {
  return `<clickhouse>
  <max_server_memory_usage>${MAX_MEMORY_BYTES}</max_server_memory_usage>
  <users_config>${escapeXml(usersFile)}</users_config>
  <http_handlers>
    <rule>
      <url>/ping</url>
      <handler><type>static</type><status>200</status><response_content>Ok.&#10;</response_content></handler>
    </rule>
    <rule>
      <headers><Authorization>${basicCredentials(password)}</Authorization></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
</clickhouse>
`;
}

function usersXml(password: string): string {
  const rest = `<networks><ip>${LOOPBACK}</ip></networks><profile>default</profile><quota>default</quota>`;
  return `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default><password/>${rest}</default>
    <${USER}><password>${escapeXml(password)}</password>${rest}</${USER}>
  </users>
</clickhouse>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/**
 * Answers once the server takes our password; makes our database, since `default` is not Atomic here. `/ping` alone
 * would also be answered by another ClickHouse on that port.
 */
async function ensureDatabase(place: ClickHousePlace, port: number): Promise<boolean> {
  const server = { host: LOOPBACK, port };
  if (!(await answersOk({ ...server, path: '/ping' }))) return false;
  return answersOk({
    ...server,
    path: '/',
    headers: { authorization: basicCredentials(place.password) },
    body: `CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`,
  });
}

function basicCredentials(password: string): string {
  return `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
}
