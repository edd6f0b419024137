export type TimeStyle = 'none' | 'elapsed' | 'clock';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A line's time: `+1:02.345` since the attempt's first line, or what the clock of whoever reads it said. */
export function formatLineTime(style: TimeStyle, at: number, startedAt: number): string {
  if (style === 'none') return '';
  return style === 'elapsed' ? formatElapsed(at - startedAt) : formatClock(new Date(at));
}

function formatElapsed(ms: number): string {
  const sign = ms < 0 ? '-' : '+';
  const all = Math.abs(ms);
  const seconds = (all % MINUTE_MS) / SECOND_MS;
  const minutes = Math.floor((all % HOUR_MS) / MINUTE_MS);
  const hours = Math.floor(all / HOUR_MS);
  const tail = seconds.toFixed(3).padStart(6, '0');
  return hours === 0 ? `${sign}${minutes}:${tail}` : `${sign}${hours}:${two(minutes)}:${tail}`;
}

/** Builders' clocks may say anything: what is no date is not shown as one. */
function formatClock(date: Date): string {
  if (Number.isNaN(date.getTime())) return '?';
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
