import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { eq } from 'drizzle-orm';
import { Hono } from 'hono';
import { closeDatabase, type Database, openDatabase } from '../../app/db/database.ts';
import { migratePostgres } from '../../app/db/migrate.ts';
import { readLogProgress } from '../../app/db/log-progress.ts';
import { attempts, deployments, projects } from '../../app/db/schema.ts';
import type { AppEnv } from '../../app/http/guards.ts';
import { createLogEndpoints } from '../../app/logs/endpoints/log-endpoints.ts';
import { acceptWebSockets } from '../../app/logs/endpoints/websocket.ts';
import { migrateClickHouse } from '../../app/logs/stores/clickhouse-migrations.ts';
import { openClickHouseLogStore } from '../../app/logs/stores/clickhouse.ts';
import type { LogHints, LogStore } from '../../app/logs/stores/log-store.ts';
import { openPostgresHints } from '../../app/logs/stores/postgres-hints.ts';
import type { LogLine } from '../../contracts/log-line.ts';
import { nextDeploymentId } from './log-lines.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
type Deployment = typeof deployments.$inferInsert;

export interface LogAppServers {
  readonly databaseUrl: string;
  readonly clickHouseUrl: string;
}

/** The log's part of one app process, listening: without guards, and with `deployment.attempt` as the token. */
export interface LogApp {
  readonly url: string;
  readonly store: LogStore;
  readonly database: Database;
  readonly warnings: string[];
  /** How often the store was read. */
  reads(): number;
  /** How many subscriptions to hints there are: one for each deployment that somebody follows. */
  subscriptions(): number;
  post(deploymentId: string, lines: readonly LogLine[], attempt?: number): Promise<Response>;
  /** A building deployment with one attempt, unless `changes` say otherwise; its id. */
  insertDeployment(changes?: Partial<Deployment>): Promise<string>;
  /** Writes how it ended, and what its builder said of its last line; then hints, as the app does. */
  end(deploymentId: string, changes: Partial<Deployment>, lastSeq: number | null): Promise<void>;
  close(): Promise<void>;
}

/** What else the app answers. */
export type AddRoutes = (
  app: Hono<AppEnv>,
  parts: { readonly db: Database; readonly logs: LogStore; readonly hints: LogHints },
) => void;

/** Migrates the two servers and starts an app on them, which asks about a log without a hint each `pollMs`. */
export async function startLogApp(
  { databaseUrl, clickHouseUrl }: LogAppServers,
  addRoutes: AddRoutes = () => {},
  pollMs?: number,
): Promise<LogApp> {
  await migratePostgres(databaseUrl, join(MIGRATIONS, 'postgres'));
  await migrateClickHouse({ url: clickHouseUrl, folder: join(MIGRATIONS, 'clickhouse'), retentionDays: 90 });
  const database = openDatabase(databaseUrl, { maxConnections: 4 });
  const store = openClickHouseLogStore(clickHouseUrl);
  const hints = await openPostgresHints({ url: databaseUrl, onError: () => {} });
  const warnings: string[] = [];
  const counts = { reads: 0, subscriptions: 0 };
  const counted: LogStore = {
    ...store,
    read: (query) => (counts.reads++, store.read(query)),
    readTail: (query) => (counts.reads++, store.readTail(query)),
  };
  const app = new Hono<AppEnv>();
  // The guards', which are not here.
  app.use((context, next) => {
    context.set('caller', { kind: 'administrator' });
    return next();
  });
  app.route(
    '/',
    createLogEndpoints({
      store: counted,
      ...(pollMs === undefined ? {} : { pollMs }),
      hints: countSubscriptions(hints, counts),
      readProgress: (id) => readLogProgress(database, id),
      findBuild: async (context) => {
        const [deploymentId, attempt] = (context.req.header('authorization') ?? '').slice(7).split('.');
        return deploymentId === undefined || attempt === undefined
          ? context.text('who are you?', 401)
          : { deploymentId, attempt: Number(attempt) };
      },
      log: { warn: (_, message) => warnings.push(message) },
      now: Date.now,
    }),
  );
  addRoutes(app, { db: database, logs: counted, hints });
  const webSockets = acceptWebSockets();
  const server = serve({
    fetch: app.fetch,
    port: 0,
    hostname: '127.0.0.1',
    websocket: webSockets,
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    store,
    database,
    warnings,
    reads: () => counts.reads,
    subscriptions: () => counts.subscriptions,
    post: (deploymentId, lines, attempt = 1) =>
      fetch(`${url}/api/builder/logs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${deploymentId}.${attempt}`, 'content-type': 'application/json' },
        body: JSON.stringify({ lines }),
      }),
    insertDeployment: (changes) => insertDeployment(database, changes),
    async end(id, changes, lastSeq) {
      await database.update(attempts).set({ lastSeq }).where(eq(attempts.deploymentId, id));
      await database.update(deployments).set(changes).where(eq(deployments.id, id));
      hints.publish(id);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      webSockets.terminateAll();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await Promise.all([store.close(), hints.close(), closeDatabase(database)]);
    },
  };
}

function countSubscriptions(hints: LogHints, counts: { subscriptions: number }): LogHints {
  return {
    publish: (deploymentId) => hints.publish(deploymentId),
    subscribe(deploymentId, onHint) {
      const unsubscribe = hints.subscribe(deploymentId, onHint);
      counts.subscriptions += 1;
      return () => {
        counts.subscriptions -= 1;
        unsubscribe();
      };
    },
  };
}

export async function insertDeployment(
  database: Database,
  changes: Partial<Deployment> = {},
): Promise<string> {
  const [id, createdAt] = [nextDeploymentId(), new Date()];
  await database.insert(projects).values({
    id,
    slug: id,
    name: id,
    gitUrl: 'https://example.com/a.git',
    productionBranch: 'main',
    settings: {},
    createdAt,
  });
  await database.insert(deployments).values({
    id,
    projectId: id,
    environment: 'preview',
    refKind: 'branch',
    ref: 'main',
    commit: 'a'.repeat(40),
    status: 'building',
    settings: {},
    attemptsLeft: 1,
    phases: [],
    createdAt,
    ...changes,
  });
  await insertAttempt(database, id, 1, null);
  return id;
}

export async function insertAttempt(
  database: Database,
  deploymentId: string,
  number: number,
  lastSeq: number | null,
): Promise<void> {
  const now = new Date();
  const id = `${deploymentId}-${number}`;
  await database.insert(attempts).values({
    id,
    deploymentId,
    number,
    status: 'running',
    tokenHash: id,
    launcher: 'process',
    leaseExpiresAt: now,
    createdAt: now,
    lastSeq,
  });
}
