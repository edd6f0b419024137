const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** 1234567 → "1.2 MB", for people. */
export function formatBytes(sizeBytes: number): string {
  const power = sizeBytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(sizeBytes) / 3), UNITS.length - 1);
  const value = sizeBytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1).replace(/\.0$/, '')} ${UNITS[power]}`;
}

/** 90500 → "90.5 s", 250 → "250 ms", for people. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  return `${Number((durationMs / 1000).toFixed(1))} s`;
}

/** 1234567 → "1,234,567", for whole numbers. Not toLocaleString, whose first use takes 16 ms. */
export function formatNumber(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** 1 → "1 file", 2000 → "2,000 files". */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A file name as it can be shown in one line of a log: control characters and invalid bytes are escaped. */
export function formatName(name: string | Buffer): string {
  return JSON.stringify(name.toString());
}
