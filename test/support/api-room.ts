import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createGithubConnection } from '../../app/actions/github-connection.ts';
import { createGithubCredentials } from '../../app/actions/github-credentials.ts';
import { createSourceUrls, createTokenRevoker } from '../../app/actions/source-url.ts';
import { createHttp, type HttpDependencies } from '../../app/create-http.ts';
import { buildLimitsOf, parseConfig } from '../../app/config.ts';
import { closeDatabase, type Database, openDatabase } from '../../app/db/database.ts';
import { createSecretBox } from '../../app/domain/sealed-text.ts';
import type { GithubEnvironment } from '../../app/domain/github-app.ts';
import { parseAppManifest } from '../../app/github/client/app-manifest.ts';
import type { AppEnv } from '../../app/http/guards.ts';
import { createHintSender } from '../../app/jobs/hint-jobs.ts';
import { openJobQueue } from '../../app/jobs/queue.ts';
import { createWebhookSender, type WebhookSender } from '../../app/notifications/webhook-sender.ts';
import { acceptWebSockets } from '../../app/logs/endpoints/websocket.ts';
import { openClickHouseLogStore } from '../../app/logs/stores/clickhouse.ts';
import { listRemote } from '../../git/list-remote.ts';
import { pickGitEnvironment } from '../../git/run-git.ts';
import { createFilesystemStore } from '../../storage/filesystem.ts';
import { ApiClient, serveForTest, type TestServer } from './api-client.ts';
import { createTestDatabase } from './postgres.ts';

export const TOKEN = 'test-token-of-an-administrator-0123456789';
const GIT_TIMEOUT_MS = 10_000;
const SECRET_KEY = Buffer.alloc(32, 7);
const DOMAIN = { scheme: 'http', host: 'localhost', port: 8000 } as const;
const LIMITS = buildLimitsOf(
  parseConfig({
    OFFSHOOT_TOKEN: TOKEN,
    OFFSHOOT_SECRET_KEY: SECRET_KEY.toString('base64'),
    DATABASE_URL: 'postgres://none',
    CLICKHOUSE_URL: 'http://none',
  }),
);
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The app's HTTP as main.ts composes it, without builders and job workers, on a database of its own. */
export interface ApiRoom {
  readonly app: OpenAPIHono<AppEnv>;
  readonly server: TestServer;
  readonly client: ApiClient;
  readonly db: Database;
  readonly storage: HttpDependencies['storage'];
  /** What a job of the app's needs. */
  readonly dependencies: HttpDependencies & { readonly webhookSender: WebhookSender };
  /** What reached the log of errors. */
  readonly errors: unknown[];
  /** Epoch milliseconds of the app's clock; it stands still unless a test moves it. */
  clock: { now: number };
  /** What the app sees of its disk. */
  readonly disk: { freeBytes: number; readonly totalBytes: number };
  dispose(): Promise<void>;
}

export interface ApiRoomOptions {
  readonly allowLocal?: boolean;
  /** Of other servers than those that the tests of a run share. */
  readonly postgresUrl?: string;
  readonly clickHouseUrl?: string;
  readonly maxConnections?: number;
  /** Of a GitHub on this machine; by default one that nobody reaches. */
  readonly githubApiUrl?: string;
  readonly githubEnvironment?: GithubEnvironment;
  readonly appUrl?: string;
  readonly webhookProxyUrl?: string;
  /** Of the machine that builds. */
  readonly hasSandbox?: boolean;
}

export async function openApiRoom(options: ApiRoomOptions = {}): Promise<ApiRoom> {
  const { allowLocal = true, postgresUrl, maxConnections = 5 } = options;
  // No test here reads a log; log-endpoints.test.ts does, on a real ClickHouse.
  const { clickHouseUrl = 'http://127.0.0.1:1/none' } = options;
  const database = await createTestDatabase(postgresUrl);
  const folder = await mkdtemp(path.join(tmpdir(), 'offshoot-api-'));
  const db = openDatabase(database.url, { maxConnections });
  const errors: unknown[] = [];
  const keep = ({ err }: { readonly err?: unknown }) => errors.push(err);
  const log = { error: keep, warn: keep };
  const jobs = await openJobQueue({ url: database.url, log });
  const storage = await createFilesystemStore({ root: folder, randomId });
  const disk = { freeBytes: 50, totalBytes: 100 };
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  const secrets = createSecretBox([SECRET_KEY], randomBytes);
  const { githubApiUrl = 'http://127.0.0.1:1/api/v3', githubEnvironment = {}, webhookProxyUrl } = options;
  const githubClientOptions = { apiUrl: githubApiUrl, log };
  const now = () => clock.now;
  const githubCredentials = createGithubCredentials({ db, secrets, now, environment: githubEnvironment });
  const github = createGithubConnection(githubCredentials, githubClientOptions);
  const dependencies: ApiRoom['dependencies'] = {
    github,
    githubCredentials,
    githubEnvironment,
    githubClientOptions,
    appManifest: parseAppManifest(await readFile(path.join(import.meta.dirname, '../../app.yml'), 'utf8')),
    webhookProxyUrl,
    jobHints: createHintSender({ db, jobs, log }),
    db,
    jobs,
    hints: { publish: () => {}, subscribe: () => () => {} },
    storage,
    logs: openClickHouseLogStore(clickHouseUrl),
    log,
    now: () => clock.now,
    randomId,
    maxAttempts: 2,
    hasSandbox: options.hasSandbox ?? true,
    keepPerBranch: 10,
    previewDays: 30,
    allowLocal,
    listRemote: (url) =>
      listRemote(url, {
        allowLocal,
        environment: pickGitEnvironment(process.env),
        signal: AbortSignal.timeout(GIT_TIMEOUT_MS),
      }),
    webhookSender: createWebhookSender({ allowPrivate: allowLocal, environment: {}, now: Date.now }),
    secrets,
    findSourceUrl: createSourceUrls({ db, secrets, github, now: () => clock.now }),
    revokeSourceToken: createTokenRevoker({ github, now: () => clock.now }),
    githubWebUrl: 'https://github.com',
    policy: { limits: LIMITS, heartbeatMs: 1000, leaseMs: 10_000, allowLocal, domain: DOMAIN },
    token: TOKEN,
    secretKey: SECRET_KEY,
    launchTimeoutMs: 60_000,
    readDisk: async () => disk,
    minFreeDiskPercent: 5,
    appUrl: new URL(options.appUrl ?? 'http://deploy.example.com'),
    domain: DOMAIN,
  };
  const app = createHttp(dependencies);
  const server = await serveForTest(app.fetch, acceptWebSockets());
  return {
    app,
    server,
    client: new ApiClient(server, TOKEN, errors),
    db,
    storage,
    dependencies,
    errors,
    clock,
    disk,
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
