import { isAbsolute, join } from 'node:path';
import { BUILDER_PASSTHROUGH } from '../../contracts/build-report.ts';
import type { CommandCache } from './command.ts';

/** What the builder itself needs, and commands get from elsewhere or must not have. */
const BUILDER_ONLY: readonly string[] = ['PATH', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE'];

/**
 * Names of the builder's own environment that reach user commands: how this machine gets to the network and to
 * its package registry. Nothing else of it does.
 */
const PASSED_THROUGH = BUILDER_PASSTHROUGH.filter((name) => !BUILDER_ONLY.includes(name));

const CERTIFICATE_FILES = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'npm_config_cafile',
  'NPM_CONFIG_CAFILE',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOrder {
  readonly builderEnvironment: Environment;
  /** The spec's variables. They may set anything but PATH and the folders below. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute, as the command sees them, in the order of PATH. */
  readonly binFolders: readonly string[];
  readonly home: string;
  readonly tmp: string;
  /** The package download cache, as the command sees it. */
  readonly cache: { readonly folder: string; readonly variables: CommandCache['variables'] } | null;
}

/** The whole environment of a user command. */
export function commandEnvironment(order: EnvironmentOrder): Record<string, string> {
  return {
    ...passThrough(order.builderEnvironment),
    LANG: 'C.UTF-8',
    CI: 'true',
    ...QUIET,
    ...order.variables,
    ...cacheVariables(order.cache),
    PATH: [...order.binFolders, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: order.home,
    TMPDIR: order.tmp,
    USER: 'build',
    LOGNAME: 'build',
    SHELL: '/bin/sh',
  };
}

/** Files and folders with certificates that the builder's environment names: commands must be able to read them. */
export function certificatePaths(builderEnvironment: Environment): string[] {
  return CERTIFICATE_FILES.map((name) => builderEnvironment[name] ?? '').filter((path) => isAbsolute(path));
}

/** What package managers say that helps nobody in a log. */
const QUIET = {
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  YARN_ENABLE_TELEMETRY: '0',
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
} as const;

function passThrough(environment: Environment): Record<string, string> {
  const entries = PASSED_THROUGH.map((name) => [name, environment[name] ?? ''] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function cacheVariables(cache: EnvironmentOrder['cache']): Record<string, string> {
  const entries = Object.entries(cache?.variables ?? {});
  return Object.fromEntries(entries.map(([name, path]) => [name, join(cache?.folder ?? '', path)]));
}
