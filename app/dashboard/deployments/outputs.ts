import { LRUCache } from 'lru-cache';
import type { Manifest } from '../../../contracts/manifest.ts';
import { manifestKey } from '../../../contracts/storage-keys.ts';
import { type BlobStore, StorageError } from '../../../storage/blob-store.ts';
import { diffFiles, type FilesDiff } from '../../domain/diff-files.ts';

/** What a deployment published: its files by path. */
export type OutputFiles = Manifest['files'];

export interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What fits on the page of a deployment, of an output of any size. */
export interface OutputSummary {
  readonly largest: readonly ListedFile[];
  /** Against the output before it; null where there is none. `changes` are the heaviest. */
  readonly diff: FilesDiff | null;
}

/** An artifact's name: which project's, and the SHA-256 of its manifest. */
export interface OutputName {
  readonly projectId: string;
  readonly manifest: string;
}

/** Reads outputs for pages. Both throw StorageError when storage can't say. */
export interface Outputs {
  files(output: OutputName): Promise<OutputFiles>;
  summarize(output: OutputName, earlierManifest: string | null): Promise<OutputSummary>;
}

const LARGEST_SHOWN = 5;
const CHANGES_SHOWN = 8;
/** A parsed manifest takes about three times the memory of its JSON. */
const MEMORY_FACTOR = 3;
/** A few manifests of 20,000 files, or all of a small installation. */
const CACHE_BYTES = 48 * 1024 * 1024;
const MAX_SUMMARIES = 1000;

/**
 * Manifests never change, so what was read or worked out once stays true. A page that is watched looks at its output
 * every second: the few lines that it shows are kept, also when the manifests themselves no longer are.
 */
export function createOutputs(storage: Pick<BlobStore, 'read'>): Outputs {
  const known = new LRUCache<string, { files: OutputFiles; sizeBytes: number }, OutputName>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ sizeBytes }) => sizeBytes,
    fetchMethod: async (_key, _stale, { context }) => readManifest(storage, context),
  });
  const summaries = new LRUCache<string, OutputSummary>({ max: MAX_SUMMARIES });

  const files = async (output: OutputName): Promise<OutputFiles> => {
    const { files } = await known.forceFetch(manifestKey(output.projectId, output.manifest), {
      context: output,
    });
    return files;
  };

  return {
    files,
    async summarize(output, earlierManifest) {
      const key = `${output.projectId}/${output.manifest}/${earlierManifest}`;
      const kept = summaries.get(key);
      if (kept !== undefined) return kept;
      const after = await files(output);
      const before = earlierManifest === null ? null : await files({ ...output, manifest: earlierManifest });
      const summary = { largest: largestOf(after), diff: before && shorten(diffFiles(before, after)) };
      summaries.set(key, summary);
      return summary;
    },
  };
}

async function readManifest(storage: Pick<BlobStore, 'read'>, { projectId, manifest }: OutputName) {
  const key = manifestKey(projectId, manifest);
  const object = await storage.read(key);
  if (object === undefined) throw new StorageError(`${key} is missing.`);
  const parsed = parseManifest(object.body);
  if (parsed === undefined) throw new StorageError(`${key} holds no manifest.`);
  return { files: parsed.files, sizeBytes: MEMORY_FACTOR * object.body.length };
}

/**
 * Each file was checked before the manifest was stored, under the hash of what was checked. To do it again would keep
 * all other requests waiting for most of a second where there are 20,000.
 */
function parseManifest(body: Buffer): Manifest | undefined {
  try {
    const manifest = JSON.parse(body.toString()) as Partial<Manifest>;
    return manifest.version === 1 && typeof manifest.files === 'object' ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

function largestOf(files: OutputFiles): ListedFile[] {
  return Object.entries(files)
    .map(([path, { sizeBytes }]) => ({ path, sizeBytes }))
    .toSorted((one, other) => other.sizeBytes - one.sizeBytes || (one.path < other.path ? -1 : 1))
    .slice(0, LARGEST_SHOWN);
}

function shorten(diff: FilesDiff): FilesDiff {
  return { ...diff, changes: diff.changes.slice(0, CHANGES_SHOWN) };
}
