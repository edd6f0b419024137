import { and, asc, desc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { isProjectSlug } from '../../contracts/host.ts';
import type { Executor, Transaction } from './database.ts';
import { projects } from './schema.ts';
import { isVisible, type VisibleRepositories } from './visible-projects.ts';

export type ProjectRow = typeof projects.$inferSelect;
export type NewProject = typeof projects.$inferInsert;
/** What may change of a project. */
export type ProjectChanges = {
  readonly [Key in ChangeableKey]?: ProjectRow[Key] | undefined;
};
type ChangeableKey =
  | 'name'
  | 'productionBranch'
  | 'settings'
  | 'holdProduction'
  | 'keepPerBranch'
  | 'previewDays'
  | 'gitUrl'
  | 'gitCredentials'
  | 'repositoryId'
  | 'cancelRunning';

/** A place in a list that is ordered by creation, newest first. */
export interface CreatedCursor {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly id: string;
}

/**
 * Inserts a project; undefined when its slug is taken, also by a project that is still being deleted. The
 * unique key decides, so two requests at once can't both get a slug.
 */
export async function insertProject(db: Executor, project: NewProject): Promise<ProjectRow | undefined> {
  const [row] = await db
    .insert(projects)
    .values(project)
    .onConflictDoNothing({ target: projects.slug })
    .returning();
  return row;
}

/** The project of this slug, also when its deletion has begun. Any text may be asked for. */
export async function findProjectBySlug(db: Executor, slug: string): Promise<ProjectRow | undefined> {
  if (!isProjectSlug(slug)) return undefined;
  const [row] = await db.select().from(projects).where(eq(projects.slug, slug));
  return row;
}

/** The project of this slug; undefined when its deletion has begun. */
export async function findLivingProject(db: Executor, slug: string): Promise<ProjectRow | undefined> {
  const project = await findProjectBySlug(db, slug);
  return project?.deletedAt === null ? project : undefined;
}

/** The project of this id, also when its deletion has begun. */
export async function findProject(db: Executor, id: string): Promise<ProjectRow | undefined> {
  const [row] = await db.select().from(projects).where(eq(projects.id, id));
  return row;
}

/**
 * At most `limit` projects after the cursor, of one repository or all, newest first, without those whose deletion has
 * begun.
 */
export async function listProjects(
  db: Executor,
  page: {
    readonly after: CreatedCursor | undefined;
    /** As parseGitUrl writes it. */
    readonly gitUrl?: string | undefined;
    readonly visible: VisibleRepositories;
    readonly limit: number;
  },
): Promise<ProjectRow[]> {
  const isAfter = page.after === undefined ? undefined : afterCreated(page.after);
  const isOfRepository = page.gitUrl === undefined ? undefined : eq(projects.gitUrl, page.gitUrl);
  return db
    .select()
    .from(projects)
    .where(and(isNull(projects.deletedAt), isAfter, isOfRepository, isVisible(page.visible)))
    .orderBy(desc(projects.createdAt), asc(projects.id))
    .limit(page.limit);
}

/** Changes a project; undefined when it is gone or its deletion has begun meanwhile. */
export async function updateProject(
  db: Executor,
  id: string,
  changes: ProjectChanges,
): Promise<ProjectRow | undefined> {
  const [row] = await db
    .update(projects)
    .set(changes)
    .where(and(eq(projects.id, id), isNull(projects.deletedAt)))
    .returning();
  return row;
}

/** Marks the begin of a deletion; false when another request has begun it before. */
export async function markProjectDeleted(db: Executor, id: string, at: Date): Promise<boolean> {
  const rows = await db
    .update(projects)
    .set({ deletedAt: at })
    .where(and(eq(projects.id, id), isNull(projects.deletedAt)))
    .returning({ id: projects.id });
  return rows.length > 0;
}

/** Rows that a list by creation shows after the cursor. The first comparison alone is what the index is entered by. */
export function afterCreated(cursor: CreatedCursor): SQL {
  const at = new Date(cursor.createdAt).toISOString();
  return sql`(${projects.createdAt} <= ${at} and (${projects.createdAt} < ${at} or ${projects.id} > ${cursor.id}))`;
}

/** Keeps the project's settings, and its not being deleted, as they are until the transaction ends. */
export async function shareProject(tx: Transaction, id: string): Promise<ProjectRow | undefined> {
  const [row] = await tx.select().from(projects).where(eq(projects.id, id)).for('share');
  return row;
}

/** Lets one transaction at a time change what is bounded for the whole project; deployments go on meanwhile. */
export async function lockProject(tx: Transaction, id: string): Promise<ProjectRow | undefined> {
  const [row] = await tx.select().from(projects).where(eq(projects.id, id)).for('no key update');
  return row;
}

/** Projects whose deletion has begun and has not come to its end. */
export async function listDeletedProjects(db: Executor, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: projects.id })
    .from(projects)
    .where(isNotNull(projects.deletedAt))
    .orderBy(asc(projects.deletedAt))
    .limit(limit);
  return rows.map((row) => row.id);
}
