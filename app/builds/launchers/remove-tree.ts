import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REMOVE_TIMEOUT_MS = 300_000;
const ENVIRONMENT = { PATH: '/bin:/usr/bin', LC_ALL: 'C' };

/**
 * Removes a folder that strangers filled; a missing one is no error. The system's rm walks by open folders, so
 * paths beyond the kernel's limit, which Node's own rm can't name, are removed too; folders that the build made
 * unreadable are made readable first.
 */
export async function removeTree(folder: string): Promise<void> {
  const failure = await tryRemove(folder);
  if (failure === undefined) return;
  await run('chmod', ['-R', 'u+rwx', '--', folder], { env: ENVIRONMENT, timeout: REMOVE_TIMEOUT_MS }).catch(
    () => {}, // What it could not change shows in the second attempt.
  );
  const lastFailure = await tryRemove(folder);
  if (lastFailure !== undefined) throw lastFailure;
}

async function tryRemove(folder: string): Promise<Error | undefined> {
  try {
    await run('rm', ['-rf', '--', folder], { env: ENVIRONMENT, timeout: REMOVE_TIMEOUT_MS });
    return undefined;
  } catch (cause) {
    const remains = await lstat(folder).catch(() => undefined);
    return remains === undefined ? undefined : new Error(`${folder} can not be removed`, { cause });
  }
}
