import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Tool } from './tools.ts';

const FETCH_TIMEOUT_MS = 180_000;
/** Inside the unfinished folder, so that it ends with it; the operator's own cache is left alone. */
const NPM_CACHE = '.npm-cache';
const MAX_OUTPUT_BYTES = 16 * 1024;

/** How the builder runs its own npm. */
export interface Npm {
  /** The builder's own Node. */
  readonly node: string;
  /** npm-cli.js of the npm that comes with Offshoot. */
  readonly script: string;
  /** The builder's environment: the operator's registry, proxy and certificates count here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Why a tool could not be had; for people. */
export class ToolUnavailable extends Error {}

/**
 * Installs the tool's package into `folder` with npm, without running any of its scripts. With a hash, the
 * registry's archive is compared first.
 */
export async function fetchPackage(tool: Tool, folder: string, npm: Npm, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  const source =
    tool.hash === null ? tool.packageSpec : await fetchChecked(tool, tool.hash, folder, npm, signal);
  const install = ['install', '--ignore-scripts', '--no-package-lock', '--no-save', '--engine-strict=false'];
  await runNpm([...install, '--prefix', folder, '--', source], { folder, npm, signal, tool });
  await rm(join(folder, NPM_CACHE), { recursive: true, force: true });
}

/** Downloads the archive and checks it; returns how npm names the file. */
async function fetchChecked(
  tool: Tool,
  hash: string,
  folder: string,
  npm: Npm,
  signal: AbortSignal,
): Promise<string> {
  await runNpm(['pack', '--', tool.packageSpec], { folder, npm, signal, tool });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new ToolUnavailable(`The npm registry sent no archive of ${tool.name}.`);
  const [algorithm = '', expected] = hash.split('.');
  const actual = createHash(algorithm);
  await pipeline(createReadStream(join(folder, archive)), actual);
  if (actual.digest('hex') !== expected)
    throw new ToolUnavailable(
      `The archive of ${tool.name} does not have the hash that "packageManager" in package.json names.`,
    );
  return `./${archive}`;
}

interface NpmRun {
  readonly folder: string;
  readonly npm: Npm;
  readonly signal: AbortSignal;
  readonly tool: Tool;
}

async function runNpm(args: readonly string[], { folder, npm, signal, tool }: NpmRun): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const child = spawn(npm.node, [npm.script, ...quiet, ...args], {
    cwd: folder,
    env: { ...withoutOwnNames(npm.environment), npm_config_cache: join(folder, NPM_CACHE) },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: FETCH_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-MAX_OUTPUT_BYTES);
  });
  const { code, error } = await new Promise<{ code: number | null; error: Error | null }>((resolve) => {
    child.once('error', (failure) => resolve({ code: null, error: failure }));
    child.once('close', (exitCode) => resolve({ code: exitCode, error: null }));
  });
  if (signal.aborted) throw new ToolUnavailable(`Fetching ${tool.name} was stopped.`);
  if (code === 0) return;
  const reason = error?.message ?? summarise(errors);
  throw new ToolUnavailable(`${tool.name} could not be fetched from the npm registry: ${reason}`);
}

/** npm runs no foreign code here, but needs none of our secrets either. */
function withoutOwnNames(environment: Npm['environment']): Npm['environment'] {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OFFSHOOT_')));
}

/** npm's own sentences, without its prefixes and the path of its log. */
function summarise(errors: string): string {
  const lines = errors
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!) ?(?:code |notarget |[0-9]+ )?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log') && !line.includes('_logs/'));
  return lines.slice(0, 4).join(' ') || 'npm gave no reason.';
}
