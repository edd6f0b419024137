import { BUILDER_ENVIRONMENT } from '../contracts/build-report.ts';

/** What a launcher tells a builder. All folders are absolute. */
export interface BuilderConfig {
  readonly appUrl: string;
  readonly token: string;
  /** This attempt's own; it exists. */
  readonly workFolder: string;
  /** Toolchains, shared by all builds of this machine. */
  readonly toolchainFolder: string;
  /** Package downloads, one folder a project. */
  readonly cacheFolder: string;
  /** Whom user commands run as; null when the builder is no root. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** Reads the environment; throws an Error whose message names the variable and what it should be. */
export function readConfig(env: Environment, isRoot: boolean): BuilderConfig {
  const names = BUILDER_ENVIRONMENT;
  if (isRoot && env[names.uid] === undefined)
    throw new Error(`${names.uid} is not set: builds must not run as root. Name a uid that nobody else has.`);
  const uid = env[names.uid] === undefined ? undefined : readNumber(env, names.uid);
  return {
    appUrl: readUrl(env, names.appUrl),
    token: readText(env, names.token),
    workFolder: readFolder(env, names.workFolder),
    toolchainFolder: readFolder(env, names.toolchainFolder),
    cacheFolder: readFolder(env, names.cacheFolder),
    user: uid === undefined ? null : { uid, gid: uid },
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

function readText(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set. A launcher of Offshoot starts builders.`);
  return value;
}

function readUrl(env: Environment, name: string): string {
  const value = readText(env, name);
  const isHttp = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (!isHttp)
    throw new Error(`${name} is ${JSON.stringify(value)}; it should be the app's http:// or https:// URL.`);
  return value;
}

function readFolder(env: Environment, name: string): string {
  const value = readText(env, name);
  if (!value.startsWith('/'))
    throw new Error(`${name} is ${JSON.stringify(value)}; it should be an absolute path.`);
  return value;
}

function readNumber(env: Environment, name: string): number {
  const value = readText(env, name);
  if (!/^[0-9]{1,9}$/.test(value))
    throw new Error(`${name} is ${JSON.stringify(value)}; it should be a whole number.`);
  return Number(value);
}
