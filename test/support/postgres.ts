import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { sharedServerUrl } from './shared-server.ts';
import { TEMPLATE_DATABASE } from './test-servers.ts';

export interface TestDatabase {
  readonly url: string;
  /** Connections that are still open do not keep it. */
  readonly drop: () => Promise<void>;
}

/** A fresh, migrated database, of this run's PostgreSQL unless another is named: one for each test file. */
export async function createTestDatabase(serverUrl?: string): Promise<TestDatabase> {
  const server = serverUrl ?? (await sharedServerUrl('postgres'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(
    server,
    (sql) => sql`create database ${sql(name)} template ${sql(TEMPLATE_DATABASE)} strategy file_copy`,
  );
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administer(server, (sql) => sql`drop database ${sql(name)} with (force)`),
  };
}

async function administer(url: string, statement: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await statement(sql);
  } finally {
    await sql.end();
  }
}
