import { createHash, hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { formatName } from './format.ts';
import { OutputProblem } from './output-problem.ts';
import type { OutputFile } from './walk-output.ts';

/** Smaller files are hashed in one piece. */
const WHOLE_BYTES = 256 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** SHA-256 of the content, lower-case hexadecimal. Throws OutputProblem when the file is another one by now. */
export async function hashFile(file: OutputFile): Promise<string> {
  if (file.sizeBytes <= WHOLE_BYTES) return hash('sha256', await readWhole(file), 'hex');
  const digest = createHash('sha256');
  let readBytes = 0;
  for await (const chunk of await openStream(file)) {
    digest.update(chunk as Buffer);
    readBytes += (chunk as Buffer).length;
  }
  if (readBytes !== file.sizeBytes) throw changed(file);
  return digest.digest('hex');
}

export async function readWhole(file: OutputFile): Promise<Buffer> {
  const handle = await openFile(file);
  try {
    const content = await handle.readFile();
    if (content.length !== file.sizeBytes) throw changed(file);
    return content;
  } finally {
    await handle.close();
  }
}

/** Closes the file when it ends or is destroyed. Gives at most the size that the walk has found. */
export async function openStream(file: OutputFile): Promise<Readable> {
  const handle = await openFile(file);
  // A file of no bytes has no last byte: `end` can't say so.
  return handle.createReadStream(file.sizeBytes === 0 ? {} : { end: file.sizeBytes - 1 });
}

/**
 * Opens exactly the file that the walk has found, even if somebody exchanges it, or a folder above it, for a link
 * in the meantime: the open file's inode, size and path in /proc are compared, not the name.
 */
async function openFile(file: OutputFile): Promise<FileHandle> {
  const handle = await open(file.location, FLAGS).catch(() => {
    throw changed(file);
  });
  const stats = await handle.stat();
  const isSame =
    stats.isFile() && stats.dev === file.device && stats.ino === file.inode && stats.size === file.sizeBytes;
  if (isSame && (await isAtLocation(handle, file))) return handle;
  await handle.close();
  throw changed(file);
}

/** Where there is no /proc (macOS) the inode has to do. */
async function isAtLocation(handle: FileHandle, file: OutputFile): Promise<boolean> {
  const location = await readlink(`/proc/self/fd/${handle.fd}`, { encoding: 'buffer' }).catch(
    () => undefined,
  );
  return location === undefined || location.equals(file.location);
}

function changed(file: OutputFile): OutputProblem {
  return new OutputProblem(
    'publish_failed',
    `${formatName(file.path)} changed while it was published. Let nothing write there meanwhile: a build command ends all its processes before it returns.`,
  );
}
