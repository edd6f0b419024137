import { createClient } from '@clickhouse/client';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createTestClickHouse } from './clickhouse.ts';
import { createTestDatabase } from './postgres.ts';

test('databases of tests are migrated, and nothing of one is in another', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const [sql, otherSql] = [postgres(one.url), postgres(other.url)];
  await sql`insert into projects (id, slug, name, git_url, production_branch, settings, created_at)
            values ('a', 'a', 'a', 'https://example.org/a.git', 'main', '{}', now())`;
  expect(await otherSql`select id from projects`).toHaveLength(0);
  expect(await sql`select id from projects`).toHaveLength(1);
  // Open connections do not keep it.
  await Promise.all([one.drop(), other.drop()]);
  await Promise.all([sql.end(), otherSql.end()]);
});

test('ClickHouse databases of tests are separate', async () => {
  const [one, other] = await Promise.all([createTestClickHouse(), createTestClickHouse()]);
  const [client, otherClient] = [createClient({ url: one.url }), createClient({ url: other.url })];
  await client.command({ query: 'CREATE TABLE t (n Int32) ENGINE = MergeTree ORDER BY n' });
  const tables = await otherClient.query({ query: 'SHOW TABLES', format: 'JSONEachRow' });
  expect(await tables.json()).toEqual([]);
  await Promise.all([client.close(), otherClient.close()]);
  await Promise.all([one.drop(), other.drop()]);
});
