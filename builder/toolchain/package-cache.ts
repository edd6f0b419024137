import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageManager } from '../detect/package-manager.ts';
import type { CommandCache } from '../sandbox/command.ts';
import { measureFolder } from '../sandbox/disk-usage.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { runCommand } from '../sandbox/run-command.ts';
import { type BuildUser, INSIDE, type Sandbox, type WorkFolder } from '../sandbox/sandbox.ts';

export interface PackageCacheOrder {
  /** The project's cache folder on this machine; made when absent. */
  readonly projectFolder: string;
  readonly work: WorkFolder;
  readonly sandbox: Sandbox;
  readonly manager: PackageManager;
  /** BuildSpec.cacheWritable: false for untrusted builds, which must leave nothing for others to run. */
  readonly writable: boolean;
  readonly signal: AbortSignal;
}

/** A copy larger or slower than this costs more than downloading again. */
const MAX_COPY_BYTES = 1_000_000_000;
const COPY_TIMEOUT_MS = 30_000;
const COPY_MEMORY_BYTES = 256_000_000;
const COPY_PROCESSES = 16;

/**
 * Opens a project's package download cache for one build. Each build user has a cache of its own, so that none ever
 * needs another's files changed to it, and two builds of a project never meet. An untrusted build gets a folder that
 * goes with its work folder. What is empty begins as a copy of the newest cache where there is bubblewrap.
 */
export async function openPackageCache(order: PackageCacheOrder): Promise<CommandCache> {
  const folder = order.writable ? await openOwn(order) : await openForOnce(order);
  const isEmpty = (await readdir(folder)).length === 0;
  if (isEmpty && order.sandbox.kind === 'bubblewrap') await copyNewest(order, folder);
  return { folder, variables: cacheVariables(order.manager), copyFrom: null };
}

async function openOwn({ projectFolder, sandbox }: PackageCacheOrder): Promise<string> {
  await mkdir(projectFolder, { recursive: true, mode: 0o711 });
  const guard = await makeGuard(join(projectFolder, nameOf(sandbox.user)), sandbox.user);
  return makeOwned(join(guard, PACKAGES), sandbox, READABLE);
}

async function openForOnce({ work, sandbox }: PackageCacheOrder): Promise<string> {
  return makeOwned(join(work.root, 'cache'), sandbox, CLOSED);
}

/** Only its user passes the outer folder; the inner one, shown to another user's sandbox, can be read there. */
const PACKAGES = 'packages';
const PASSABLE_TO_GROUP = 0o710;
const CLOSED = 0o700;
const READABLE = 0o755;

function nameOf(user: BuildUser | null): string {
  return user === null ? 'shared' : String(user.uid);
}

/**
 * As root it stays root's, and the user only passes: a user who could put a link in the place of the inner folder
 * would be given, at the next build, whatever that leads to.
 */
async function makeGuard(folder: string, user: BuildUser | null): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, user === null ? CLOSED : PASSABLE_TO_GROUP);
  if (user !== null) await chown(folder, 0, user.gid);
  return folder;
}

/**
 * Copies as the build's own user, inside the sandbox: nobody with more rights ever reads what other builds may be
 * writing. A copy that fails leaves files that package managers check or download again.
 */
async function copyNewest(order: PackageCacheOrder, folder: string): Promise<void> {
  const { sandbox, work, projectFolder, signal } = order;
  const copyFrom = await newestIn(projectFolder, folder);
  if (copyFrom === undefined) return;
  await runCommand(sandbox, {
    command: ['cp', '-R', '-P', '--', `${INSIDE.cacheSource}/.`, INSIDE.cache],
    folder: work,
    workingDirectory: '',
    variables: {},
    builderEnvironment: {},
    toolchain: { folder: work.tmp, binFolders: [] },
    cache: { folder, variables: {}, copyFrom },
    limits: {
      timeoutMs: COPY_TIMEOUT_MS,
      memoryBytes: COPY_MEMORY_BYTES,
      processes: COPY_PROCESSES,
      diskBytes: MAX_COPY_BYTES,
    },
    onOutput: () => undefined,
    signal,
  });
}

/** Deletes the cache of this build's user when it holds more than `maxBytes`; after a build, when nobody waits. */
export async function trimPackageCache(
  projectFolder: string,
  user: BuildUser | null,
  maxBytes: number,
): Promise<void> {
  const folder = join(projectFolder, nameOf(user));
  const { bytes, tooDeep } = await measureFolder(folder, maxBytes);
  if (tooDeep || bytes > maxBytes) await removeTree(folder);
}

/** Belongs to the build's user: no other build may plant packages in it, or read private ones. */
async function makeOwned(folder: string, { user }: Sandbox, mode: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, mode);
  if (user !== null) await chown(folder, user.uid, user.gid);
  return folder;
}

/** The cache that was opened last: opening sets the mode, and so the time of the last change. */
async function newestIn(projectFolder: string, except: string): Promise<string | undefined> {
  const names = await readdir(projectFolder).catch(() => []);
  const folders = await Promise.all(
    names.map(async (name) => {
      const path = join(projectFolder, name);
      // A build that ends meanwhile may delete it.
      const stats = await stat(path).catch(() => undefined);
      return stats === undefined ? [] : [{ path: join(path, PACKAGES), openedAtMs: stats.ctimeMs }];
    }),
  );
  const others = folders.flat().filter(({ path }) => path !== except);
  return others.toSorted((a, b) => b.openedAtMs - a.openedAtMs)[0]?.path;
}

/** Each package manager's own name for its cache; names of the others would make it warn or, in Yarn 4, fail. */
function cacheVariables({ name, version }: PackageManager): Record<string, string> {
  const npm = { npm_config_cache: 'npm' };
  switch (name) {
    case 'npm':
      return npm;
    case 'pnpm':
      return { ...npm, npm_config_store_dir: 'pnpm', pnpm_config_store_dir: 'pnpm' };
    case 'yarn':
      return version.startsWith('1.')
        ? { ...npm, yarn_preferred_cache_folder: 'yarn' }
        : { ...npm, YARN_GLOBAL_FOLDER: 'yarn' };
    case 'bun':
      return { ...npm, BUN_INSTALL_CACHE_DIR: 'bun' };
  }
}
