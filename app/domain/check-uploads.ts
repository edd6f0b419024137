import type { UploadObject } from '../../contracts/build-report.ts';
import type { OutputLimits } from './check-manifest.ts';

/** A sentence about the first object that may not be uploaded; undefined when all may. Keys are SHA-256. */
export function checkUploads(
  objects: readonly UploadObject[],
  announced: ReadonlyMap<string, { readonly sizeBytes: number }>,
  { outputFileBytes }: Pick<OutputLimits, 'outputFileBytes'>,
): string | undefined {
  for (const object of objects) {
    const { sha256, coding, bodySha256, sizeBytes } = object;
    const blob = announced.get(sha256);
    if (blob === undefined) return `The blob ${sha256} must be announced before it is uploaded.`;
    if (blob.sizeBytes > outputFileBytes) {
      return `The blob ${sha256} has ${blob.sizeBytes} bytes; a file may have ${outputFileBytes}.`;
    }
    if (coding === null && (bodySha256 !== sha256 || sizeBytes !== blob.sizeBytes)) {
      return `The blob ${sha256} was announced with ${blob.sizeBytes} bytes and its own SHA-256; the upload says otherwise.`;
    }
    // A variant that saves nothing is never made, so no variant needs more room than its blob.
    if (coding !== null && sizeBytes >= blob.sizeBytes) {
      return `The ${coding} variant of ${sha256} has ${sizeBytes} bytes, which saves nothing.`;
    }
  }
  return undefined;
}
