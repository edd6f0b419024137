import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pointer, pointerSchema } from '../../contracts/alias.ts';
import { formatManifest, type Manifest } from '../../contracts/manifest.ts';
import { blobKey, manifestKey, pointerKey } from '../../contracts/storage-keys.ts';
import { deploy, type DeployDependencies, type DeployOrder } from '../../app/actions/deploy.ts';
import { createGithubPace } from '../../app/actions/github-pace.ts';
import type { ReceiveDeliveryDependencies } from '../../app/actions/github/receive-delivery.ts';
import type { ReconcileDependencies } from '../../app/actions/reconcile.ts';
import { scheduleBuilds } from '../../app/actions/schedule-builds.ts';
import { announceBlobs, markBlobsStored } from '../../app/db/blobs.ts';
import { recordArtifact } from '../../app/db/build-progress.ts';
import { closeDatabase, openDatabase } from '../../app/db/database.ts';
import { type DeploymentRow, findDeployment, moveDeployment } from '../../app/db/deployments.ts';
import { endOpenAttempt, findOpenAttempt } from '../../app/db/open-attempts.ts';
import { insertProject, type ProjectRow } from '../../app/db/projects.ts';
import { lockManifest } from '../../app/db/retention.ts';
import type { HandlerDependencies } from '../../app/jobs/handlers/create-handlers.ts';
import { createHintSender } from '../../app/jobs/hint-jobs.ts';
import { openJobQueue, type JobQueue } from '../../app/jobs/queue.ts';
import { createWebhookSender } from '../../app/notifications/webhook-sender.ts';
import type { BuildName } from '../../app/logs/stores/log-store.ts';
import type { StoredLogLine } from '../../contracts/log-line.ts';
import { createFilesystemStore, type FilesystemStore } from '../../storage/filesystem.ts';
import { createTestDatabase } from './postgres.ts';
import { openTestLauncher, type TestLauncher } from './test-launcher.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Above every generation. */
const NOW = Number.MAX_SAFE_INTEGER;
/** Half a minute apart from all bounds of the settings below. */
const START = Date.parse('2026-01-01T00:00:00Z');
const LEASE_MS = 30_000;

export type CoreDependencies = HandlerDependencies &
  ReconcileDependencies &
  DeployDependencies &
  ReceiveDeliveryDependencies;

/** The app's core on a real database, queue and folder, with builders that only exist in the test's mind. */
export interface CoreRoom {
  readonly dependencies: CoreDependencies;
  readonly db: CoreDependencies['db'];
  readonly jobs: JobQueue;
  /** For other processes. */
  readonly databaseUrl: string;
  readonly storage: FilesystemStore;
  readonly launcher: TestLauncher;
  /** Epoch milliseconds; stands still unless a test moves it. */
  readonly clock: { now: number };
  /** The app's words, and whatever else was appended to logs. */
  readonly lines: (BuildName & StoredLogLine)[];
  /** Deployments whose change was announced. */
  readonly hinted: string[];
  createProject(changes?: Partial<ProjectRow>): Promise<ProjectRow>;
  /** Asks for a deployment of a branch, by default production's. */
  request(project: ProjectRow, branch?: string): Promise<DeploymentRow>;
  /** What builder and app do from queued until the artifact is complete; nothing is live yet. */
  publish(deployment: DeploymentRow, content?: string): Promise<void>;
  read(id: string): Promise<DeploymentRow>;
  /** What storage says of a host. */
  pointer(label: string): Promise<Pointer | undefined>;
  dispose(): Promise<void>;
}

