import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { migratePostgres } from '../../app/db/migrate.ts';
import { type RunningService, type ServiceEvents, startService } from '../../embedded/children.ts';
import { clickHouseService, clickHouseUrl, prepareClickHouse } from '../../embedded/clickhouse.ts';
import { findFreePort } from '../../embedded/ports.ts';
import { postgresService, postgresUrl, preparePostgres } from '../../embedded/postgres.ts';

/** A migrated database that the databases of test files are copies of. */
export const TEMPLATE_DATABASE = 'template_offshoot';
const MIGRATIONS = fileURLToPath(new URL('../../migrations/postgres', import.meta.url));
const PASSWORD = 'test';
const PASSABLE = 0o711;
/** A test database needs no safety against a crash of the machine. */
const QUICK = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];
const EVENTS: ServiceEvents = { say: (sentence) => process.stderr.write(`${sentence}\n`), now: Date.now };

/** The servers that all tests of a run share: each starts when the first test asks for it. */
export interface TestServers {
  readonly postgresUrl: () => Promise<string>;
  readonly clickHouseUrl: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** `settings` are PostgreSQL's, over those that make it quick. */
export async function openTestServers(settings: readonly string[] = []): Promise<TestServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offshoot-test-'));
  // As root, PostgreSQL runs under another account: what that can enter needs no place outside the folder.
  await chmod(folder, PASSABLE);
  const running: Promise<RunningService>[] = [];
  const start = async (service: Parameters<typeof startService>[0]) => {
    const started = startService(service, EVENTS);
    running.push(started);
    await started;
  };
  return {
    postgresUrl: once(async () => {
      const [cluster, port] = [await preparePostgres(folder, PASSWORD, false), await findFreePort()];
      await start(postgresService(cluster, port, [...QUICK, ...settings]));
      await makeTemplate(postgresUrl(cluster, port), postgresUrl(cluster, port, TEMPLATE_DATABASE));
      return postgresUrl(cluster, port);
    }),
    clickHouseUrl: once(async () => {
      const [place, port] = [await prepareClickHouse(folder, PASSWORD), await findFreePort()];
      await start(clickHouseService(place, port));
      return clickHouseUrl(place, port);
    }),
    stop: async () => {
      await Promise.allSettled(running.map(async (service) => (await service).stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeTemplate(url: string, templateUrl: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`create database ${sql(TEMPLATE_DATABASE)}`;
  await sql.end();
  await migratePostgres(templateUrl, MIGRATIONS);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
