import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

/**
 * Removes a folder that untrusted commands filled, whatever they left; a missing one is no error. rm(1) walks by
 * open folders, so paths beyond the kernel's limit, which Node's own rm can't name, are removed too; folders closed
 * to their owner are opened first. Never follows a symlink. Nothing may write there meanwhile.
 */
export async function removeTree(folder: string): Promise<void> {
  if ((await tryRemove(folder)) === undefined) return;
  // An ordinary user can't look into a folder without the right to read it, but may give that right back. What
  // could not be changed shows in the second attempt.
  await run('chmod', ['-R', 'u+rwX', '--', folder], { timeout: TIMEOUT_MS }).catch(() => undefined);
  const failure = await tryRemove(folder);
  if (failure !== undefined) throw failure;
}

async function tryRemove(folder: string): Promise<Error | undefined> {
  try {
    await run('rm', ['-rf', '--', folder], { timeout: TIMEOUT_MS });
    return undefined;
  } catch (cause) {
    const remains = await lstat(folder).catch(() => undefined);
    return remains === undefined ? undefined : new Error(`${folder} can not be removed`, { cause });
  }
}
