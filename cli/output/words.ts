const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: readonly (readonly [sizeMs: number, name: string])[] = [
  [365 * DAY_MS, 'year'],
  [30 * DAY_MS, 'month'],
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
  [MINUTE_MS, 'minute'],
];

/** How long ago a moment was: "just now", "5 minutes ago". Both are epoch milliseconds. */
export function formatRelative(at: number, now: number): string {
  const ago = now - at;
  const [sizeMs, name] = UNITS.find(([sizeMs]) => ago >= sizeMs) ?? [];
  if (sizeMs === undefined) return 'just now';
  const count = Math.floor(ago / sizeMs);
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
}

/** As people read a stopwatch: "850 ms", "4.2 s", "3 min 05 s", "1 h 20 min". */
export function formatElapsed(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.floor(ms / SECOND_MS);
  if (ms < HOUR_MS) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** "a", "a or b", "a, b or c". */
export function formatChoice(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