export async function openCoreRoom(changes: Partial<CoreDependencies> = {}): Promise<CoreRoom> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'offshoot-core-'));
  const db = openDatabase(database.url, { maxConnections: 24 });
  const log = { error: () => {}, warn: () => {} };
  const jobs = await openJobQueue({ url: database.url, log });
  const storage = await createFilesystemStore({ root: folder, randomId });
  const launcher = openTestLauncher();
  const clock = { now: START };
  const lines: CoreRoom['lines'] = [];
  const hinted: string[] = [];
  const dependencies: CoreDependencies = {
    db,
    jobs,
    storage,
    launcher,
    log,
    randomId,
    logs: {
      append: async (build, more) => {
        lines.push(...more.map((line) => ({ ...build, ...(line as StoredLogLine) })));
      },
      readTail: async ({ deploymentId, limit }) =>
        lines.filter((line) => line.deploymentId === deploymentId).slice(-limit),
      remove: async (ids) => {
        for (const id of ids) {
          const at = lines.findIndex((line) => line.deploymentId === id);
          if (at !== -1) lines.splice(at, 1);
        }
      },
    },
    secrets: { open: (sealed) => sealed },
    listRemote: async () => ({ ok: false, message: 'The repository of this room can not be asked.' }),
    readBranchHead: async () => 'gone',
    readPullRequest: async () => 'gone',
    readPermission: async () => 'none',
    hasSandbox: true,
    github: { read: async () => ({ state: 'none' }) },
    githubPace: createGithubPace({ db, randomId, sleep, log }),
    jobHints: createHintSender({ db, jobs, log }),
    revokeSourceToken: async () => {},
    findSourceUrl: async ({ gitUrl }) => ({ ok: true, url: gitUrl, token: null }),
    githubWebUrl: 'https://github.com',
    hints: { publish: (id) => void hinted.push(id) },
    webhookSender: createWebhookSender({ allowPrivate: true, environment: {}, now: Date.now }),
    appUrl: new URL('http://deploy.example.com'),
    domain: { scheme: 'http', host: 'localhost', port: 8000 },
    now: () => clock.now,
    secretKey: new Uint8Array(32).fill(1),
    launcherName: 'test',
    maxAttempts: 2,
    maxBuilds: 100,
    launchTimeoutMs: LEASE_MS,
    cancelTimeoutMs: 20_000,
    readDisk: async () => ({ freeBytes: 50, totalBytes: 100 }),
    minFreeDiskPercent: 5,
    keepPerBranch: 10,
    previewDays: 30,
    blobGraceMs: 3_600_000,
    garbageIntervalSeconds: 3600,
    githubRoundSeconds: 300,
    ...changes,
  };
  const read = async (id: string) => expectFound(await findDeployment(db, id));

  return {
    dependencies,
    db,
    jobs,
    databaseUrl: database.url,
    storage,
    launcher,
    clock,
    lines,
    hinted,
    async createProject(changes = {}) {
      const id = randomId();
      const project = {
        id,
        slug: `p-${id.slice(0, 10)}`,
        name: 'A project',
        gitUrl: 'https://example.com/repository.git',
        productionBranch: 'main',
        settings: {},
        createdAt: new Date(clock.now),
        ...changes,
      };
      return expectFound(await insertProject(db, project));
    },
    async request(project, branch = 'main') {
      const result = await deploy(orderOf(project, branch), dependencies);
      if (result.outcome !== 'deployed') throw new Error(result.outcome);
      return result.deployment;
    },
    async publish(deployment, content = deployment.id) {
      await scheduleBuilds(dependencies);
      const attempt = expectFound(await findOpenAttempt(db, deployment.id));
      const at = new Date(clock.now);
      await moveDeployment(db, deployment.id, 'claim', at);
      const body = await storeBlob(dependencies, storage, deployment, content);
      const manifest = sha256Of(body);
      await db.transaction(async (tx) => {
        // As completeBuild does: outside of this lock, a collection takes the manifest for one that nobody has.
        await lockManifest(tx, deployment.projectId, manifest);
        await storage.write(manifestKey(deployment.projectId, manifest), Buffer.from(body), {
          contentType: 'application/json',
        });
        const artifact = { manifest, fileCount: 1, outputBytes: content.length, framework: null };
        await recordArtifact(tx, deployment.id, artifact);
        await endOpenAttempt(tx, attempt.id, 'published', at);
      });
    },
    read,
    async pointer(label) {
      const object = await storage.read(pointerKey(label));
      return object && pointerSchema.parse(JSON.parse(object.body.toString()));
    },
    async dispose() {
      await jobs.stop();
      await closeDatabase(db);
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function orderOf(project: ProjectRow, branch: string): DeployOrder {
  const commit = createHash('sha1').update(randomId()).digest('hex');
  // As if the repository was asked a moment ago: every later request is the newer one.
  return {
    projectId: project.id,
    ref: { kind: 'branch', name: branch, commit },
    requestedBy: { kind: 'administrator' },
    askedAt: NOW,
  };
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function randomId(): string {
  return Array.from({ length: 20 }, () => ALPHABET[Math.floor(Math.random() * ALPHABET.length)]).join('');
}

/** One page whose only file has this content; the manifest's name. */
/** Returns the manifest that names the blob. */
async function storeBlob(
  { db, now }: CoreDependencies,
  storage: FilesystemStore,
  { projectId }: DeploymentRow,
  content: string,
): Promise<string> {
  const blob = { sha256: sha256Of(content), sizeBytes: content.length };
  const at = new Date(now());
  await announceBlobs(db, projectId, [blob], at);
  await storage.write(blobKey(projectId, blob.sha256), Buffer.from(content), { contentType: 'text/html' });
  await db.transaction((tx) => markBlobsStored(tx, projectId, [{ ...blob, variants: {} }], at));
  const file = { ...blob, contentType: 'text/html', variants: {} };
  const manifest: Manifest = { version: 1, files: { 'index.html': file } };
  return formatManifest(manifest);
}

function expectFound<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not found');
  return value;
}
