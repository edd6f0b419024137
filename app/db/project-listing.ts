import { and, asc, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { type DeploymentLineRow, lineColumns } from './deployment-lines.ts';
import type { AliasRow } from './aliases.ts';
import { afterCreated, type CreatedCursor, type ProjectRow } from './projects.ts';
import { aliases, deployments, projects, wordsOfProject } from './schema.ts';
import { isVisible, type VisibleRepositories } from './visible-projects.ts';

/** A project with what its production host serves, or waits for. */
export interface ListedProject {
  readonly project: Pick<ProjectRow, 'id' | 'slug' | 'name' | 'createdAt'>;
  /** Null before anything was deployed to it. */
  readonly state: AliasRow['state'] | null;
  readonly deployment: DeploymentLineRow | null;
}

/** Matches of a search that are looked at: a word that everything has costs no more than one that few have. */
const MAX_MATCHES = 100;

/** At most `limit` projects after the cursor, newest first, without those whose deletion has begun. */
export async function listProjectsWithProduction(
  db: Executor,
  page: {
    readonly after: CreatedCursor | undefined;
    readonly visible: VisibleRepositories;
    readonly limit: number;
  },
): Promise<ListedProject[]> {
  const isAfter = page.after === undefined ? undefined : afterCreated(page.after);
  return select(db, and(isAfter, isVisible(page.visible)))
    .orderBy(desc(projects.createdAt), asc(projects.id))
    .limit(page.limit);
}

/**
 * Projects whose name or slug has words that begin with these, newest first, and before them the one whose slug is
 * asked for. Where more than a hundred match, these are any of them: to say which are the newest would read them all.
 */
export async function searchProjects(
  db: Executor,
  search: {
    readonly slug: string;
    readonly words: readonly string[];
    readonly visible: VisibleRepositories;
    readonly limit: number;
  },
): Promise<ListedProject[]> {
  const { slug, words, visible, limit } = search;
  const isNamed = eq(projects.slug, slug);
  // Two steps: in one statement, PostgreSQL reads all projects to find those that match among them.
  const named = await db
    .select({ id: projects.id })
    .from(projects)
    .where(and(isNamed, isVisible(visible)));
  const matching = await findMatches(db, words, visible);
  const newest = matching.toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  const ids = new Set([...named, ...newest].map(({ id }) => id));
  if (ids.size === 0) return [];
  return select(db, inArray(projects.id, [...ids].slice(0, limit))).orderBy(
    desc(isNamed),
    desc(projects.createdAt),
    asc(projects.id),
  );
}

/** `words` are letters and digits only. */
async function findMatches(
  db: Executor,
  words: readonly string[],
  visible: VisibleRepositories,
): Promise<Pick<ProjectRow, 'id' | 'createdAt'>[]> {
  if (words.length === 0) return [];
  const query = words.map((word) => `'${word}':*`).join(' & ');
  return db
    .select({ id: projects.id, createdAt: projects.createdAt })
    .from(projects)
    .where(
      and(
        isNull(projects.deletedAt),
        sql`${wordsOfProject(projects)} @@ to_tsquery('simple', ${query})`,
        isVisible(visible),
      ),
    )
    .limit(MAX_MATCHES);
}

/** What the production host of a project serves, or waits for. */
export async function findProduction(
  db: Executor,
  slug: string,
): Promise<Pick<ListedProject, 'state' | 'deployment'>> {
  const [row] = await db
    .select({ state: aliases.state, deployment: lineColumns })
    .from(aliases)
    .leftJoin(deployments, eq(deployments.id, aliases.deploymentId))
    .where(eq(aliases.label, slug));
  return row ?? { state: null, deployment: null };
}

function select(db: Executor, condition: SQL | undefined) {
  const { id, slug, name, createdAt } = projects;
  return db
    .select({ project: { id, slug, name, createdAt }, state: aliases.state, deployment: lineColumns })
    .from(projects)
    .leftJoin(aliases, eq(aliases.label, projects.slug))
    .leftJoin(deployments, eq(deployments.id, aliases.deploymentId))
    .where(and(isNull(projects.deletedAt), condition))
    .$dynamic();
}
