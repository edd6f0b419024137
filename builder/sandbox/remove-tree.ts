import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Deletes a folder that untrusted commands wrote, whatever they left: folders nested deeper than a path can name
 * (Node's own rm fails there; rm(1) walks by descriptors), folders closed to their owner. Never crosses into another
 * file system, never follows a symlink. Nothing may write there meanwhile.
 */
export async function removeTree(path: string): Promise<void> {
  const options = ['-rf', '--', path];
  const didRemove = await run('rm', options).then(
    () => true,
    () => false,
  );
  if (didRemove || !(await isThere(path))) return;
  // An ordinary user can't look into a folder without the right to read it, but may give that right back.
  await run('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
  await run('rm', options);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
