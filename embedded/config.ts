import path from 'node:path';
import { StartError } from './start-error.ts';

const DEFAULT_PORT = 9000;
const DEFAULT_PROXY_PORT = 8000;
const MAX_PORT = 65_535;

/** What the start of everything on one machine needs to know; the app and the proxy read their own settings. */
export interface EmbeddedConfig {
  /** Where the app and the proxy listen. */
  readonly host: string;
  readonly port: number;
  readonly proxyPort: number;
  /** Absolute. */
  readonly dataFolder: string;
  /** How people reach the app and the sites: `scheme://host[:port]`. */
  readonly appUrl: string;
  readonly domain: string;
  /** Undefined: made and kept in the data folder. */
  readonly token: string | undefined;
  readonly secretKey: string | undefined;
  /** Undefined: started here. */
  readonly databaseUrl: string | undefined;
  readonly clickHouseUrl: string | undefined;
}

/** Reads the settings of `npm start`. Throws StartError that names the setting and what it should be. */
export function readConfig(env: NodeJS.ProcessEnv, workingFolder: string): EmbeddedConfig {
  const port = readPort(env, 'PORT', DEFAULT_PORT);
  const proxyPort = readPort(env, 'PROXY_PORT', DEFAULT_PROXY_PORT);
  if (port === proxyPort) throw new StartError(`PORT and PROXY_PORT are both ${port}: give each its own.`);
  return {
    host: readText(env, 'HOST') ?? '127.0.0.1',
    port,
    proxyPort,
    dataFolder: path.resolve(workingFolder, readText(env, 'OFFSHOOT_DATA') ?? '.offshoot'),
    appUrl: readText(env, 'OFFSHOOT_URL') ?? `http://localhost:${port}`,
    domain: readText(env, 'OFFSHOOT_DOMAIN') ?? `http://localhost:${proxyPort}`,
    token: readText(env, 'OFFSHOOT_TOKEN'),
    secretKey: readText(env, 'OFFSHOOT_SECRET_KEY'),
    databaseUrl: readText(env, 'DATABASE_URL'),
    clickHouseUrl: readText(env, 'CLICKHOUSE_URL'),
  };
}

/** An empty variable counts as none: that is how people switch one off. */
function readText(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function readPort(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = readText(env, name);
  if (text === undefined) return fallback;
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port >= 1 && port <= MAX_PORT) return port;
  throw new StartError(`${name} is "${text}": it must be a port number from 1 to ${MAX_PORT}.`);
}
