import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageManager } from '../detect/package-manager.ts';
import type { CommandCache } from '../sandbox/command.ts';
import { measureFolder } from '../sandbox/disk-usage.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import type { Sandbox, WorkFolder } from '../sandbox/sandbox.ts';

export interface PackageCacheOrder {
  /** The project's cache folder on this machine; made when absent. */
  readonly projectFolder: string;
  readonly work: WorkFolder;
  readonly sandbox: Sandbox;
  readonly manager: PackageManager;
  /** BuildSpec.cacheWritable: false for untrusted builds, which must leave nothing for others to run. */
  readonly writable: boolean;
}

/**
 * Opens a project's package download cache for one build. Each build user has a cache of its own, so that none ever
 * needs another's files changed to it, and two builds of a project never meet. An untrusted build gets an empty
 * folder, and in bubblewrap a read-only view of the newest cache to copy from (copyCommand).
 */
export async function openPackageCache(order: PackageCacheOrder): Promise<CommandCache> {
  const { sandbox, work, projectFolder } = order;
  const variables = cacheVariables(order.manager);
  if (!order.writable) {
    const folder = await makeOwned(join(work.root, 'cache'), sandbox);
    return {
      folder,
      variables,
      copyFrom: sandbox.kind === 'bubblewrap' ? await newestIn(projectFolder) : null,
    };
  }
  await mkdir(projectFolder, { recursive: true, mode: 0o711 });
  const name = sandbox.user === null ? 'shared' : String(sandbox.user.uid);
  return { folder: await makeOwned(join(projectFolder, name), sandbox), variables, copyFrom: null };
}

/** Deletes a project's caches that hold more than `maxBytes`; after a build, when nobody waits. */
export async function trimPackageCache(projectFolder: string, maxBytes: number): Promise<void> {
  for (const name of await readdir(projectFolder).catch(() => [])) {
    const folder = join(projectFolder, name);
    const { bytes, tooDeep } = await measureFolder(folder, maxBytes);
    if (tooDeep || bytes > maxBytes) await removeTree(folder);
  }
}

/** The folder belongs to the build's user alone: no other build may plant packages in it, or read private ones. */
async function makeOwned(folder: string, { user }: Sandbox): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (user !== null) await chown(folder, user.uid, user.gid);
  return folder;
}

async function newestIn(projectFolder: string): Promise<string | null> {
  const names = await readdir(projectFolder).catch(() => []);
  const folders = await Promise.all(
    names.map(async (name) => {
      const path = join(projectFolder, name);
      return { path, mtimeMs: (await stat(path)).mtimeMs };
    }),
  );
  return folders.toSorted((a, b) => b.mtimeMs - a.mtimeMs)[0]?.path ?? null;
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
