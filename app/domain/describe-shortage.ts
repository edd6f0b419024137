export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/**
 * Undefined while the disk that builds and artifacts fill has room; else a sentence. `consequence` begins it, and
 * `what` names what goes on as soon as there is room again.
 */
export function describeShortage(
  { freeBytes, totalBytes }: DiskSpace,
  minFreePercent: number,
  { consequence, what }: { readonly consequence: string; readonly what: string },
): string | undefined {
  const freePercent = (freeBytes / totalBytes) * 100;
  if (freePercent >= minFreePercent) return undefined;
  return (
    `${consequence} because the server's disk is ${Math.floor(100 - freePercent)} % full; ${what} start while at least ` +
    `${minFreePercent} % are free. Free some space, or lower OFFSHOOT_MIN_FREE_DISK_PERCENT.`
  );
}
