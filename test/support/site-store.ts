import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import mime from 'mime';
import type { Pointer, Served, Target } from '../../contracts/alias.ts';
import { type Coding, formatManifest, type Manifest, type ManifestFile } from '../../contracts/manifest.ts';
import { blobKey, manifestKey, pointerKey, variantKey } from '../../contracts/storage-keys.ts';
import { createFilesystemStore, type FilesystemStore } from '../../storage/filesystem.ts';

const MIN_COMPRESSED_BYTES = 100;
const COMPRESS: Record<Coding, (body: Buffer) => Buffer> = {
  br: (body) => brotliCompressSync(body),
  zstd: (body) => zstdCompressSync(body),
  gzip: (body) => gzipSync(body),
};

/** A folder store that tests fill with sites, as a publish does. */
export interface SiteStore {
  readonly store: FilesystemStore;
  readonly root: string;
  /** What OFFSHOOT_DATA is for a program that serves this store. */
  readonly dataFolder: string;
  /** Stores files with their variants and a manifest; returns what an alias serves. */
  publish(projectId: string, files: Readonly<Record<string, string | Buffer>>): Promise<Served>;
  /** Points a host at something. */
  point(label: string, projectId: string, target: Target, indexable?: boolean): Promise<void>;
  /** Both: publishes and points. */
  serve(label: string, projectId: string, files: Readonly<Record<string, string | Buffer>>): Promise<Served>;
  remove(): void;
}

export async function createSiteStore(): Promise<SiteStore> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'offshoot-sites-'));
  const root = join(dataFolder, 'storage');
  const store = await createFilesystemStore({ root, randomId: randomUUID });
  let version = 0;

  const publish: SiteStore['publish'] = async (projectId, files) => {
    const entries = Object.entries(files).map(async ([path, content]) => {
      return [path, await publishFile(store, projectId, path, Buffer.from(content))] as const;
    });
    const manifest: Manifest = { version: 1, files: Object.fromEntries(await Promise.all(entries)) };
    const json = Buffer.from(formatManifest(manifest));
    const sha256 = sha256Of(json);
    await store.write(manifestKey(projectId, sha256), json, { contentType: 'application/json' });
    return { deploymentId: makeId(), manifest: sha256 };
  };
  const point: SiteStore['point'] = async (label, projectId, target, indexable = true) => {
    version += 1;
    const pointer: Pointer = { label, projectId, version, indexable, target };
    await store.write(pointerKey(label), Buffer.from(JSON.stringify(pointer)), {
      contentType: 'application/json',
    });
  };
  return {
    store,
    root,
    dataFolder,
    publish,
    point,
    async serve(label, projectId, files) {
      const live = await publish(projectId, files);
      await point(label, projectId, { state: 'live', live, recent: [] });
      return live;
    },
    remove: () => rmSync(dataFolder, { recursive: true, force: true }),
  };
}

/** An id of the right form. */
export function makeId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 20);
}

async function publishFile(
  store: FilesystemStore,
  projectId: string,
  path: string,
  body: Buffer,
): Promise<ManifestFile> {
  const sha256 = sha256Of(body);
  const type = mime.getType(path) ?? 'application/octet-stream';
  const isText = /^text\/|json|javascript|svg/.test(type);
  const options = { contentType: 'application/octet-stream' };
  await store.write(blobKey(projectId, sha256), body, options);
  const variants: Partial<Record<Coding, number>> = {};
  if (isText && body.length >= MIN_COMPRESSED_BYTES) {
    for (const [coding, compress] of Object.entries(COMPRESS) as [Coding, (body: Buffer) => Buffer][]) {
      const compressed = compress(body);
      await store.write(variantKey(projectId, sha256, coding), compressed, options);
      variants[coding] = compressed.length;
    }
  }
  return { sha256, sizeBytes: body.length, contentType: isText ? `${type}; charset=utf-8` : type, variants };
}

function sha256Of(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
