import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Npm } from './fetch-package.ts';
import type { Platform } from './tools.ts';

/** The Node that runs the builder and the npm that comes with Offshoot: builds get them without any fetching. */
export interface OwnTools extends Npm {
  /** Without the `v`. */
  readonly nodeVersion: string;
  /** The folder of the npm package, and its version. */
  readonly npmFolder: string;
  readonly npmVersion: string;
}

/** Finds Offshoot's own Node and npm. `environment` is the builder's, for the fetches of that npm. */
export async function findOwnTools(environment: Npm['environment']): Promise<OwnTools> {
  const packageJson = fileURLToPath(import.meta.resolve('npm/package.json'));
  const { version } = JSON.parse(await readFile(packageJson, 'utf8')) as { version: string };
  const npmFolder = dirname(packageJson);
  return {
    node: process.execPath,
    nodeVersion: process.versions.node,
    script: join(npmFolder, 'bin', 'npm-cli.js'),
    npmFolder,
    npmVersion: version,
    environment,
  };
}

/** This machine, as npm packages with binaries name it. */
export function thisPlatform(): Platform {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const isMusl = process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
  return { os: process.platform, arch: process.arch, isMusl };
}
