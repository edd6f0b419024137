import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import postgres from 'postgres';
import type { Service } from './children.ts';
import { spawnKeeper } from './keeper-order.ts';
import { LOOPBACK } from './ports.ts';
import { stopOrphan } from './postgres-orphan.ts';
import { type PostgresPlace, preparePostgresPlace } from './postgres-place.ts';
import { StartError } from './start-error.ts';

const MAJOR = '18';
const UNFINISHED = 'data.new.';
const SUPERUSER = 'offshoot';
const DATABASE = 'offshoot';
const READY_TIMEOUT_MS = 60_000;
const FAST_STOP_MS = 8_000;
const IMMEDIATE_STOP_MS = 10_000;
const STOP_TIMEOUT_MS = 12_000;
const PROBE_TIMEOUT_S = 2;

/** An initialised cluster that can be served. */
export interface Cluster extends PostgresPlace {
  readonly data: string;
  readonly password: string;
}

/**
 * Makes the cluster when it is missing. `durable: false` gives up safety against a crash of the machine, for
 * tests. Throws StartError with what to do when it can't be served.
 */
export async function preparePostgres(
  dataFolder: string,
  password: string,
  durable = true,
): Promise<Cluster> {
  const place = await preparePostgresPlace(dataFolder);
  const cluster = { ...place, data: path.join(place.folder, 'data'), password };
  const major = await readMajor(cluster.data);
  if (major === undefined) await initialise(cluster, durable);
  else if (major !== MAJOR) throw new StartError(wrongMajor(cluster.data, major));
  return cluster;
}

export function postgresUrl(cluster: Cluster, port: number, database = DATABASE): string {
  return `postgres://${SUPERUSER}:${cluster.password}@${LOOPBACK}:${port}/${database}`;
}

/** PostgreSQL on a loopback port, with a password and no socket file. */
export function postgresService(cluster: Cluster, port: number, settings: readonly string[] = []): Service {
  return {
    name: 'PostgreSQL',
    start: async () => {
      await stopOrphan(cluster.data);
      return spawnKeeper({
        command: cluster.postgres,
        args: ['-D', cluster.data, ...serverSettings(port, settings)],
        cwd: cluster.folder,
        env: { LC_ALL: 'C', TZ: 'UTC' },
        user: cluster.user,
        stopSignals: [
          { signal: 'SIGINT', afterMs: 0 },
          { signal: 'SIGQUIT', afterMs: FAST_STOP_MS },
          { signal: 'SIGKILL', afterMs: IMMEDIATE_STOP_MS },
        ],
      });
    },
    isReady: () => ensureDatabase(cluster, port),
    askToStop: (keeper) => keeper.stdin?.end(),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  };
}

function serverSettings(port: number, more: readonly string[]): string[] {
  return [
    `listen_addresses=${LOOPBACK}`,
    `port=${port}`,
    'unix_socket_directories=',
    'log_min_messages=warning',
    ...more,
  ].flatMap((setting) => ['-c', setting]);
}

async function readMajor(data: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function wrongMajor(data: string, major: string): string {
  return (
    `${data} was made by PostgreSQL ${major}, and this Offshoot brings PostgreSQL ${MAJOR}: start the Offshoot that ` +
    `made it, save the database with pg_dump, and load it into a new data folder (OFFSHOOT_DATA); or serve it with ` +
    `a PostgreSQL ${major} of yours and set DATABASE_URL.`
  );
}

/**
 * Made beside its place and renamed: a crash in the middle leaves nothing that looks like a cluster, and an initdb
 * that outlived its parent does not work on the same files.
 */
async function initialise(cluster: Cluster, durable: boolean): Promise<void> {
  await removeUnfinished(cluster.folder);
  const unfinished = path.join(cluster.folder, `${UNFINISHED}${randomUUID()}`);
  const passwordFile = `${unfinished}.password`;
  await writeFile(passwordFile, cluster.password, { mode: 0o600 });
  if (cluster.user !== null) await chown(passwordFile, cluster.user.uid, cluster.user.gid);
  try {
    await runInitdb(cluster, [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, cluster.data);
}

async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(UNFINISHED));
  await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

async function runInitdb(cluster: Cluster, args: readonly string[]): Promise<void> {
  const initdb = spawn(cluster.initdb, args, {
    cwd: cluster.folder,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(cluster.user === null ? {} : { uid: cluster.user.uid, gid: cluster.user.gid }),
  });
  let words = '';
  initdb.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const [code] = (await once(initdb, 'close')) as [number | null];
  if (code !== 0) throw new StartError(`PostgreSQL could not make ${cluster.data}: ${words.trim()}`);
}

/** Answers once the server takes our password; makes our database at the first time. */
async function ensureDatabase(cluster: Cluster, port: number): Promise<boolean> {
  const sql = postgres(postgresUrl(cluster, port, 'postgres'), {
    max: 1,
    connect_timeout: PROBE_TIMEOUT_S,
    onnotice: () => {},
  });
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found.length === 0) await sql`create database ${sql(DATABASE)}`;
    return true;
  } finally {
    await sql.end({ timeout: 0 });
  }
}
