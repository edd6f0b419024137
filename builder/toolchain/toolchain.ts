import {
  chmod,
  constants,
  copyFile,
  cp,
  link,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackageManager } from '../detect/package-manager.ts';
import { fetchPackage, ToolUnavailable } from './fetch-package.ts';
import type { OwnTools } from './own-tools.ts';
import { nodeTool, packageManagerTool, type Platform, type Tool } from './tools.ts';
import { npmVersionFor } from './versions.ts';

/** No fetch takes this long: an unfinished folder of this age belongs to a builder that was killed. */
const STALE_MS = 60 * 60 * 1000;

export interface ToolchainOptions {
  /** Holds one folder a tool. Made when absent; must be reachable for builds that run without bubblewrap. */
  readonly folder: string;
  readonly platform: Platform;
  /** Fetches tools; its Node and its npm are themselves tools that need no fetching. */
  readonly npm: OwnTools;
  /** Names temporary folders: unique among running builders of this machine. */
  readonly builderId: string;
  readonly now: () => number;
}

export interface ToolchainOrder {
  readonly nodeMajor: number;
  readonly packageManager: PackageManager | null;
}

export type PreparedToolchain =
  | {
      readonly ok: true;
      /** What CommandOrder.toolchain takes. */
      readonly toolchain: { readonly folder: string; readonly binFolders: readonly string[] };
      /** Names of tools that had to be fetched now, for the log. */
      readonly fetched: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/**
 * Makes Node and the package manager ready to be used by commands. A tool's folder is complete or absent, also when
 * two builders fetch it at once or one is killed. `message` is a sentence for people, also
 * when `signal` stopped it.
 */
export async function prepareToolchain(
  options: ToolchainOptions,
  order: ToolchainOrder,
  signal: AbortSignal,
): Promise<PreparedToolchain> {
  await mkdir(options.folder, { recursive: true, mode: 0o755 });
  const fetched: string[] = [];
  try {
    const tools = toolsOf(options.platform, order);
    for (const tool of tools) if (await prepareTool(options, tool, signal)) fetched.push(tool.name);
    return {
      ok: true,
      toolchain: { folder: options.folder, binFolders: tools.map(binFolderOf) },
      fetched,
    };
  } catch (error) {
    if (error instanceof ToolUnavailable) return { ok: false, message: error.message };
    throw error;
  }
}

/** In the order of PATH. npm is always there: scripts call it and npx in projects of other package managers too. */
function toolsOf(platform: Platform, { nodeMajor, packageManager }: ToolchainOrder): Tool[] {
  const npm = packageManagerTool({ name: 'npm', version: npmVersionFor(nodeMajor), hash: null }, platform);
  const node = nodeTool(nodeMajor, platform);
  if (packageManager === null || packageManager.name === 'npm')
    return [node, packageManager === null ? npm : packageManagerTool(packageManager, platform)];
  return [node, packageManagerTool(packageManager, platform), npm];
}

/** npm's own links must not be reached through another link: pnpm's program looks for its files beside itself. */
function binFolderOf(tool: Tool): string {
  return tool.programs === null ? `${tool.folder}/package/node_modules/.bin` : `${tool.folder}/bin`;
}

/** Returns true when the tool was not there. */
async function prepareTool(options: ToolchainOptions, tool: Tool, signal: AbortSignal): Promise<boolean> {
  const target = join(options.folder, tool.folder);
  if (await exists(target)) return false;
  await removeStale(options);
  const staging = join(options.folder, `.${options.builderId}-${tool.folder}`);
  try {
    await fillFolder(options, tool, staging, signal);
    await openForReading(staging);
    await rename(staging, target).catch(async (error: unknown) => {
      // Another builder was quicker: its folder is complete, ours is not needed.
      if (!(await exists(target))) throw error;
    });
    return true;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** `<tool>/package` holds what npm installed; `<tool>/bin` links to programs that npm did not link itself. */
async function fillFolder(
  { npm }: ToolchainOptions,
  tool: Tool,
  staging: string,
  signal: AbortSignal,
): Promise<void> {
  const modules = join(staging, 'package', 'node_modules');
  if (tool.folder === `node-${npm.nodeVersion}` && tool.programs !== null) {
    await linkOrCopy(npm.node, join(modules, tool.programs['node'] ?? 'node'));
  } else if (tool.folder === `npm-${npm.npmVersion}`) {
    await cp(npm.npmFolder, join(modules, 'npm'), { recursive: true });
  } else await fetchPackage(tool, join(staging, 'package'), npm, signal);
  if (tool.programs !== null) await linkPrograms(tool.programs, staging);
}

async function linkPrograms(programs: Readonly<Record<string, string>>, staging: string): Promise<void> {
  await mkdir(join(staging, 'bin'), { recursive: true });
  for (const [name, file] of Object.entries(programs))
    await symlink(`../package/node_modules/${file}`, join(staging, 'bin', name));
}

/** A hard link costs nothing; on another file system the 125 MB are copied. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

/**
 * Lets the users of builds read and run everything, whatever umask the builder has, and write nothing: the folder
 * belongs to the builder's user. Files keep their own modes, as packages bring them readable.
 */
async function openForReading(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  for (const path of [folder, ...folders.map((entry) => join(entry.parentPath, entry.name))])
    await chmod(path, 0o755);
  for (const entry of entries) if (entry.isFile()) await openFile(join(entry.parentPath, entry.name));
}

async function openFile(path: string): Promise<void> {
  const { mode } = await stat(path);
  const wanted = mode & 0o100 ? 0o755 : 0o644;
  if ((mode & 0o777) !== wanted) await chmod(path, wanted);
}

/** Removes what builders left that were killed while they fetched. */
async function removeStale({ folder, now }: ToolchainOptions): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('.'));
  for (const path of names.map((name) => join(folder, name))) {
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && now() - stats.mtimeMs > STALE_MS)
      await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
