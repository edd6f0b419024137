import type { BuildLimits } from '../../contracts/build-spec.ts';
import { CODINGS, type Coding, type Manifest, type Variants } from '../../contracts/manifest.ts';

export type OutputLimits = Pick<BuildLimits, 'outputFiles' | 'outputFileBytes' | 'outputBytes'>;

/** What the database knows of a content. `isStored`: it is proved to be in storage, with these variants. */
export interface KnownBlob {
  readonly sizeBytes: number;
  readonly variants: Variants;
  readonly isStored: boolean;
}

/** One object that must be in storage; `coding` null is the blob itself. */
export interface NeededObject {
  readonly sha256: string;
  readonly coding: Coding | null;
  readonly sizeBytes: number;
}

/** The sum of a manifest's files, each counted as often as it is there. */
export function outputBytesOf(manifest: Manifest): number {
  return Object.values(manifest.files).reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** A sentence about the first thing that is wrong with an artifact; undefined when nothing is. */
export function checkManifest(
  manifest: Manifest,
  limits: OutputLimits,
  known: ReadonlyMap<string, KnownBlob>,
): string | undefined {
  const files = Object.entries(manifest.files);
  if (files.length > limits.outputFiles) {
    return `The manifest names ${files.length} files; ${limits.outputFiles} are allowed.`;
  }
  if (outputBytesOf(manifest) > limits.outputBytes) {
    return `The manifest's files have ${outputBytesOf(manifest)} bytes; ${limits.outputBytes} are allowed.`;
  }
  for (const [path, { sha256, sizeBytes }] of files) {
    if (sizeBytes > limits.outputFileBytes) {
      return `${JSON.stringify(path)} has ${sizeBytes} bytes; a file may have ${limits.outputFileBytes}.`;
    }
    const blob = known.get(sha256);
    if (blob === undefined)
      return `${JSON.stringify(path)} names a blob that was never announced: ${sha256}.`;
    if (blob.sizeBytes !== sizeBytes) {
      return `${JSON.stringify(path)} has ${sizeBytes} bytes in the manifest, but its blob has ${blob.sizeBytes}.`;
    }
  }
  return undefined;
}

/** The objects of a manifest that nothing proves yet, each once. */
export function listUnproved(manifest: Manifest, known: ReadonlyMap<string, KnownBlob>): NeededObject[] {
  const needed = new Map<string, NeededObject>();
  for (const { sha256, sizeBytes, variants } of Object.values(manifest.files)) {
    const blob = known.get(sha256);
    if (blob?.isStored !== true) needed.set(sha256, { sha256, coding: null, sizeBytes });
    for (const coding of CODINGS) {
      const variantBytes = variants[coding];
      const isProved = blob?.isStored === true && blob.variants[coding] !== undefined;
      if (variantBytes === undefined || isProved) continue;
      needed.set(`${sha256}.${coding}`, { sha256, coding, sizeBytes: variantBytes });
    }
  }
  return [...needed.values()];
}

/**
 * The manifest with the sizes that variants really have in storage. They may differ from the builder's: another
 * attempt with another version of the compressor may have stored the variant first, and what is stored stays.
 */
export function settleVariants(
  manifest: Manifest,
  sizeOf: (sha256: string, coding: Coding) => number | undefined,
): Manifest {
  const files = Object.entries(manifest.files).map(([path, file]) => {
    const sizes = CODINGS.flatMap((coding) => {
      const sizeBytes = file.variants[coding] && (sizeOf(file.sha256, coding) ?? file.variants[coding]);
      return sizeBytes === undefined ? [] : [[coding, sizeBytes] as const];
    });
    return [path, { ...file, variants: Object.fromEntries(sizes) }] as const;
  });
  return { version: manifest.version, files: Object.fromEntries(files) };
}
