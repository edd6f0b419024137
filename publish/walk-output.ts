import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { lstat, opendir, realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import type { BuildLimits } from '../contracts/build-spec.ts';
import { isManifestPath } from '../contracts/manifest.ts';
import { formatBytes, formatName } from './format.ts';
import { type LeftOut, createLeftOut, isLeftOut } from './left-out.ts';
import { OutputProblem } from './output-problem.ts';
import type { OutputWords } from './output-words.ts';

/** manifestPathSchema's bound. */
const MAX_PATH_LENGTH = 1024;
/** Entries that are looked at together: a folder is never read whole into memory. */
const GROUP_ENTRIES = 64;
const SLASH = Buffer.from('/');
/** A file to publish. `path` is its name on the site; `location` is its real path on disk, no link in it. */
export interface OutputFile {
  readonly path: string;
  readonly location: Buffer;
  readonly sizeBytes: number;
  /** Which file it was: it must still be this one when it is opened. */
  readonly device: number;
  readonly inode: number;
}

export interface OutputWalk {
  readonly files: readonly OutputFile[];
  readonly totalBytes: number;
  /** One sentence about what was left out, for the log. */
  readonly leftOut: string | undefined;
}

export interface WalkOrder {
  /** The output must lie in this folder, links resolved. */
  readonly sourceFolder: string;
  readonly outputFolder: string;
  readonly limits: Pick<BuildLimits, 'outputFiles' | 'outputFileBytes' | 'outputBytes'>;
  readonly words: OutputWords;
  readonly signal: AbortSignal;
}

/**
 * Finds the files to publish. Names are read as bytes. A link is followed when it leads to something inside the
 * output that is published itself; any other link, loops, devices, sockets, pipes, names that are not UTF-8 and
 * exceeded limits throw OutputProblem, which names the file and what to do.
 */
export async function walkOutput(order: WalkOrder): Promise<OutputWalk> {
  const root = await resolveOutputFolder(order);
  const walk: Walk = { order, root, files: [], totalBytes: 0, folders: 0, leftOut: createLeftOut() };
  await walkFolder(walk, { path: '', location: root, ancestors: [root.toString('latin1')] });
  return { files: walk.files, totalBytes: walk.totalBytes, leftOut: walk.leftOut.describe() };
}

/** The folder as people know it: relative to their repository. */
export function formatOutputFolder(order: Pick<WalkOrder, 'sourceFolder' | 'outputFolder'>): string {
  return formatName(relative(order.sourceFolder, order.outputFolder) || '.');
}

interface Walk {
  readonly order: WalkOrder;
  readonly root: Buffer;
  readonly files: OutputFile[];
  readonly leftOut: LeftOut;
  totalBytes: number;
  folders: number;
}

interface Folder {
  /** Relative to the output folder; '' for itself. */
  readonly path: string;
  readonly location: Buffer;
  /** Real paths from the output folder to here, as latin1 text: a link to one of them is a loop. */
  readonly ancestors: readonly string[];
}

async function resolveOutputFolder({ sourceFolder, outputFolder, words }: WalkOrder): Promise<Buffer> {
  const source = await realpath(sourceFolder, { encoding: 'buffer' }).catch(() => undefined);
  const root = await realpath(outputFolder, { encoding: 'buffer' }).catch(() => undefined);
  const shown = formatOutputFolder({ sourceFolder, outputFolder });
  if (source === undefined || root === undefined || !(await lstat(root)).isDirectory())
    throw new OutputProblem('output_missing', words.missing(shown));
  if (!isInside(source, root) || relativeTo(source, root).split('/').includes('.git'))
    throw new OutputProblem(
      'publish_failed',
      `The output folder ${shown} leads out of the repository's files. ${words.choose}`,
    );
  return root;
}

async function walkFolder(walk: Walk, folder: Folder): Promise<void> {
  const { signal, limits, words } = walk.order;
  signal.throwIfAborted();
  if (++walk.folders > limits.outputFiles)
    throw new OutputProblem(
      'limit_exceeded',
      `The ${words.noun} has more than ${limits.outputFiles} folders (limit outputFiles).`,
    );
  let group: Buffer[] = [];
  // The type of Node's Dirent does not know `encoding: 'buffer'`, which its documentation has.
  const entries = await opendir(folder.location, { encoding: 'buffer' as BufferEncoding }).catch(
    unreadable(walk, folder.path),
  );
  for await (const entry of entries) {
    group.push(entry.name as unknown as Buffer);
    if (group.length === GROUP_ENTRIES) {
      await visitGroup(walk, folder, group);
      group = [];
    }
  }
  await visitGroup(walk, folder, group);
}

/** Files first, so that folders are entered one at a time and memory follows the depth, not the size. */
async function visitGroup(walk: Walk, folder: Folder, names: readonly Buffer[]): Promise<void> {
  const published = names.flatMap((name) => {
    const path = pathOf(folder, name, walk.order.words);
    if (!isLeftOut(path)) return [{ path, location: Buffer.concat([folder.location, SLASH, name]) }];
    walk.leftOut.add(path);
    return [];
  });
  const entries = await Promise.all(
    published.map(async (entry) => ({
      ...entry,
      stats: await lstat(entry.location).catch(unreadable(walk, entry.path)),
    })),
  );
  for (const entry of entries) await visitEntry(walk, folder, entry);
}

interface Entry {
  readonly path: string;
  readonly location: Buffer;
  readonly stats: Stats;
}

async function visitEntry(walk: Walk, folder: Folder, entry: Entry): Promise<void> {
  const { path, location, stats } = entry;
  const { noun, remove } = walk.order.words;
  if (stats.isSymbolicLink()) return await visitEntry(walk, folder, await followLink(walk, entry));
  if (stats.isFile()) return addFile(walk, entry);
  if (!stats.isDirectory())
    throw new OutputProblem(
      'publish_failed',
      `${formatName(path)} in the ${noun} is ${kindOf(stats)}, which can't be published. ${remove}`,
    );
  const name = location.toString('latin1');
  if (folder.ancestors.includes(name))
    throw new OutputProblem(
      'publish_failed',
      `The link ${formatName(path)} in the ${noun} leads to a folder that holds it: a circle. ${remove}`,
    );
  await walkFolder(walk, { path, location, ancestors: [...folder.ancestors, name] });
}

/** What the link leads to, under the link's own path. */
async function followLink(walk: Walk, { path, location }: Entry): Promise<Entry> {
  const target = await realpath(location, { encoding: 'buffer' }).catch(() => undefined);
  const shown = formatName(path);
  const { noun, remove } = walk.order.words;
  if (target === undefined)
    throw new OutputProblem('publish_failed', `The link ${shown} in the ${noun} leads to nothing. ${remove}`);
  if (!isInside(walk.root, target))
    throw new OutputProblem(
      'publish_failed',
      `The link ${shown} leads out of the ${noun}. Copy the file instead of linking to it.`,
    );
  if (isLeftOut(relativeTo(walk.root, target)))
    throw new OutputProblem(
      'publish_failed',
      `The link ${shown} leads to something that is never published (a name with a leading dot, node_modules). Copy the file instead of linking to it.`,
    );
  return { path, location: target, stats: await lstat(target).catch(unreadable(walk, path)) };
}

function addFile(walk: Walk, { path, location, stats }: Entry): void {
  const { outputFiles, outputFileBytes, outputBytes } = walk.order.limits;
  const { noun } = walk.order.words;
  if (stats.size > outputFileBytes)
    throw new OutputProblem(
      'limit_exceeded',
      `${formatName(path)} has ${formatBytes(stats.size)}; a file of the ${noun} may have ${formatBytes(outputFileBytes)} (limit outputFileBytes).`,
    );
  walk.files.push({ path, location, sizeBytes: stats.size, device: stats.dev, inode: stats.ino });
  walk.totalBytes += stats.size;
  if (walk.files.length > outputFiles)
    throw new OutputProblem(
      'limit_exceeded',
      `The ${noun} has more than ${outputFiles} files (limit outputFiles); ${formatName(path)} is one too many.`,
    );
  if (walk.totalBytes > outputBytes)
    throw new OutputProblem(
      'limit_exceeded',
      `The ${noun} has more than ${formatBytes(outputBytes)} in sum (limit outputBytes), reached at ${formatName(path)}.`,
    );
}

function pathOf(folder: Folder, name: Buffer, { noun, rename }: OutputWords): string {
  const path = folder.path === '' ? name.toString() : `${folder.path}/${name.toString()}`;
  if (!isUtf8(name))
    throw new OutputProblem(
      'publish_failed',
      `The name ${formatName(path)} in the ${noun} is not valid UTF-8. ${rename}`,
    );
  if (!isManifestPath(path))
    throw new OutputProblem(
      'publish_failed',
      `The name ${formatName(path)} in the ${noun} has a backslash, which URLs can't have. ${rename}`,
    );
  if (path.length > MAX_PATH_LENGTH)
    throw new OutputProblem(
      'publish_failed',
      `The path ${formatName(path)} in the ${noun} has more than ${MAX_PATH_LENGTH} characters. ${rename}`,
    );
  return path;
}

function isInside(folder: Buffer, location: Buffer): boolean {
  const isPrefix = location.subarray(0, folder.length).equals(folder);
  return isPrefix && (location.length === folder.length || location[folder.length] === SLASH[0]);
}

/** `location` must be inside `folder`. Bytes that are no UTF-8 don't matter to those who ask. */
function relativeTo(folder: Buffer, location: Buffer): string {
  return location.subarray(folder.length + 1).toString();
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function unreadable({ order }: Walk, path: string): (error: unknown) => never {
  return (error) => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new OutputProblem(
      'publish_failed',
      `${formatName(path)} in the ${order.words.noun} can't be read (${code}).`,
    );
  };
}
