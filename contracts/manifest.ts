import { z } from 'zod';
import { sha256Schema } from './ids.ts';

/** Compressed forms of a blob that are made at publish time, in the order in which the proxy prefers them. */
export const CODINGS = ['br', 'zstd', 'gzip'] as const;
export const codingSchema = z.enum(CODINGS);
export type Coding = z.infer<typeof codingSchema>;

/** Sizes in bytes of the variants that storage holds beside a blob. */
export const variantsSchema = z.partialRecord(codingSchema, z.number().int().positive());
export type Variants = z.infer<typeof variantsSchema>;

export const manifestFileSchema = z.object({
  sha256: sha256Schema,
  sizeBytes: z.number().int().nonnegative(),
  /** As it stands in the response's header: anything else would break the response. */
  contentType: z
    .string()
    .max(255)
    .regex(/^[\x20-\x7e]+$/, 'a content type is printable ASCII'),
  variants: variantsSchema,
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

/**
 * The index of an artifact: immutable, stored under the SHA-256 of its own JSON.
 * Paths are relative, `/`-separated, valid UTF-8, without a leading slash, `.` or `..` segments.
 */
export const manifestPathSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    isManifestPath,
    'a manifest path is relative, without empty, "." or ".." segments, NUL or backslash',
  );

export const manifestSchema = z.object({
  version: z.literal(1),
  files: z.record(manifestPathSchema, manifestFileSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function isManifestPath(path: string): boolean {
  if (path.includes('\0') || path.includes('\\')) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/**
 * One artifact has one spelling: keys sorted by code unit, no white space. Its SHA-256 names the manifest in
 * storage.
 */
export function formatManifest(manifest: Manifest): string {
  const paths = Object.keys(manifest.files).toSorted();
  const files = Object.fromEntries(paths.map((path) => [path, manifest.files[path]]));
  return JSON.stringify({ version: manifest.version, files });
}
