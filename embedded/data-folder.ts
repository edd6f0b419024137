import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { StartError } from './start-error.ts';

/** Databases need room to start in; without it they die with messages that nobody understands. */
const MIN_FREE_BYTES = 200 * 1024 * 1024;
/** Root's databases and builds run under other accounts, which must be able to pass; nobody may look around. */
const MODE_OF_ROOT = 0o711;
const MODE = 0o700;

export interface DataFolder {
  readonly path: string;
  /** Gives the lock back. */
  readonly release: () => Promise<void>;
}

/**
 * Makes the folder when it is missing and, when servers of ours will live in it, locks it: two servers on one
 * folder would spoil it, while programs that share servers elsewhere may share it. Throws StartError when it can't
 * be used: not writable, disk full, in use.
 */
export async function openDataFolder(folder: string, holdsServers: boolean): Promise<DataFolder> {
  try {
    await makeFolder(folder, process.getuid?.() === 0 ? MODE_OF_ROOT : MODE);
    await access(folder, constants.W_OK | constants.X_OK);
    await checkFreeSpace(folder);
    return { path: folder, release: holdsServers ? await lockFolder(folder) : async () => {} };
  } catch (error) {
    throw explain(error, folder);
  }
}

/** Not `recursive`: Node's tries for ever where a folder exists and takes no other, such as /proc. */
async function makeFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT') throw error;
    if (await exists(parent)) throw new StartError(notWritable(folder, code));
    await makeFolder(parent, mode);
    await mkdir(folder, { mode });
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Throws StartError when the disk that holds the folder is (nearly) full. */
export async function checkFreeSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < MIN_FREE_BYTES) throw new StartError(diskFull(folder, freeBytes));
}

/**
 * The text in the file; made and kept there at the first time. Only the owner may read it. A crash while it is
 * written leaves no half secret, and what is returned survives a power loss.
 */
export async function keepSecret(file: string, make: () => string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (kept.trim() !== '') return kept.trim();
  const secret = make();
  const unfinished = `${file}.new`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, `${secret}\n`, { mode: 0o600, flush: true });
  await rename(unfinished, file);
  return secret;
}

/** Turns what the file system says into a sentence; other errors stay what they are. */
export function explain(error: unknown, folder: string): unknown {
  const { code = '', path: at } = error as NodeJS.ErrnoException;
  const where = path.resolve(at ?? folder);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return new StartError(notWritable(where, code));
  if (['ENOTDIR', 'EEXIST'].includes(code)) return new StartError(noFolder(where));
  if (['ENOSPC', 'EDQUOT'].includes(code)) return new StartError(diskFull(folder, 0));
  return error;
}

function notWritable(where: string, code: string): string {
  return (
    `Offshoot can't write to ${where} (${code}): change its owner or mode, or set OFFSHOOT_DATA to a folder that it ` +
    `can write to.`
  );
}

function noFolder(where: string): string {
  return `${where} is not a folder: set OFFSHOOT_DATA to one, or move the file away.`;
}

function diskFull(folder: string, freeBytes: number): string {
  const megabytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
  return (
    `The disk that holds ${folder} is full: ${megabytes(freeBytes)} MB are free, and Offshoot needs ` +
    `${megabytes(MIN_FREE_BYTES)} MB to start. Free some space, or set OFFSHOOT_DATA to a folder on another disk.`
  );
}
