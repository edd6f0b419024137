import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { deploy } from '../../app/actions/deploy.ts';
import { scheduleBuilds } from '../../app/actions/schedule-builds.ts';
import { createBuilderEndpoints } from '../../app/builds/endpoints/builder-endpoints.ts';
import { createFolderUpload } from '../../app/builds/endpoints/folder-upload.ts';
import { closeDatabase, type Database, openDatabase } from '../../app/db/database.ts';
import { findDeployment } from '../../app/db/deployments.ts';
import { findOpenAttempt } from '../../app/db/open-attempts.ts';
import type { FindSourceUrl } from '../../app/actions/source-url.ts';
import { findProject, insertProject, type ProjectRow } from '../../app/db/projects.ts';
import { attemptToken } from '../../app/domain/attempt-token.ts';
import type { BuildPolicy } from '../../app/domain/build-spec.ts';
import { createSecretBox, type SecretBox } from '../../app/domain/sealed-text.ts';
import { administratorByToken } from '../../app/http/caller.ts';
import { type AppEnv, createHttpGuards } from '../../app/http/guards.ts';
import { type JobQueue, openJobQueue } from '../../app/jobs/queue.ts';
import { BUILDER_PATHS, NONCE_HEADER } from '../../contracts/build-report.ts';
import type { BuildLimits } from '../../contracts/build-spec.ts';
import { createFilesystemStore, type FilesystemStore } from '../../storage/filesystem.ts';
import { type ApiAnswer, serveForTest, type TestServer } from './api-client.ts';
import { createTestDatabase } from './postgres.ts';

const SECRET_KEY = Buffer.alloc(32, 9);
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LEASE_MS = 30_000;

const ROOM_LIMITS: BuildLimits = {
  checkoutTimeoutMs: 1000,
  installTimeoutMs: 1000,
  buildTimeoutMs: 1000,
  publishTimeoutMs: 1000,
  repositoryBytes: 1e9,
  memoryBytes: 1e9,
  processes: 100,
  diskBytes: 1e9,
  outputFiles: 5,
  outputFileBytes: 1000,
  outputBytes: 3000,
  logBytes: 1e6,
};

/** The app as builders see it, on a real PostgreSQL, a real folder and a real socket. No job is worked on. */
export interface BuilderRoom {
  readonly db: Database;
  readonly jobs: JobQueue;
  readonly storage: FilesystemStore;
  readonly app: Hono<AppEnv>;
  readonly server: TestServer;
  readonly origin: string;
  readonly policy: BuildPolicy;
  readonly errors: unknown[];
  /** Epoch milliseconds of the app's clock; it stands still unless a test moves it. */
  readonly clock: { now: number };
  /** Ids of deployments that readers were told of. */
  readonly hinted: string[];
  readonly project: ProjectRow;
  /** Whether the credentials of Git URLs can be opened. */
  readonly secrets: { areReadable: boolean };
  /** Whether GitHub, which makes the tokens of sources, can be asked. */
  readonly sources: { areReachable: boolean };
  /** What the values of environment variables are sealed with. */
  readonly box: SecretBox;
  /** A deployment of a branch of its own, with an attempt that no builder has claimed yet. */
  launch(changes?: LaunchChanges): Promise<TestAttempt>;
  /** The next attempt of a deployment that was queued again. */
  relaunch(deploymentId: string): Promise<TestAttempt>;
  /** What is sent to the job queue, oldest first, without the payload's type. */
  sentJobs(name: string): Promise<Record<string, unknown>[]>;
  dispose(): Promise<void>;
}

interface LaunchChanges {
  readonly ref?: { readonly kind: 'branch' | 'tag' | 'commit'; readonly name: string };
}

