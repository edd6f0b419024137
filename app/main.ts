// The app: API, builder protocol, logs, jobs. One of the two programs of Offshoot; proxy/main.ts is the other.
import { once } from 'node:events';
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes, randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { type Logger, pino } from 'pino';
import { describeSandbox } from '../builder/sandbox/describe-sandbox.ts';
import { probeSandbox } from '../builder/sandbox/probe-sandbox.ts';
import { ID_LENGTH } from '../contracts/ids.ts';
import { ConfigError } from '../contracts/settings.ts';
import { checkGit } from '../git/check-git.ts';
import { limitAtOnce } from '../git/limit-at-once.ts';
import { listRemote } from '../git/list-remote.ts';
import { pickGitEnvironment } from '../git/run-git.ts';
import { createFilesystemStore } from '../storage/filesystem.ts';
import { createGithubConnection } from './actions/github-connection.ts';
import { createGithubCredentials } from './actions/github-credentials.ts';
import { askBranchHead } from './actions/github/ask-branch-head.ts';
import { askPermission } from './actions/github/ask-permission.ts';
import { askPullRequest } from './actions/github/ask-pull-request.ts';
import { sendFirstGithubRounds } from './actions/github/send-github-rounds.ts';
import { releaseBuilds } from './actions/release-builds.ts';
import { createGithubPace } from './actions/github-pace.ts';
import { createSourceUrls, createTokenRevoker } from './actions/source-url.ts';
import { sealAgain, type SealAgainDependencies } from './actions/seal-again.ts';
import { prepareBuildFolders } from './builds/launchers/build-folders.ts';
import { createProcessLauncher, slotFolderOf } from './builds/launchers/process.ts';
import { FIRST_BUILD_UID } from './builds/launchers/slots.ts';
import { buildLimitsOf, type Config, parseConfig } from './config.ts';
import { createHttp } from './create-http.ts';
import { closeDatabase, openDatabase } from './db/database.ts';
import type { RepositoryRow } from './db/github-repositories.ts';
import { migratePostgres, MigrationError } from './db/migrate.ts';
import { serializeError } from './db/serialize-error.ts';
import { createSecretBox } from './domain/sealed-text.ts';
import { parseAppManifest } from './github/client/app-manifest.ts';
import { githubWebUrl, WEBHOOK_PATH } from './domain/github-urls.ts';
import { startWebhookProxy } from './github/client/webhook-proxy.ts';
import { createHandlers } from './jobs/handlers/create-handlers.ts';
import { startReconciler } from './jobs/handlers/start-reconciler.ts';
import { createHintSender } from './jobs/hint-jobs.ts';
import { openJobQueue } from './jobs/queue.ts';
import { createWebhookSender } from './notifications/webhook-sender.ts';
import { acceptWebSockets, type WebSockets } from './logs/endpoints/websocket.ts';
import { ClickHouseMigrationError, migrateClickHouse } from './logs/stores/clickhouse-migrations.ts';
import { openClickHouseLogStore } from './logs/stores/clickhouse.ts';
import { openPostgresHints } from './logs/stores/postgres-hints.ts';

const ROOT = resolve(import.meta.dirname, '..');
const GIT_TIMEOUT_MS = 30_000;
/** Repositories that are asked for their refs at once: each is a process of Git and up to 100,000 names. */
const MAX_GIT_AT_ONCE = 8;
/** Of a builder that was told to stop, until it has handed its build back. */
const RELEASE_TIMEOUT_MS = 4000;
/** Of the whole end in order. The supervisor waits a little longer; of an orphan the databases are gone too. */
const STOP_TIMEOUT_MS = { signal: 13_000, orphaned: 4000 };
/** Of one request, until all of it is here: the largest file of an output, over a slow connection from home. */
const REQUEST_TIMEOUT_MS = 30 * 60_000;
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

type StopReason = keyof typeof STOP_TIMEOUT_MS;

/** Above the code that runs: a class can't be named before its definition has run. */
class StartError extends Error {
  override readonly name = 'StartError';
}

const stopped = listenForStop();
// However far the start has come, and whatever hangs meanwhile.
void stopped.then((reason) => setTimeout(() => process.exit(1), STOP_TIMEOUT_MS[reason]).unref());
try {
  const config = parseConfig(process.env);
  const app = await startApp(config);
  await app.stop(await stopped);
  process.exit(0);
} catch (error) {
  console.error(isExplained(error) ? error.message : error);
  process.exit(1);
}

/** The first reason to stop. An orphan (the supervisor died) leaves its builds to the app that comes next. */
function listenForStop(): Promise<StopReason> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('signal')).on('SIGINT', () => resolve('signal'));
    process.on('disconnect', () => resolve('orphaned'));
  });
}

function isExplained(error: unknown): error is Error {
  const kinds = [ConfigError, MigrationError, ClickHouseMigrationError, StartError];
  return kinds.some((kind) => error instanceof kind);
}

