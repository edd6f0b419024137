import { z } from 'zod';
import { parseLabel } from '../../contracts/host.ts';
import { idSchema } from '../../contracts/ids.ts';
import type { ReceivedCursor } from '../db/github-delivery-listing.ts';
import type { CreatedCursor } from '../db/projects.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** Later than any date that JavaScript and Postgres agree on would be refused by the query. */
const MAX_TIME_MS = 8_640_000_000_000_000;
const createdSchema = z
  .tuple([z.int().nonnegative().max(MAX_TIME_MS), idSchema])
  .transform(([createdAt, id]): CreatedCursor => ({ createdAt, id }));
/** X-GitHub-Delivery, as the webhook's route takes it. */
const guidSchema = z.string().regex(/^[\w-]{1,64}$/);
const receivedSchema = z
  .tuple([z.int().nonnegative().max(MAX_TIME_MS), guidSchema])
  .transform(([receivedAt, guid]): ReceivedCursor => ({ receivedAt, guid }));
const labelSchema = z.string().refine((label) => parseLabel(label) !== undefined);

/**
 * Cursors name a place in a list by its last item, not by a count: items that are added or removed meanwhile
 * neither repeat nor hide others. They are opaque to callers, so that their content may change.
 */
function formatCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** A place in a list by creation; undefined for what formatCursor did not make. */
export function parseCreatedCursor(text: string): CreatedCursor | undefined {
  return createdSchema.safeParse(decode(text)).data;
}

/** A place in GitHub's deliveries; undefined for what formatCursor did not make. */
export function parseReceivedCursor(text: string): ReceivedCursor | undefined {
  return receivedSchema.safeParse(decode(text)).data;
}

/** A place in a list of host labels; undefined for what formatCursor did not make. */
export function parseLabelCursor(text: string): string | undefined {
  return labelSchema.safeParse(decode(text)).data;
}

/** A page of `limit` rows out of the `limit + 1` that were asked for: the one too many tells that more follow. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Item,
  position: (row: Row) => unknown,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items: shown.map(present), next: hasMore ? formatCursor(position(last)) : null };
}

/** The place of a row in a list by creation. */
export function createdPosition(row: { readonly createdAt: Date; readonly id: string }): [number, string] {
  return [row.createdAt.getTime(), row.id];
}

/** The place of a row in GitHub's deliveries. */
export function receivedPosition(row: {
  readonly receivedAt: Date;
  readonly guid: string;
}): [number, string] {
  return [row.receivedAt.getTime(), row.guid];
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
