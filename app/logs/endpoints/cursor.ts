import type { LogCursor } from '../stores/log-store.ts';

const CURSOR = /^([0-9]{1,10})\.([0-9]{1,10})$/;
const MAX_UINT32 = 0xffff_ffff;

/** Before every line: attempts count from 1. */
export const BEGINNING: LogCursor = { attempt: 0, seq: 0 };

/** The text that readers hand back unread, as `next`, `after` and the id of a server-sent event. */
export function formatCursor(cursor: LogCursor): string {
  return `${cursor.attempt}.${cursor.seq}`;
}

/** Undefined for what formatCursor can't have made. */
export function parseCursor(text: string): LogCursor | undefined {
  const match = CURSOR.exec(text);
  if (match === null) return undefined;
  const [attempt, seq] = [Number(match[1]), Number(match[2])];
  return attempt <= MAX_UINT32 && seq <= MAX_UINT32 ? { attempt, seq } : undefined;
}
