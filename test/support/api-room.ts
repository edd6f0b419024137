import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiDependencies } from '../../app/api/api-dependencies.ts';
import { createApi } from '../../app/api/create-api.ts';
import { closeDatabase, type Database, openDatabase } from '../../app/db/database.ts';
import { createSecretBox } from '../../app/domain/sealed-text.ts';
import { administratorByToken } from '../../app/http/caller.ts';
import { type AppEnv, createHttpGuards } from '../../app/http/guards.ts';
import { openJobQueue } from '../../app/jobs/queue.ts';
import { createLogEndpoints } from '../../app/logs/endpoints/log-endpoints.ts';
import { logPageSchema, logQuerySchema } from '../../app/logs/endpoints/log-messages.ts';
import { openClickHouseLogStore } from '../../app/logs/stores/clickhouse.ts';
import { readLogProgress } from '../../app/db/log-progress.ts';
import { listRemote } from '../../git/list-remote.ts';
import { pickGitEnvironment } from '../../git/run-git.ts';
import { createFilesystemStore } from '../../storage/filesystem.ts';
import { ApiClient, serveForTest, type TestServer } from './api-client.ts';
import { createTestDatabase } from './postgres.ts';

const TOKEN = 'test-token-of-an-administrator-0123456789';
const GIT_TIMEOUT_MS = 10_000;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The app's HTTP as main.ts composes it, without builders and job workers, on a database of its own. */
export interface ApiRoom {
  readonly app: OpenAPIHono<AppEnv>;
  readonly server: TestServer;
  readonly client: ApiClient;
  readonly db: Database;
  readonly storage: ApiDependencies['storage'];
  /** What reached the log of errors. */
  readonly errors: unknown[];
  /** Epoch milliseconds of the app's clock; it stands still unless a test moves it. */
  clock: { now: number };
  dispose(): Promise<void>;
}

export interface ApiRoomOptions {
  readonly allowLocal?: boolean;
}

export async function openApiRoom({ allowLocal = true }: ApiRoomOptions = {}): Promise<ApiRoom> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'offshoot-api-'));
  const db = openDatabase(database.url, { maxConnections: 5 });
  const errors: unknown[] = [];
  const keep = ({ err }: { readonly err: unknown }) => errors.push(err);
  const log = { error: keep, warn: keep };
  const jobs = await openJobQueue({ url: database.url, log });
  const storage = await createFilesystemStore({ root: folder, randomId });
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  const hints = { publish: () => {}, subscribe: () => () => {} };
  const dependencies: ApiDependencies = {
    db,
    jobs,
    hints,
    storage,
    now: () => clock.now,
    randomId,
    maxAttempts: 2,
    allowLocal,
    listRemote: (url) =>
      listRemote(url, {
        allowLocal,
        environment: pickGitEnvironment(process.env),
        signal: AbortSignal.timeout(GIT_TIMEOUT_MS),
      }),
    secrets: createSecretBox([Buffer.alloc(32, 7)], randomBytes),
    appUrl: new URL('http://deploy.example.com'),
    domain: { scheme: 'http', host: 'localhost', port: 8000 },
    logSchemas: { query: logQuerySchema, page: logPageSchema },
  };
  const app = new OpenAPIHono<AppEnv>();
  createHttpGuards({ ...dependencies, authenticators: [administratorByToken(TOKEN)], log }).mountOn(app);
  app.route('/', createApi(dependencies));
  app.route(
    '/',
    createLogEndpoints({
      store: openClickHouseLogStore('http://127.0.0.1:1/none'),
      hints,
      readProgress: (id) => readLogProgress(db, id),
      findBuild: async (context) => context.text('no build', 401),
      log,
    }),
  );
  const server = await serveForTest(app.fetch);
  return {
    app,
    server,
    client: new ApiClient(server, TOKEN, errors),
    db,
    storage,
    errors,
    clock,
    async dispose() {
      await server.close();
      await jobs.stop();
      await closeDatabase(db);
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function randomId(): string {
  return Array.from(randomBytes(20), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
