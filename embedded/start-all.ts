import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { clickHouseService, clickHouseUrl, prepareClickHouse } from './clickhouse.ts';
import type { EmbeddedConfig } from './config.ts';
import { checkFreeSpace, keepSecret } from './data-folder.ts';
import { isPortFree } from './ports.ts';
import { postgresService, postgresUrl, preparePostgres } from './postgres.ts';
import { addressOf, appService, proxyService } from './programs.ts';
import { type Stack, startOnFreePort } from './stack.ts';
import { StartError } from './start-error.ts';

const SECRET_BYTES = 32;
/** What the programs say unless the person wants more: a start on one machine is told in few words, by us. */
const QUIET = 'warn';
/** What the app alone may know: the proxy answers strangers. (A channel of WEBHOOK_PROXY_URL is known by its address.) */
const SECRET_SETTINGS = [
  'OFFSHOOT_TOKEN',
  'OFFSHOOT_SECRET_KEY',
  'OFFSHOOT_OLD_SECRET_KEYS',
  'DATABASE_URL',
  'CLICKHOUSE_URL',
  'PRIVATE_KEY',
  'WEBHOOK_SECRET',
  'GITHUB_CLIENT_SECRET',
  'WEBHOOK_PROXY_URL',
];

/** What the app is told about the servers and secrets of this machine. */
export interface Credentials {
  readonly token: string;
  readonly secretKey: string;
  readonly databaseUrl: string;
  readonly clickHouseUrl: string;
}

/**
 * Starts the servers that no variable names, then the app and the proxy with their URLs. Returns the administrator's
 * token when all are ready. Throws StartError.
 */
export async function startAll(
  config: EmbeddedConfig,
  env: NodeJS.ProcessEnv,
  stack: Stack,
): Promise<string> {
  const { host, port, proxyPort } = config;
  await checkPort('PORT', host, port);
  await checkPort('PROXY_PORT', host, proxyPort);
  const token = config.token ?? (await keepSecret(tokenFileOf(config), () => makeSecret('base64url')));
  const secretKey = config.secretKey ?? (await keepSecret(keyFileOf(config), () => makeSecret('base64')));
  const [databaseUrl, clickHouseUrl] = await allEnded([
    config.databaseUrl ?? startPostgres(config.dataFolder, stack),
    config.clickHouseUrl ?? startClickHouse(config.dataFolder, stack),
  ]);
  const credentials = { token, secretKey, databaseUrl, clickHouseUrl };
  // The app comes last, so that it is stopped first: it hands running builds over while all others work.
  await allEnded([
    stack.start(proxyService({ host, port: proxyPort, env: proxyEnvironment(config, env) })),
    stack.start(appService({ host, port, env: appEnvironment(config, env, credentials) })),
  ]);
  await writeFile(path.join(config.dataFolder, 'app-url'), `http://${hostInUrl(addressOf(host))}:${port}\n`);
  return token;
}

/** How this machine's own programs reach the app, whatever OFFSHOOT_URL says: the command line reads it. */
function hostInUrl(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

export function tokenFileOf(config: EmbeddedConfig): string {
  return path.join(config.dataFolder, 'token');
}

/** The proxy needs storage and nothing else: it gets no credentials. */
export function proxyEnvironment(config: EmbeddedConfig, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const harmless = Object.entries(env).filter(([name]) => !SECRET_SETTINGS.includes(name));
  return programEnvironment(config, Object.fromEntries(harmless));
}

function programEnvironment(config: EmbeddedConfig, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    HOST: config.host,
    PROXY_PORT: String(config.proxyPort),
    OFFSHOOT_DOMAIN: config.domain,
    OFFSHOOT_DATA: config.dataFolder,
    OFFSHOOT_LOG_LEVEL: env['OFFSHOOT_LOG_LEVEL']?.trim() || QUIET,
    // The app needs 0.5 in place of 0.75 s of a processor until it begins when Node has compiled it before.
    NODE_COMPILE_CACHE: env['NODE_COMPILE_CACHE'] ?? path.join(config.dataFolder, 'compile-cache'),
  };
}

export function appEnvironment(
  config: EmbeddedConfig,
  env: NodeJS.ProcessEnv,
  credentials: Credentials,
): NodeJS.ProcessEnv {
  return {
    ...programEnvironment(config, env),
    PORT: String(config.port),
    OFFSHOOT_URL: config.appUrl,
    OFFSHOOT_TOKEN: credentials.token,
    OFFSHOOT_SECRET_KEY: credentials.secretKey,
    DATABASE_URL: credentials.databaseUrl,
    CLICKHOUSE_URL: credentials.clickHouseUrl,
  };
}

/** Like Promise.all, but a failure waits for the others: nothing is left that goes on behind our back. */
async function allEnded<Work extends readonly unknown[]>(
  work: readonly [...Work],
): Promise<{ -readonly [Key in keyof Work]: Awaited<Work[Key]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function keyFileOf(config: EmbeddedConfig): string {
  return path.join(config.dataFolder, 'secret-key');
}

function makeSecret(encoding: 'base64' | 'base64url'): string {
  return randomBytes(SECRET_BYTES).toString(encoding);
}

async function checkPort(setting: string, host: string, port: number): Promise<void> {
  if (await isPortFree(host, port)) return;
  throw new StartError(
    `Port ${port} of ${host} is in use: stop the program that listens there, or choose another port with ${setting}.`,
  );
}

async function startPostgres(dataFolder: string, stack: Stack): Promise<string> {
  const password = await keepSecret(path.join(dataFolder, 'postgres-password'), () =>
    makeSecret('base64url'),
  );
  const cluster = await preparePostgres(dataFolder, password);
  await checkFreeSpace(cluster.folder);
  const port = await startOnFreePort(stack, (port) => postgresService(cluster, port));
  return postgresUrl(cluster, port);
}

async function startClickHouse(dataFolder: string, stack: Stack): Promise<string> {
  const file = path.join(dataFolder, 'clickhouse-password');
  const place = await prepareClickHouse(dataFolder, await keepSecret(file, () => makeSecret('base64url')));
  const port = await startOnFreePort(stack, (port) => clickHouseService(place, port));
  return clickHouseUrl(place, port);
}
