import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../test/support/offshoot.ts';
import { listProcesses } from '../test/support/processes.ts';
import { type RunningService, startService } from './children.ts';
import { findFreePort } from './ports.ts';
import { type Cluster, postgresService, postgresUrl, preparePostgres } from './postgres.ts';

const RECOVERY_TIMEOUT_MS = 15_000;
const said: string[] = [];
const events = { say: (sentence: string) => said.push(sentence), now: Date.now };

let folder: string;
let cluster: Cluster;
let port: number;
let server: RunningService;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-postgres-'));
  await chmod(folder, 0o711);
  cluster = await preparePostgres(folder, 'correct');
  port = await findFreePort();
  server = await startService(postgresService(cluster, port), events);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function query<T>(
  statement: (sql: postgres.Sql) => Promise<T>,
  url = postgresUrl(cluster, port),
): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    return await statement(sql);
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function show(name: string): Promise<unknown> {
  return query(async (sql) => (await sql`select current_setting(${name}) as value`)[0]?.['value']);
}

async function postmaster(): Promise<number> {
  return Number((await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function waitForRecovery(): Promise<void> {
  await waitFor('PostgreSQL', RECOVERY_TIMEOUT_MS, () =>
    query((sql) => sql`select 1`).catch(() => undefined),
  );
}

describe('the server', () => {
  test('is PostgreSQL 18 with UTF-8 and our database', async () => {
    expect(await show('server_version')).toMatch(/^18\./);
    expect(await show('server_encoding')).toBe('UTF8');
    expect(await query(async (sql) => (await sql`select current_database() as name`)[0]?.['name'])).toBe(
      'offshoot',
    );
  });

  test('takes nobody without the password, whoever asks', async () => {
    const wrong = postgresUrl({ ...cluster, password: 'wrong' }, port);
    await expect(query((sql) => sql`select 1`, wrong)).rejects.toThrow('password authentication failed');
    const rules = await query((sql) => sql`select distinct auth_method from pg_hba_file_rules`);
    expect(rules.map((rule) => rule['auth_method'])).toEqual(['scram-sha-256']);
  });

  test('listens on loopback only, and on no socket file', async () => {
    expect(await show('listen_addresses')).toBe('127.0.0.1');
    expect(await show('unix_socket_directories')).toBe('');
  });

  test('leaves its password in no file', async () => {
    const names = await readdir(cluster.folder);
    expect(names).toEqual(['data']);
  });
});

describe('a crash', () => {
  test('of the server: it is back on the same port with all that was committed', async () => {
    await query((sql) => sql`create table crashed as select 1 as n`);
    process.kill(await postmaster(), 'SIGKILL');
    await waitForRecovery();
    expect(await query((sql) => sql`select n from crashed`)).toHaveLength(1);
  });

  test('of its keeper: the orphan is ended, and the server is back on the same port', async () => {
    const orphan = await postmaster();
    const keeper = listProcesses().find(({ pid }) => pid === orphan)?.parent ?? 0;
    process.kill(keeper, 'SIGKILL');
    await waitFor('another server', RECOVERY_TIMEOUT_MS, async () => {
      const pid = await postmaster().catch(() => orphan);
      return pid === orphan ? undefined : pid;
    });
    await waitForRecovery();
    await waitFor('the news', RECOVERY_TIMEOUT_MS, async () => said.at(-1)?.includes('is back') || undefined);
    expect(listProcesses().filter(({ pid, state }) => pid === orphan && state !== 'Z')).toEqual([]);
  });

  test('of the machine: a pid file that names a stranger does not keep it from starting', async () => {
    await server.stop();
    await writeFile(path.join(cluster.data, 'postmaster.pid'), `${process.pid}\n${cluster.data}\n0\n`);
    server = await startService(postgresService(cluster, port), events);
    expect(await query((sql) => sql`select 1`)).toHaveLength(1);
  });

  test('while it was made: the rest is removed and it is made anew', async () => {
    const other = path.join(folder, 'other');
    await mkdir(path.join(other, 'postgres', 'data.new.half', 'base'), { recursive: true });
    await chmod(other, 0o711);
    await preparePostgres(other, 'correct', false);
    expect(await readdir(path.join(other, 'postgres'))).toEqual(['data']);
  });
});

test('a cluster that another Offshoot keeps is left alone, and told', async () => {
  const another = postgresService(cluster, await findFreePort());
  await expect(startService(another, events)).rejects.toThrow(
    /postgres\/data is served by another Offshoot \(its PostgreSQL is kept by process \d+\)/,
  );
  await sleep(100);
  expect(await query((sql) => sql`select 1`)).toHaveLength(1);
});
