const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** 1234567 → "1.2 MB", for people, in the words of build logs. */
export function formatBytes(sizeBytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(1, Math.abs(sizeBytes))) / 3), UNITS.length - 1);
  const value = sizeBytes / 1000 ** power;
  if (Math.abs(sizeBytes) === 1) return `${sizeBytes} byte`;
  return `${power === 0 ? value : value.toFixed(1).replace(/\.0$/, '')} ${UNITS[power]}`;
}

/** A difference: "+1.2 MB", "−300 bytes", "±0 bytes". With a real minus, which is as wide as the plus. */
export function formatBytesDelta(deltaBytes: number): string {
  const sign = deltaBytes > 0 ? '+' : deltaBytes < 0 ? '−' : '±';
  return sign + formatBytes(Math.abs(deltaBytes));
}

/** 1 → "1 file", 2000 → "2,000 files". */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** 1234567 → "1,234,567". */
export function formatNumber(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}
