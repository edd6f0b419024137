import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { BuildLimits } from '../contracts/build-spec.ts';
import {
  ConfigError,
  integer,
  origin,
  parseSettings,
  secretKey,
  secretKeys,
  setting,
  siteDomain,
  text,
  url,
  type Values,
  yesOrNo,
} from '../contracts/settings.ts';
import { findGithubFaults, GITHUB_SETTINGS } from './github-settings.ts';

const MINUTE_MS = 60_000;
const MEGABYTE = 1_000_000;
const GIGABYTE = 1000 * MEGABYTE;
const MIN_TOKEN_LENGTH = 16;

/** Every setting of the app, by what the program calls it. docs/configuration.md is tested against this table. */
export const SETTINGS = {
  host: setting('HOST', '127.0.0.1', text, 'The address on which the app listens.'),
  port: setting('PORT', 9000, integer(1, 65_535), 'The port on which the app listens.'),
  appUrl: setting('OFFSHOOT_URL', 'http://localhost:9000', origin, 'How people reach the app.'),
  domain: setting(
    'OFFSHOOT_DOMAIN',
    'http://localhost:8000',
    siteDomain,
    'Under which domain sites are served: `[scheme://]host[:port]`; all its subdomains must lead to the proxy.',
  ),
  token: setting(
    'OFFSHOOT_TOKEN',
    undefined,
    z.string().min(MIN_TOKEN_LENGTH, `at least ${MIN_TOKEN_LENGTH} characters are expected`),
    'The administrator’s API token.',
  ),
  secretKey: setting(
    'OFFSHOOT_SECRET_KEY',
    undefined,
    secretKey,
    'The key of this installation, 32 bytes in base64: it seals what the database keeps secret and signs upload URLs.',
  ),
  oldSecretKeys: setting(
    'OFFSHOOT_OLD_SECRET_KEYS',
    '',
    secretKeys,
    'Keys of before, separated by commas: what they sealed is sealed again with the present key at the start.',
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    undefined,
    url('postgres:', 'postgresql:'),
    'The PostgreSQL database (15 or newer), reached directly or through a pooler in session mode.',
  ),
  databaseConnections: setting(
    'OFFSHOOT_DATABASE_CONNECTIONS',
    16,
    integer(4, 500),
    'Connections of one app process to PostgreSQL for its own queries; queue and hints take some eight more.',
  ),
  clickHouseUrl: setting(
    'CLICKHOUSE_URL',
    undefined,
    url('http:', 'https:'),
    'The ClickHouse server that keeps build logs: `http://user:password@host:port/database`.',
  ),
  dataFolder: setting(
    'OFFSHOOT_DATA',
    '.offshoot',
    text,
    'The folder for blobs, build folders, toolchains and caches.',
  ),
  allowLocal: setting(
    'OFFSHOOT_ALLOW_LOCAL_REPOSITORIES',
    'false',
    yesOrNo,
    'Whether repositories may be `file://` URLs or have private addresses.',
  ),
  allowPrivateWebhooks: setting(
    'OFFSHOOT_ALLOW_PRIVATE_WEBHOOKS',
    'false',
    yesOrNo,
    'Whether webhooks may lead to this machine or to private addresses.',
  ),
  maxBuilds: setting(
    'OFFSHOOT_MAX_BUILDS',
    availableParallelism(),
    integer(1, 1000),
    'Builds at once; by default the number of processor cores.',
  ),
  maxAttempts: setting(
    'OFFSHOOT_MAX_ATTEMPTS',
    2,
    integer(1, 10),
    'Attempts of one deployment when machines are lost.',
  ),
  leaseMs: setting(
    'OFFSHOOT_LEASE_MS',
    30_000,
    integer(2000, 600_000),
    'How long a builder may be silent before it is given up.',
  ),
  heartbeatMs: setting(
    'OFFSHOOT_HEARTBEAT_MS',
    5000,
    integer(500, 60_000),
    'How often a builder reports that it is alive.',
  ),
  launchTimeoutMs: setting(
    'OFFSHOOT_LAUNCH_TIMEOUT_MS',
    MINUTE_MS,
    integer(5000),
    'How long a builder may take to start and ask for its work.',
  ),
  cancelTimeoutMs: setting(
    'OFFSHOOT_CANCEL_TIMEOUT_MS',
    20_000,
    integer(1000),
    'How long a builder may take to follow a request to cancel before it is ended.',
  ),
  reconcileIntervalMs: setting(
    'OFFSHOOT_RECONCILE_INTERVAL_MS',
    3000,
    integer(200, 60_000),
    'How often the app looks for what a crash has left behind.',
  ),
  githubRoundMs: setting(
    'OFFSHOOT_GITHUB_ROUND_MS',
    5 * MINUTE_MS,
    integer(1000, 60 * MINUTE_MS),
    'How often GitHub is asked for webhooks that it could not deliver and for pushes that it told nobody of.',
  ),
  checkoutTimeoutMs: setting(
    'OFFSHOOT_CHECKOUT_TIMEOUT_MS',
    5 * MINUTE_MS,
    integer(1000),
    'How long the checkout of a build may take.',
  ),
  installTimeoutMs: setting(
    'OFFSHOOT_INSTALL_TIMEOUT_MS',
    15 * MINUTE_MS,
    integer(1000),
    'How long the install command may take.',
  ),
  buildTimeoutMs: setting(
    'OFFSHOOT_BUILD_TIMEOUT_MS',
    30 * MINUTE_MS,
    integer(1000),
    'How long the build command may take.',
  ),
  publishTimeoutMs: setting(
    'OFFSHOOT_PUBLISH_TIMEOUT_MS',
    10 * MINUTE_MS,
    integer(1000),
    'How long publishing the output may take.',
  ),
  repositoryBytes: setting(
    'OFFSHOOT_MAX_REPOSITORY_BYTES',
    2 * GIGABYTE,
    integer(MEGABYTE),
    'How large a repository’s checkout may be.',
  ),
  memoryBytes: setting(
    'OFFSHOOT_MAX_MEMORY_BYTES',
    4 * GIGABYTE,
    integer(64 * MEGABYTE),
    'How much memory the processes of one build may use.',
  ),
  processes: setting(
    'OFFSHOOT_MAX_PROCESSES',
    2000,
    integer(10),
    'How many processes and threads one build may have.',
  ),
  diskBytes: setting(
    'OFFSHOOT_MAX_DISK_BYTES',
    10 * GIGABYTE,
    integer(MEGABYTE),
    'How much disk the folder of one build may use.',
  ),
  outputFiles: setting('OFFSHOOT_MAX_OUTPUT_FILES', 20_000, integer(1), 'How many files an output may have.'),
  outputFileBytes: setting(
    'OFFSHOOT_MAX_OUTPUT_FILE_BYTES',
    100 * MEGABYTE,
    integer(1),
    'How large one file of an output may be.',
  ),
  outputBytes: setting(
    'OFFSHOOT_MAX_OUTPUT_BYTES',
    2 * GIGABYTE,
    integer(1),
    'How large an output may be in all.',
  ),
  logBytes: setting(
    'OFFSHOOT_MAX_LOG_BYTES',
    64 * MEGABYTE,
    integer(MEGABYTE),
    'How much of one build’s log is kept; head and tail stay when there is more.',
  ),
  logRetentionDays: setting(
    'OFFSHOOT_LOG_RETENTION_DAYS',
    90,
    integer(1, 36_500),
    'How long log lines are kept.',
  ),
  keepPerBranch: setting(
    'OFFSHOOT_KEEP_PER_BRANCH',
    10,
    integer(1),
    'How many deployments of each branch are kept, besides live and pinned ones.',
  ),
  previewDays: setting(
    'OFFSHOOT_PREVIEW_DAYS',
    30,
    integer(0, 36_500),
    'How long previews stay after their branch is gone (deployments of tags and commits: after they ended).',
  ),
  blobGraceMs: setting(
    'OFFSHOOT_BLOB_GRACE_MS',
    24 * 60 * MINUTE_MS,
    integer(60 * MINUTE_MS),
    'How long blobs that no deployment names are kept; longer than any publish takes.',
  ),
  garbageIntervalMs: setting(
    'OFFSHOOT_GARBAGE_INTERVAL_MS',
    60 * MINUTE_MS,
    integer(1000),
    'How often old deployments and blobs are looked for.',
  ),
  minFreeDiskPercent: setting(
    'OFFSHOOT_MIN_FREE_DISK_PERCENT',
    5,
    integer(0, 90),
    'Below this free share of the data folder’s disk no build starts.',
  ),
  ...GITHUB_SETTINGS,
  logLevel: setting(
    'OFFSHOOT_LOG_LEVEL',
    'info',
    z.enum(['debug', 'info', 'warn', 'error'], 'debug, info, warn or error is expected'),
    'How much the app says on its standard output.',
  ),
} as const;

