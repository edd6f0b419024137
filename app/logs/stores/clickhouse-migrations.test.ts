import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestClickHouse, type TestClickHouse } from '../../../test/support/clickhouse.ts';
import { openClickHouse, parseClickHouseUrl } from './clickhouse-client.ts';
import { ClickHouseMigrationError, migrateClickHouse, splitStatements } from './clickhouse-migrations.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations/clickhouse');
let server: TestClickHouse;
let folder: string;

beforeEach(async () => {
  server = await createTestClickHouse();
  folder = await mkdtemp(join(tmpdir(), 'clickhouse-migrations-'));
  await cp(MIGRATIONS, folder, { recursive: true });
});
afterEach(async () => {
  await server.drop();
  await rm(folder, { recursive: true });
});

const migrate = (retentionDays = 90) => migrateClickHouse({ url: server.url, folder, retentionDays });

async function run(query: string): Promise<void> {
  const client = openClickHouse(parseClickHouseUrl(server.url).server, server.database);
  await client.command({ query });
  await client.close();
}

async function select(query: string): Promise<unknown[]> {
  const client = openClickHouse(parseClickHouseUrl(server.url).server, server.database);
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).json();
  await client.close();
  return rows;
}

const describeSchema = () =>
  select(
    `SELECT name, replaceAll(create_table_query, currentDatabase(), 'db') AS ddl FROM system.tables
     WHERE database = currentDatabase() ORDER BY name`,
  );

describe('migrating ClickHouse', () => {
  it('creates the database that the URL names, as Atomic', async () => {
    await server.drop();
    await migrate();
    expect(await select('SELECT engine FROM system.databases WHERE name = currentDatabase()')).toEqual([
      { engine: 'Atomic' },
    ]);
  });

  it('is done by eight programs at once as by one', async () => {
    await Promise.all(Array.from({ length: 8 }, () => migrate()));
    expect(await select('SELECT DISTINCT name FROM schema_migrations')).toEqual([{ name: '0001_logs.sql' }]);
  });

  it('may be repeated from any point: every statement is harmless the second time', async () => {
    await migrate();
    const schema = await describeSchema();
    await run('TRUNCATE TABLE schema_migrations');
    await migrate();
    expect(await describeSchema()).toEqual(schema);
  });

  it('applies a new migration to an old database, once', async () => {
    await migrate();
    await writeFile(
      join(folder, '0002_more.sql'),
      'CREATE TABLE IF NOT EXISTS more (a Int8) ENGINE = Memory;\n',
    );
    await migrate();
    await run('DROP TABLE more');
    await migrate();
    expect(await select('EXISTS TABLE more')).toEqual([{ result: 0 }]);
  });

  it('refuses a database that a newer program has used, and says what to do', async () => {
    await migrate();
    await run("INSERT INTO schema_migrations (name) VALUES ('0099_future.sql')");
    const refused = migrate(30);
    await expect(refused).rejects.toThrow(ClickHouseMigrationError);
    await expect(refused).rejects.toThrow(/0099_future\.sql.*newer version.*Start that version again/s);
    expect(JSON.stringify(await describeSchema())).toContain('toIntervalDay(90)');
  });

  it('changes the retention when the setting has changed', async () => {
    await migrate(90);
    await migrate(7);
    expect(JSON.stringify(await describeSchema())).toContain('toIntervalDay(7)');
    await run(
      "INSERT INTO logs (deployment_id, received_at) VALUES ('old', now() - toIntervalDay(9)), ('new', now())",
    );
    await run('OPTIMIZE TABLE logs FINAL');
    expect(await select('SELECT deployment_id FROM logs')).toEqual([{ deployment_id: 'new' }]);
  });
});

describe('a migration file', () => {
  it('is split at semicolons that end a line', () => {
    expect(splitStatements("-- a; b\nSELECT ';';\n\nSELECT 2 ; \r\n-- end\n")).toEqual([
      "-- a; b\nSELECT ';'",
      'SELECT 2',
    ]);
  });
});

describe('CLICKHOUSE_URL', () => {
  it.each([
    ['http://127.0.0.1:8123', 'offshoot'],
    ['http://u:p@127.0.0.1:8123/', 'offshoot'],
    ['https://clickhouse.example.com:8443/logs_2', 'logs_2'],
  ])('%s names the database %s', (url, database) => {
    expect(parseClickHouseUrl(url).database).toBe(database);
  });

  it.each(['clickhouse', 'tcp://127.0.0.1:9000/offshoot', 'http://h/a/b', 'http://h/a;drop', 'http://h/1a'])(
    'refuses %s',
    (url) => {
      expect(() => parseClickHouseUrl(url)).toThrow(/CLICKHOUSE_URL/);
    },
  );
});
