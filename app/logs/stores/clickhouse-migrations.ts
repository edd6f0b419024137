import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { openClickHouse, parseClickHouseUrl } from './clickhouse-client.ts';

const MIGRATION_FILE = /^[0-9]{4}_[a-z0-9_]+\.sql$/;

/** ClickHouse holds a schema that this program can't work with; the message says what to do. */
export class ClickHouseMigrationError extends Error {
  override readonly name = 'ClickHouseMigrationError';
}

export interface ClickHouseMigrationOptions {
  /** CLICKHOUSE_URL. */
  readonly url: string;
  /** Of *.sql files, applied in the order of their names. */
  readonly folder: string;
  /** Lines older than this are dropped. OFFSHOOT_LOG_RETENTION_DAYS. */
  readonly retentionDays: number;
}

/**
 * Creates the database, applies the migrations that it does not have yet, and sets the retention. ClickHouse has
 * neither transactions nor locks, so every statement of a migration can be repeated (IF NOT EXISTS, IF EXISTS; a
 * test applies each twice): programs that start at once, or again after a crash in the middle, do no harm.
 * Throws ClickHouseMigrationError when a newer program has used the database.
 */
export async function migrateClickHouse(options: ClickHouseMigrationOptions): Promise<void> {
  const { server, database } = parseClickHouseUrl(options.url);
  await withClient(server, null, (client) =>
    run(client, `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`),
  );
  await withClient(server, database, async (client) => {
    await run(client, RECORDS);
    const known = await listMigrations(options.folder);
    const applied = await readApplied(client);
    checkApplied(applied, known, database);
    for (const name of known.filter((name) => !applied.includes(name))) {
      await apply(client, options.folder, name);
    }
    await setRetention(client, options.retentionDays);
  });
}

const RECORDS = `CREATE TABLE IF NOT EXISTS schema_migrations
  (name String, applied_at DateTime('UTC') DEFAULT now()) ENGINE = ReplacingMergeTree ORDER BY name`;

/** Statements are separated by a semicolon at the end of a line. */
export function splitStatements(sql: string): string[] {
  return sql
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^--.*$/gm, '').trim() !== '');
}

async function apply(client: ClickHouseClient, folder: string, name: string): Promise<void> {
  for (const statement of splitStatements(await readFile(join(folder, name), 'utf8'))) {
    await run(client, statement);
  }
  await client.insert({ table: 'schema_migrations', values: [{ name }], format: 'JSONEachRow' });
}

async function listMigrations(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => MIGRATION_FILE.test(name)).toSorted();
  if (names.length === 0) throw new Error(`no migrations for ClickHouse in ${folder}`);
  return names;
}

async function readApplied(client: ClickHouseClient): Promise<string[]> {
  const query = 'SELECT DISTINCT name FROM schema_migrations ORDER BY name';
  const answer = await client.query({ query, format: 'JSONEachRow' });
  return (await answer.json<{ name: string }>()).map((row) => row.name);
}

function checkApplied(applied: readonly string[], known: readonly string[], database: string): void {
  const strangers = applied.filter((name) => !known.includes(name));
  if (strangers.length === 0) return;
  throw new ClickHouseMigrationError(
    `ClickHouse's database "${database}" has migrations that this version of Offshoot does not know ` +
      `(${strangers.join(', ')}): a newer version has used it. Start that version again, or let CLICKHOUSE_URL ` +
      'name another database. Nothing was changed.',
  );
}

/** The retention is a setting, not a part of the schema: it may change between two starts. */
async function setRetention(client: ClickHouseClient, days: number): Promise<void> {
  const ttl = `toDate(received_at) + toIntervalDay(${days})`;
  const query = "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'logs'";
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<{ engine_full: string }>();
  if (rows[0]?.engine_full.includes(`TTL ${ttl} `)) return;
  await run(client, `ALTER TABLE logs MODIFY TTL ${ttl}`);
}

async function run(client: ClickHouseClient, query: string): Promise<void> {
  await client.command({ query, clickhouse_settings: { wait_end_of_query: 1 } });
}

async function withClient<T>(
  server: URL,
  database: string | null,
  work: (client: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const client = openClickHouse(server, database);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
