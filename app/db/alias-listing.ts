import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import type { AliasRow } from './aliases.ts';
import type { Executor } from './database.ts';
import type { AliasKind } from '../domain/words.ts';
import { aliases } from './schema.ts';

/** At most `limit` hosts of a project after the label, of one kind or of all, in the order of labels. */
export async function listAliasPage(
  db: Executor,
  projectId: string,
  page: {
    readonly after: string | undefined;
    readonly kind?: AliasKind | undefined;
    readonly limit: number;
  },
): Promise<AliasRow[]> {
  const isAfter = page.after === undefined ? undefined : gt(aliases.label, page.after);
  const isOfKind = page.kind === undefined ? undefined : eq(aliases.kind, page.kind);
  return db
    .select()
    .from(aliases)
    .where(and(eq(aliases.projectId, projectId), isAfter, isOfKind))
    .orderBy(asc(aliases.label))
    .limit(page.limit);
}

/** What these hosts of a project say; those that nothing ever came to are missing. */
export async function listAliasesOf(
  db: Executor,
  projectId: string,
  labels: readonly string[],
): Promise<AliasRow[]> {
  return db
    .select()
    .from(aliases)
    .where(and(eq(aliases.projectId, projectId), inArray(aliases.label, [...labels])));
}

/** Those of the hosts on which something is served. */
export async function listLiveLabels(db: Executor, labels: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ label: aliases.label })
    .from(aliases)
    .where(and(inArray(aliases.label, [...labels]), eq(aliases.state, 'live')));
  return new Set(rows.map(({ label }) => label));
}
