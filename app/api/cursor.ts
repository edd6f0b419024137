import { z } from 'zod';
import { idSchema } from '../../contracts/ids.ts';
import type { CreatedCursor } from '../db/projects.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;
const MAX_CURSOR_LENGTH = 200;

const cursorSchema = z.tuple([z.number().int().nonnegative(), idSchema]);

/**
 * Names a place in a list by its last item, not by a count: items that are added or removed meanwhile neither
 * repeat nor hide others. Opaque to callers, so that its content may change.
 */
export function formatCursor(cursor: CreatedCursor): string {
  return Buffer.from(JSON.stringify([cursor.createdAt, cursor.id])).toString('base64url');
}

/** The inverse of formatCursor; undefined for what it never made. */
export function parseCursor(text: string): CreatedCursor | undefined {
  if (text.length > MAX_CURSOR_LENGTH) return undefined;
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return parsed.success ? { createdAt: parsed.data[0], id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
}

/** A page of `limit` items out of the `limit + 1` that were asked for: the one too many tells that more follow. */
export function pageOf<Item extends { readonly id: string; readonly createdAt: Date }>(
  rows: readonly Item[],
  limit: number,
): { items: readonly Item[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, next: hasMore ? formatCursor({ createdAt: last.createdAt.getTime(), id: last.id }) : null };
}
