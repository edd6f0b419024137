import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import type { Coding } from '../../contracts/manifest.ts';

/** Smaller files gain less than a header costs. */
export const MIN_COMPRESSED_BYTES = 1024;
/** Larger ones would hold too much memory; they are served as they are. */
export const MAX_COMPRESSED_BYTES = 25 * 1024 * 1024;

const KIB = 1024;
/**
 * Quality falls as files grow, so that a site of 100 files is compressed within a fraction of a second. Measured
 * on JavaScript: Brotli 10 makes 3 MB/s and 7 % smaller files than 8 (15 MB/s); 11 costs three times as much for
 * 2 % more. It depends on nothing but the content, because equal contents share one stored variant.
 */
const LEVELS = [
  { maxBytes: 32 * KIB, brotli: 10, zstd: 12, gzip: 9 },
  { maxBytes: 512 * KIB, brotli: 8, zstd: 12, gzip: 9 },
  { maxBytes: Infinity, brotli: 5, zstd: 9, gzip: 6 },
];

const [brotliAsync, zstdAsync, gzipAsync] = [
  promisify(brotliCompress),
  promisify(zstdCompress),
  promisify(gzip),
];

export interface Variant {
  readonly coding: Coding;
  readonly body: Buffer;
}

/** The variants that are smaller than the content itself. Runs in Node's thread pool, off the event loop. */
export async function compress(content: Buffer): Promise<Variant[]> {
  const level = LEVELS.find(({ maxBytes }) => content.length <= maxBytes)!;
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, ZSTD_c_compressionLevel } = constants;
  const [br, zstd, gz] = await Promise.all([
    brotliAsync(content, {
      params: { [BROTLI_PARAM_QUALITY]: level.brotli, [BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
    zstdAsync(content, { params: { [ZSTD_c_compressionLevel]: level.zstd }, pledgedSrcSize: content.length }),
    gzipAsync(content, { level: level.gzip }),
  ]);
  const variants: Variant[] = [
    { coding: 'br', body: br },
    { coding: 'zstd', body: zstd },
    { coding: 'gzip', body: gz },
  ];
  return variants.filter(({ body }) => body.length < content.length);
}