async function startApp(config: Config) {
  const log: Logger = pino({ level: config.logLevel, serializers: { err: serializeError } });
  const gitEnvironment = pickGitEnvironment(process.env);
  const git = await checkGit(gitEnvironment);
  if (!git.ok) throw new StartError(git.message);
  await migrate(config);
  const services = await openServices(config, log);
  const appManifest = parseAppManifest(await readFile(join(ROOT, 'app.yml'), 'utf8'));
  const dependencies = { ...createDependencies(config, services, gitEnvironment, log), appManifest };
  await sealWithPresentKey(dependencies);
  const closeServer = await listen(createHttp(dependencies).fetch, config);
  await services.jobs.work(createHandlers(dependencies));
  await sendFirstGithubRounds(dependencies);
  const reconciler = startReconciler(dependencies, config.reconcileIntervalMs);
  const webhookProxy = openWebhookProxy(config, log);
  log.info({ url: config.appUrl.href, port: config.port }, 'the app is ready');

  return {
    /** In order: no new work, builds handed back (their builders still reach us), connections closed. */
    async stop(reason: StopReason): Promise<void> {
      log.info({ reason }, 'the app stops');
      await webhookProxy?.stop();
      await reconciler.stop();
      await services.jobHints.idle();
      await services.jobs.stop();
      // With the database away there is nobody to tell: the reconciler of the next start finds them.
      if (reason === 'signal') {
        await releaseBuilds(dependencies).catch((err: unknown) =>
          log.warn({ err }, 'builds were not handed back; they are tried again when their lease is over'),
        );
      }
      await closeServer();
      await services.close();
    },
  };
}

/** Warnings, since they are what `npm start` shows: whoever changes the key waits for these words. */
async function sealWithPresentKey(dependencies: SealAgainDependencies & { readonly log: Logger }) {
  const { sealed, unreadable } = await sealAgain(dependencies);
  if (sealed > 0) dependencies.log.warn(`${sealed} secrets were sealed again with the present key`);
  if (unreadable > 0) {
    dependencies.log.warn(
      `${unreadable} secrets of the database are opened by no key of OFFSHOOT_SECRET_KEY and OFFSHOOT_OLD_SECRET_KEYS`,
    );
  }
}

/** GitHub can't reach this Offshoot: a channel that both reach passes its webhooks on. */
function openWebhookProxy(config: Config, log: Logger) {
  const { webhookProxyUrl: source } = config;
  const target = new URL(WEBHOOK_PATH, builderUrlOf(config)).href;
  return source === undefined ? undefined : startWebhookProxy({ source, target, log });
}

type Services = Awaited<ReturnType<typeof openServices>>;

async function migrate({ databaseUrl, clickHouseUrl, logRetentionDays }: Config): Promise<void> {
  await explain('DATABASE_URL', migratePostgres(databaseUrl, join(ROOT, 'migrations/postgres')));
  const folder = join(ROOT, 'migrations/clickhouse');
  await explain(
    'CLICKHOUSE_URL',
    migrateClickHouse({ url: clickHouseUrl, folder, retentionDays: logRetentionDays }),
  );
}

/** A server that is not there is the commonest mistake of all: one sentence, not a stack. */
async function explain(name: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (isExplained(error)) throw error;
    throw new StartError(`The server that ${name} names can't be used: ${reasonOf(error)}`, { cause: error });
  }
}

/** The innermost cause: what wraps it tells our query, not what is wrong. Some have a code in place of words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

async function openServices(config: Config, log: Logger) {
  const dataFolder = resolve(config.dataFolder);
  await mkdir(dataFolder, { recursive: true });
  const builderUrl = builderUrlOf(config);
  const signer = { secret: config.secretKey, now: Date.now };
  const db = openDatabase(config.databaseUrl, { maxConnections: config.databaseConnections });
  const jobs = await openJobQueue({ url: config.databaseUrl, log });
  const jobHints = createHintSender({ db, jobs, log });
  const hints = await openPostgresHints({
    url: config.databaseUrl,
    onError: (err) => log.warn({ err }, 'a hint was not sent; readers see the change with their next poll'),
  });
  const logs = openClickHouseLogStore(config.clickHouseUrl);
  const storage = await createFilesystemStore({ root: join(dataFolder, 'storage'), randomId, signer });
  const { launcher, hasSandbox } = await openLauncher(dataFolder, builderUrl, log);
  return {
    dataFolder,
    db,
    jobs,
    jobHints,
    hints,
    logs,
    storage,
    launcher,
    hasSandbox,
    async close(): Promise<void> {
      await Promise.all([launcher.close(), hints.close(), logs.close(), closeDatabase(db)]);
    },
  };
}

async function openLauncher(dataFolder: string, appUrl: string, log: Logger) {
  const isRoot = process.getuid?.() === 0;
  const folders = await prepareBuildFolders(dataFolder, isRoot);
  const firstUid = isRoot ? FIRST_BUILD_UID : undefined;
  const hasSandbox = await tellSandbox(firstUid, log);
  const launcher = await createProcessLauncher({
    ...folders,
    appUrl,
    command: [process.execPath, join(ROOT, 'builder/main.ts')],
    slotFolder: slotFolderOf(folders.workFolder, isRoot),
    firstUid,
    environment: process.env,
    releaseTimeoutMs: RELEASE_TIMEOUT_MS,
    randomId,
    log,
  });
  return { launcher, hasSandbox };
}

/** Every builder finds out by itself; the operator hears it once, here. Whether strangers' code may be built. */
async function tellSandbox(firstUid: number | undefined, log: Logger): Promise<boolean> {
  const user = firstUid === undefined ? null : { uid: firstUid, gid: firstUid };
  const sandbox = await probeSandbox({ user, useBubblewrap: true });
  if (sandbox.whyPlain !== null) log.warn(sandbox.whyPlain);
  log.info(`sandbox: ${describeSandbox(sandbox)}`);
  return sandbox.kind === 'bubblewrap';
}

