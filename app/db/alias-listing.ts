import { and, asc, eq, gt } from 'drizzle-orm';
import type { AliasRow } from './aliases.ts';
import type { Executor } from './database.ts';
import { aliases } from './schema.ts';

/** At most `limit` hosts of a project after the label, in the order of labels. */
export async function listAliasPage(
  db: Executor,
  projectId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<AliasRow[]> {
  const isAfter = page.after === undefined ? undefined : gt(aliases.label, page.after);
  return db
    .select()
    .from(aliases)
    .where(and(eq(aliases.projectId, projectId), isAfter))
    .orderBy(asc(aliases.label))
    .limit(page.limit);
}
