import type { z } from 'zod';
import { pageOf } from './answers.ts';
import type { ApiClient } from './api-client.ts';

const MAX_PAGE_SIZE = 100;

export interface Listed<Item> {
  readonly items: Item[];
  /** Null when these are all. */
  readonly next: string | null;
}

/** The first `limit` items of a list of the API, in as many pages as that takes. */
export async function listItems<Schema extends z.ZodType>(
  client: ApiClient,
  path: string,
  filters: Readonly<Record<string, string | undefined>>,
  item: Schema,
  limit: number,
): Promise<Listed<z.output<Schema>>> {
  const items: z.output<Schema>[] = [];
  let next: string | null = null;
  do {
    const size = Math.min(MAX_PAGE_SIZE, limit - items.length);
    const query = queryOf({ ...filters, limit: String(size), after: next ?? undefined });
    const page: Listed<z.output<Schema>> = await client.get(`${path}?${query}`, pageOf(item));
    items.push(...page.items);
    ({ next } = page);
  } while (next !== null && items.length < limit);
  return { items, next };
}

/** Names with their values, without those that have none. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}