function createDependencies(
  config: Config,
  services: Services,
  gitEnvironment: Record<string, string>,
  log: Logger,
) {
  const { allowLocal, heartbeatMs, leaseMs, domain, appUrl, garbageIntervalMs, githubRoundMs } = config;
  const secrets = createSecretBox([config.secretKey, ...config.oldSecretKeys], randomBytes);
  const askRemote = limitAtOnce(MAX_GIT_AT_ONCE, (url: string, signal: AbortSignal) =>
    listRemote(url, { allowLocal, environment: gitEnvironment, signal }),
  );
  const githubClientOptions = { apiUrl: config.githubApiUrl, log };
  const githubCredentials = createGithubCredentials({
    db: services.db,
    secrets,
    now: Date.now,
    environment: config,
  });
  const github = createGithubConnection(githubCredentials, githubClientOptions);
  const githubPace = createGithubPace({ db: services.db, randomId, sleep, log });
  return {
    ...config,
    ...services,
    appUrl,
    secrets,
    githubClientOptions,
    githubWebUrl: githubWebUrl(config.githubApiUrl),
    githubCredentials,
    githubEnvironment: config,
    github,
    githubPace,
    log,
    now: Date.now,
    randomId,
    launcherName: services.launcher.name,
    garbageIntervalSeconds: Math.ceil(garbageIntervalMs / 1000),
    githubRoundSeconds: Math.ceil(githubRoundMs / 1000),
    readDisk: () => readDisk(services.dataFolder),
    // The time includes the wait for others, so that a request is answered whatever queue it meets.
    listRemote: (url: string) => askRemote(url, AbortSignal.timeout(GIT_TIMEOUT_MS)),
    webhookSender: createWebhookSender({
      allowPrivate: config.allowPrivateWebhooks,
      environment: gitEnvironment,
      now: Date.now,
    }),
    findSourceUrl: createSourceUrls({ db: services.db, secrets, github, now: Date.now }),
    revokeSourceToken: createTokenRevoker({ github, now: Date.now }),
    readBranchHead: (repository: RepositoryRow, branch: string) =>
      askBranchHead(repository, branch, { github, githubPace, now: Date.now }),
    readPullRequest: (repository: RepositoryRow, number: number) =>
      askPullRequest(repository, number, { github, githubPace, now: Date.now }),
    readPermission: (repository: RepositoryRow, login: string) =>
      askPermission(repository, login, { github, githubPace, now: Date.now }),
    policy: { limits: buildLimitsOf(config), heartbeatMs, leaseMs, allowLocal, domain },
  };
}

/** Resolves, once it listens, with how to close it. */
async function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  config: Config,
): Promise<() => Promise<void>> {
  const websocket = acceptWebSockets();
  const serverOptions = { requestTimeout: REQUEST_TIMEOUT_MS };
  const server = serve({ fetch, hostname: config.host, port: config.port, websocket, serverOptions });
  try {
    await once(server, 'listening');
    return () => closeServer(server, websocket);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The app can't listen on ${config.host}:${config.port} (HOST, PORT): ${reason}`);
  }
}

/** Requests that run may end, tails of logs may not: they would go on for hours. */
async function closeServer(server: ServerType, webSockets: WebSockets): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  webSockets.terminateAll();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await closed;
}

/** How builders of this machine reach the app: by loopback, unless it listens on another address only. */
function builderUrlOf({ host, port, appUrl }: Config): string {
  const isLoopback = ['127.0.0.1', '0.0.0.0', 'localhost', '::'].includes(host);
  if (isLoopback) return `http://127.0.0.1:${port}`;
  return host === '::1' ? `http://[::1]:${port}` : appUrl.origin;
}

async function readDisk(folder: string) {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** 20 of a–z and 0–9, each drawn without bias. */
function randomId(): string {
  return Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
}
