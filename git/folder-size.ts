import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/** Bytes of all files below a folder; files that vanish meanwhile count nothing. Symlinks are not followed. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await opendir(folder, { recursive: true }).catch(() => undefined);
  if (entries === undefined) return 0;
  try {
    for await (const entry of entries) {
      const stats = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
      if (stats?.isFile() === true) bytes += stats.size;
    }
  } catch {
    // A folder vanished while it was read: the next measurement sees the rest.
  }
  return bytes;
}

/**
 * Measures a folder until `signal` aborts; calls `onExceeded` once when it holds more than `limitBytes`.
 * Meant for folders of few files (a pack that is being fetched), since each round reads all of them.
 */
export async function watchFolder(
  folder: string,
  limitBytes: number,
  signal: AbortSignal,
  onExceeded: () => void,
): Promise<void> {
  while (!signal.aborted) {
    if ((await folderBytes(folder)) > limitBytes) return onExceeded();
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
