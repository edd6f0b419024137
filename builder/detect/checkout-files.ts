import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Lockfiles are the largest files that are looked into, and only their beginning is. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_FOLDER_ENTRIES = 10_000;

/** Why a file of the repository could not be read; the message names the file. */
export class UnreadableFile extends Error {}

/**
 * Reads files of an untrusted checkout. Symlinks are followed inside the repository only, and nothing but regular
 * files is opened: a named pipe or a device would block the builder for ever.
 */
export class CheckoutFiles {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(folder: string): Promise<CheckoutFiles> {
    return new CheckoutFiles(await realpath(folder));
  }

  /** The file's text; undefined when there is none. Throws UnreadableFile when it is too large or no file of the repository. */
  async readText(path: string): Promise<string | undefined> {
    const { text, sizeBytes } = (await this.readStart(path, MAX_CONFIG_BYTES)) ?? {
      text: undefined,
      sizeBytes: 0,
    };
    if (sizeBytes <= MAX_CONFIG_BYTES) return text;
    throw new UnreadableFile(`${path} is larger than 1 MiB.`);
  }

  /** At most the first `maxBytes` of the file, and its whole size; undefined when there is none. */
  async readStart(path: string, maxBytes: number): Promise<{ text: string; sizeBytes: number } | undefined> {
    const target = await this.#resolve(path);
    if (target === undefined) return undefined;
    if (!(await lstat(target)).isFile()) throw new UnreadableFile(`${path} is not a regular file.`);
    await using file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    // A decoder, since it leaves out the byte order mark that editors of Windows put first.
    return { text: new TextDecoder().decode(buffer.subarray(0, bytesRead)), sizeBytes: size };
  }

  async isFolder(path: string): Promise<boolean> {
    const target = await this.#resolve(path);
    return target !== undefined && (await lstat(target)).isDirectory();
  }

  /** Names in a folder, 10,000 at most. */
  async list(path: string): Promise<string[]> {
    const target = await this.#resolve(path);
    return target === undefined ? [] : (await readdir(target)).slice(0, MAX_FOLDER_ENTRIES);
  }

  /** Where a path really is; undefined when nothing is there. */
  async #resolve(path: string): Promise<string | undefined> {
    const target = await realpath(join(this.#root, path)).catch(() => undefined);
    if (target === undefined || target === this.#root || target.startsWith(this.#root + sep)) return target;
    throw new UnreadableFile(`${path} leads out of the repository.`);
  }
}
