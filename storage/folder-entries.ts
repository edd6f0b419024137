import { link, mkdir, open, rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

// A file gets its name in one step, and the name is on the disk before anybody is told; its folder comes and goes with it.

/** How often a write starts anew because its folder was just removed as empty. */
const MAX_ATTEMPTS = 20;

/** Gives the file a name that nothing has yet; false when something has it. */
export async function linkNew(from: string, to: string): Promise<boolean> {
  return await inFolder(to, async () => {
    try {
      await link(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Gives the file a name in place of what has it. */
export async function renameOver(from: string, to: string): Promise<void> {
  await inFolder(to, () => rename(from, to));
}

/** Acts, making the folder when it is missing, and flushes the folder's entry to the disk. */
async function inFolder<T>(file: string, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await action();
      await syncFolder(dirname(file));
      return result;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
      // It was never there, or somebody has just removed it as empty.
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Up to `root`, which stays. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let each = folder; each !== root; each = dirname(each)) {
    const removed = await rmdir(each).then(
      () => true,
      () => false, // not empty, or gone
    );
    if (!removed) return;
  }
}
