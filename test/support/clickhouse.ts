import { randomUUID } from 'node:crypto';
import { createClient } from '@clickhouse/client';
import { sharedServerUrl } from './shared-server.ts';

export interface TestClickHouse {
  /** Names the database, user and password: a CLICKHOUSE_URL. */
  readonly url: string;
  readonly database: string;
  readonly drop: () => Promise<void>;
}

/** A fresh, empty database of this run's ClickHouse: one for each test file. */
export async function createTestClickHouse(): Promise<TestClickHouse> {
  const server = await sharedServerUrl('clickhouse');
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await run(server, `CREATE DATABASE ${database} ENGINE = Atomic`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return { url: url.href, database, drop: () => run(server, `DROP DATABASE ${database} SYNC`) };
}

async function run(url: string, query: string): Promise<void> {
  const client = createClient({ url });
  try {
    await client.command({ query });
  } finally {
    await client.close();
  }
}
