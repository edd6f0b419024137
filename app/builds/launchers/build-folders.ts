import { createHash } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where builds of this machine happen. Absolute paths; all exist. */
export interface BuildFolders {
  readonly workFolder: string;
  readonly toolchainFolder: string;
  readonly cacheFolder: string;
}

/** For root whose data folder others can't enter, such as one in root's home. */
const OUTSIDE = '/var/lib/offshoot';
const OTHERS_MAY_PASS = 0o001;
const PASSABLE_MODE = 0o711;
const HASH_LENGTH = 12;

/**
 * Makes the folders of builds. As root, user commands run as other users, who must be able to reach the toolchain
 * and their work folder: where they can't enter the data folder, the folders stand below /var/lib/offshoot, under
 * a name that always follows from the data folder's.
 */
export async function prepareBuildFolders(dataFolder: string, isRoot: boolean): Promise<BuildFolders> {
  const base = isRoot && !(await isPassable(dataFolder)) ? await outsideOf(dataFolder) : dataFolder;
  const folders = {
    workFolder: join(base, 'work'),
    toolchainFolder: join(base, 'toolchains'),
    cacheFolder: join(base, 'cache'),
  };
  for (const folder of [base, ...Object.values(folders)]) {
    await mkdir(folder, { recursive: true, mode: isRoot ? PASSABLE_MODE : 0o700 });
  }
  return folders;
}

async function outsideOf(dataFolder: string): Promise<string> {
  const name = createHash('sha256')
    .update(await realpath(dataFolder))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  return join(OUTSIDE, `builds-${name}`);
}

/** Whether others may pass this folder and all above it. */
async function isPassable(folder: string): Promise<boolean> {
  for (let at = await realpath(folder); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & OTHERS_MAY_PASS) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
