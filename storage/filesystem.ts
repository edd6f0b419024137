import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, opendir, readdir, readFile, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../machine/lock.ts';
import { formatName, lifeOf, ownName, parseName } from '../machine/process-name.ts';
import { StorageError } from './blob-store.ts';
import type {
  BlobStore,
  ByteRange,
  ListedObject,
  OpenObject,
  PutAnnouncement,
  StoredObject,
  WriteOptions,
  WriteResult,
} from './blob-store.ts';
import { linkNew, removeEmptyFolders, renameOver } from './folder-entries.ts';
import { checkKey } from './keys.ts';
import { signPut } from './signed-url.ts';
import type { UrlSigner } from './signed-url.ts';

/** Segments of keys never start with a dot, so these folders are no objects. */
const TEMPORARY = '.temporary';
const LOCKS = '.locks';
const LOCK_TIMEOUT_MS = 10_000;
/** A claim of another machine (a shared folder) is given up after this: locks are held for milliseconds. */
const FOREIGN_LOCK_MS = 30_000;

export interface FilesystemOptions {
  /** Made when it is missing; readable by its owner only. */
  readonly root: string;
  readonly randomId: () => string;
  /** Only the app signs; for others presignPut throws. */
  readonly signer?: UrlSigner;
}

export interface FilesystemStore extends BlobStore {
  /** Stores an upload while it comes in; nothing is visible unless size and SHA-256 are the announced ones. */
  receive(key: string, body: AsyncIterable<Uint8Array>, promised: Promised): Promise<ReceiveResult>;
}

interface Promised {
  readonly bodySha256: string;
  readonly sizeBytes: number;
}

/** `exists`: something is there already and stays; `mismatch`: other bytes came than were promised. */
export type ReceiveResult = 'written' | 'exists' | 'mismatch';

/**
 * Objects as files of one folder. Every write goes to a temporary file first, is flushed to the disk and then
 * gets its name in one step, so that readers, and a `kill -9`, see whole objects only. Any number of processes
 * may use the folder at once.
 */
export async function createFilesystemStore(options: FilesystemOptions): Promise<FilesystemStore> {
  const { root } = options;
  await guard(root, async () => {
    await mkdir(dirname(root), { recursive: true }); // others may have business there
    await mkdir(join(root, TEMPORARY), { recursive: true, mode: 0o700 });
    await removeLeftovers(join(root, TEMPORARY));
  });
  return new FolderStore(options);
}

class FolderStore implements FilesystemStore {
  readonly #root: string;
  readonly #options: FilesystemOptions;

  constructor(options: FilesystemOptions) {
    this.#root = options.root;
    this.#options = options;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    const file = this.#fileOf(key);
    return await guard(key, async () => {
      const body = await readFile(file).catch(ignoreMissing);
      return body && { body, etag: etagOf(body) };
    });
  }

  async open(key: string, range?: ByteRange): Promise<OpenObject | undefined> {
    const file = this.#fileOf(key);
    return await guard(key, async () => {
      const handle = await open(file).catch(ignoreMissing);
      return handle && (await openPart(handle, range));
    });
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const file = this.#fileOf(key);
    const stats = await guard(key, () => stat(file).catch(ignoreMissing));
    return stats?.isFile() === true ? stats.size : undefined;
  }

