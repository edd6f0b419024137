import { lstat, readlink } from 'node:fs/promises';
import { SYSTEM_FOLDERS, type SystemFolders } from './bubblewrap.ts';

/** What each top-level system folder is on this host: a folder, a symlink into /usr, or absent. */
export async function systemFoldersOf(): Promise<SystemFolders> {
  const entries = await Promise.all(
    SYSTEM_FOLDERS.map(async (name) => [name, await kindOf(`/${name}`)] as const),
  );
  return Object.fromEntries(entries.flatMap(([name, kind]) => (kind === undefined ? [] : [[name, kind]])));
}

async function kindOf(path: string): Promise<SystemFolders[string] | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isSymbolicLink()) return { symlinkTo: await readlink(path) };
  return stats?.isDirectory() ? 'folder' : undefined;
}