export type Config = Values<typeof SETTINGS>;

/** Reads the app's settings. Throws ConfigError. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config = parseSettings(SETTINGS, env, []);
  checkTogether(config);
  return config;
}

function checkTogether(config: Config): void {
  const { leaseMs, heartbeatMs, publishTimeoutMs, blobGraceMs } = config;
  const faults: string[] = findGithubFaults(config);
  if (heartbeatMs * 2 > leaseMs)
    faults.push(
      `OFFSHOOT_HEARTBEAT_MS (${heartbeatMs}) must be at most half of OFFSHOOT_LEASE_MS (${leaseMs}), or a single late heartbeat costs an attempt.`,
    );
  if (publishTimeoutMs * 2 > blobGraceMs)
    faults.push(
      `OFFSHOOT_PUBLISH_TIMEOUT_MS (${publishTimeoutMs}) must be at most half of OFFSHOOT_BLOB_GRACE_MS (${blobGraceMs}), or a slow publish loses blobs while it runs.`,
    );
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}

/** The bounds of one build, as its builder is told. */
export function buildLimitsOf(config: Config): BuildLimits {
  const { checkoutTimeoutMs, installTimeoutMs, buildTimeoutMs, publishTimeoutMs, memoryBytes } = config;
  const { repositoryBytes, processes, diskBytes, outputFiles, outputFileBytes, outputBytes, logBytes } =
    config;
  return {
    checkoutTimeoutMs,
    installTimeoutMs,
    buildTimeoutMs,
    publishTimeoutMs,
    repositoryBytes,
    memoryBytes,
    processes,
    diskBytes,
    outputFiles,
    outputFileBytes,
    outputBytes,
    logBytes,
  };
}
