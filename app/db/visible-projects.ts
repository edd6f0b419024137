import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { isProjectSlug } from '../../contracts/host.ts';
import { isId } from '../../contracts/ids.ts';
import type { Executor } from './database.ts';
import { deployments, projects } from './schema.ts';

/** Numbers of the repositories whose projects somebody may see; undefined for all projects. */
export type VisibleRepositories = readonly number[] | undefined;

interface WithRepository {
  /** Null where it has none. */
  readonly repositoryId: number | null;
}

/**
 * Projects of these repositories; those without one are the administrator's alone. One parameter, however many there
 * are: a list of them would be one each.
 */
export function isVisible(visible: VisibleRepositories): SQL | undefined {
  if (visible === undefined) return undefined;
  return sql`${projects.repositoryId} = any(${`{${visible.join(',')}}`}::bigint[])`;
}

/** The repository of a living project, by its slug. Any text may be asked for. */
export async function findRepositoryOfProject(
  db: Executor,
  slug: string,
): Promise<WithRepository | undefined> {
  if (!isProjectSlug(slug)) return undefined;
  const [row] = await db
    .select({ repositoryId: projects.repositoryId })
    .from(projects)
    .where(and(eq(projects.slug, slug), isNull(projects.deletedAt)));
  return row;
}

/** The repository of the living project that a deployment belongs to. Any text may be asked for. */
export async function findRepositoryOfDeployment(
  db: Executor,
  id: string,
): Promise<WithRepository | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await db
    .select({ repositoryId: projects.repositoryId })
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(and(eq(deployments.id, id), isNull(projects.deletedAt)));
  return row;
}