export interface TestAttempt {
  readonly attemptId: string;
  readonly deploymentId: string;
  readonly number: number;
  readonly token: string;
  readonly nonce: string;
  /** Sends as its builder does, with token and nonce. */
  post(path: keyof typeof BUILDER_PATHS, body: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  claim(nonce?: string): Promise<ApiAnswer>;
}

export function randomId(): string {
  return Array.from(randomBytes(20), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

export async function openBuilderRoom(): Promise<BuilderRoom> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'offshoot-builder-room-'));
  const db = openDatabase(database.url, { maxConnections: 8 });
  const errors: unknown[] = [];
  const log = { error: ({ err }: { readonly err: unknown }) => errors.push(err) };
  const jobs = await openJobQueue({ url: database.url, log });
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  const now = () => clock.now;
  const hinted: string[] = [];
  const hints = { publish: (id: string) => void hinted.push(id) };
  const policy: BuildPolicy = {
    limits: ROOM_LIMITS,
    heartbeatMs: 5000,
    leaseMs: LEASE_MS,
    allowLocal: true,
    domain: { scheme: 'http', host: 'localhost', port: 8000 },
  };
  const app = new Hono<AppEnv>();
  const server = await serveForTest(app.fetch);
  const origin = `http://127.0.0.1:${server.port}`;
  const signer = { secret: SECRET_KEY, now };
  const storage = await createFilesystemStore({ root: folder, randomId, signer });
  const logs = { append: async () => {} };
  const dependencies = { db, jobs, hints, logs, storage, now, randomId, policy };
  const appUrl = new URL(origin);
  createHttpGuards({ ...dependencies, appUrl, authenticators: [administratorByToken('x')], log }).mountOn(
    app,
  );
  const secrets = { areReadable: true };
  const sources = { areReachable: true };
  const box = createSecretBox([SECRET_KEY], randomBytes);
  const findSourceUrl: FindSourceUrl = async (project) => {
    if (!sources.areReachable) return { ok: false, message: 'GitHub answers 503.', isPassing: true };
    if (!secrets.areReadable)
      return { ok: false, message: 'It was sealed with another key.', isPassing: false };
    return { ok: true, url: `${project.gitUrl}#opened`, token: null };
  };
  app.route(
    '/',
    createBuilderEndpoints({
      ...dependencies,
      appUrl,
      domain: policy.domain,
      findSourceUrl,
      revokeSourceToken: async () => {},
      secrets: box,
    }),
  );
  app.route('/', createFolderUpload({ storage, secret: SECRET_KEY, now }));
  const project = await insertTestProject(db);

  async function relaunch(deploymentId: string): Promise<TestAttempt> {
    await scheduleBuilds({
      ...dependencies,
      maxBuilds: 1000,
      secretKey: SECRET_KEY,
      launcherName: 'test',
      launchTimeoutMs: 60_000,
      readDisk: async () => ({ freeBytes: 1, totalBytes: 1 }),
      minFreeDiskPercent: 0,
    });
    const attempt = await findOpenAttempt(db, deploymentId);
    if (attempt === undefined) throw new Error(`deployment ${deploymentId} was not launched`);
    return createTestAttempt(server, attempt);
  }

  return {
    db,
    jobs,
    storage,
    app,
    server,
    origin,
    policy,
    errors,
    clock,
    hinted,
    project,
    secrets,
    sources,
    box,
    async launch(changes = {}) {
      const ref = { kind: 'branch', name: `branch-${randomId()}`, ...changes.ref } as const;
      const requestedBy = { kind: 'administrator' } as const;
      const order = {
        projectId: project.id,
        ref: { ...ref, commit: 'c'.repeat(40) },
        requestedBy,
        askedAt: 0,
      };
      const result = await deploy(order, { ...dependencies, maxAttempts: 2 });
      if (result.outcome !== 'deployed') throw new Error(result.outcome);
      return relaunch(result.deployment.id);
    },
    relaunch,
    async sentJobs(name) {
      const rows = await db.execute<{ data: Record<string, unknown> }>(
        sql`select data from pgboss.job where name = ${name} order by created_on`,
      );
      return rows.map((row) => row.data);
    },
    async dispose() {
      await server.close();
      await jobs.stop();
      await closeDatabase(db);
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reads a deployment that must be there. */
export async function readDeployment(db: Database, id: string) {
  const deployment = await findDeployment(db, id);
  if (deployment === undefined) throw new Error(`no deployment ${id}`);
  return deployment;
}

async function insertTestProject(db: Database): Promise<ProjectRow> {
  const id = randomId();
  await insertProject(db, {
    id,
    slug: 'site',
    name: 'Site',
    gitUrl: 'https://git.example.com/site.git',
    productionBranch: 'main',
    settings: { buildCommand: 'npm run build' },
    createdAt: new Date(0),
  });
  const project = await findProject(db, id);
  if (project === undefined) throw new Error('the project was not inserted');
  return project;
}

function createTestAttempt(
  server: TestServer,
  { id, deploymentId, number }: { id: string; deploymentId: string; number: number },
): TestAttempt {
  const token = attemptToken(id, SECRET_KEY);
  const nonce = `nonce-of-${id}`;
  const post: TestAttempt['post'] = (path, json, headers = {}) =>
    server.send('POST', BUILDER_PATHS[path], {
      json,
      headers: { authorization: `Bearer ${token}`, [NONCE_HEADER]: nonce, ...headers },
    });
  return {
    attemptId: id,
    deploymentId,
    number,
    token,
    nonce,
    post,
    claim: (other = nonce) => post('claim', { nonce: other }),
  };
}