  async write(key: string, body: Uint8Array, { condition }: WriteOptions): Promise<WriteResult> {
    const file = this.#fileOf(key);
    const written: WriteResult = { written: true, etag: etagOf(body) };
    return await guard(key, async () => {
      const temporary = await this.#writeTemporary((handle) => handle.writeFile(body));
      try {
        if (condition === 'create') return (await linkNew(temporary, file)) ? written : { written: false };
        return await this.#exclusively(key, async () => {
          if (condition !== undefined && (await etagOfFile(file)) !== condition.ifMatch)
            return { written: false };
          await renameOver(temporary, file);
          return written;
        });
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async receive(key: string, body: AsyncIterable<Uint8Array>, promised: Promised): Promise<ReceiveResult> {
    const file = this.#fileOf(key);
    return await guard(key, async () => {
      let isRight = false;
      const temporary = await this.#writeTemporary(async (handle) => {
        isRight = await writeChecked(handle, body, promised);
      });
      try {
        if (!isRight) return 'mismatch';
        return (await linkNew(temporary, file)) ? 'written' : 'exists';
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') checkKey(folder.slice(0, -1));
    for await (const key of walk(this.#root, folder)) {
      if (!key.startsWith(prefix)) continue;
      const stats = await guard(key, () => stat(join(this.#root, key)).catch(ignoreMissing));
      if (stats !== undefined) yield { key, sizeBytes: stats.size, modifiedAt: Math.floor(stats.mtimeMs) };
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const file = this.#fileOf(key);
      await guard(key, () => this.#exclusively(key, () => rm(file, { force: true })));
      await removeEmptyFolders(dirname(file), this.#root);
    }
  }

  presignPut(put: PutAnnouncement): ReturnType<BlobStore['presignPut']> {
    const { signer } = this.#options;
    if (signer === undefined) throw new TypeError('this store was made without a signer');
    return Promise.resolve(signPut(put, signer));
  }

  #fileOf(key: string): string {
    return join(this.#root, checkKey(key));
  }

  /** One writer of a key at a time. */
  #exclusively<T>(key: string, action: () => Promise<T>): Promise<T> {
    const lock = {
      folder: join(this.#root, LOCKS),
      name: createHash('sha256').update(key).digest('hex').slice(0, 32),
      timeoutMs: LOCK_TIMEOUT_MS,
      foreignTimeoutMs: FOREIGN_LOCK_MS,
      randomId: this.#options.randomId,
    };
    return withLock(lock, action);
  }

  /** Returns the file's path once its bytes are on the disk; leaves nothing behind when `fill` fails. */
  async #writeTemporary(fill: (handle: FileHandle) => Promise<void>): Promise<string> {
    const file = join(this.#root, TEMPORARY, `${formatName(ownName())}~${this.#options.randomId()}`);
    const handle = await open(file, 'wx', 0o600);
    try {
      await fill(handle);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return file;
  }
}

/** Stops reading as soon as more comes than was promised. */
async function writeChecked(
  handle: FileHandle,
  body: AsyncIterable<Uint8Array>,
  { bodySha256, sizeBytes }: Promised,
): Promise<boolean> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > sizeBytes) return false;
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  return bytes === sizeBytes && hash.digest('hex') === bodySha256;
}

async function openPart(handle: FileHandle, range?: ByteRange): Promise<OpenObject | undefined> {
  const stats = await handle.stat();
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? Infinity, stats.size - 1);
  if (!stats.isFile()) {
    await handle.close();
    return undefined;
  }
  const sizeBytes = Math.max(0, end - start + 1);
  // `end` below `start` is an error for Node, so an empty part asks for one byte past the end: there is none.
  const body = handle.createReadStream({ start, end: Math.max(start, end) });
  return { body: body as OpenObject['body'], sizeBytes };
}

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  const entries = await guard(folder, () => opendir(join(root, folder)).catch(ignoreMissing));
  if (entries === undefined) return;
  for await (const entry of entries as AsyncIterable<Dirent>) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* walk(root, `${folder}${entry.name}/`);
    else if (entry.isFile()) yield folder + entry.name;
  }
}

/** What processes that were killed have left. Files of other machines stay: nobody here can tell. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const writer = parseName(name);
    if (writer !== undefined && lifeOf(writer) === 'dead') await rm(join(folder, name), { force: true });
  }
}

async function etagOfFile(file: string): Promise<string | undefined> {
  const body = await readFile(file).catch(ignoreMissing);
  return body && etagOf(body);
}

function etagOf(body: Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('hex')}"`;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return undefined;
  throw error;
}

/** File system errors become StorageError, which says what was attempted and keeps the cause. */
async function guard<T>(key: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof TypeError || error instanceof StorageError) throw error;
    throw new StorageError(`The storage folder failed at ${key}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
