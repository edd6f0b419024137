import { and, asc, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { afterDeployment, conditionsOf, type ListingFilter } from './deployment-listing.ts';
import type { DeploymentRow } from './deployments.ts';
import type { CreatedCursor } from './projects.ts';
import { deployments, projects } from './schema.ts';
import { isVisible, type VisibleRepositories } from './visible-projects.ts';

/** What lists show of a deployment: not its settings and phases, which would be most of each row. */
export const lineColumns = {
  id: deployments.id,
  status: deployments.status,
  refKind: deployments.refKind,
  ref: deployments.ref,
  source: deployments.source,
  commit: deployments.commit,
  commitSubject: deployments.commitSubject,
  commitAuthor: deployments.commitAuthor,
  requestedBy: deployments.requestedBy,
  createdAt: deployments.createdAt,
  startedAt: deployments.startedAt,
  finishedAt: deployments.finishedAt,
};
export type DeploymentLineRow = Pick<DeploymentRow, keyof typeof lineColumns>;

/** The newest `limit` deployments of each of these projects, newest first, by project. */
export async function listLatestOfProjects(
  db: Executor,
  projectIds: readonly string[],
  limit: number,
): Promise<Map<string, DeploymentLineRow[]>> {
  if (projectIds.length === 0) return new Map();
  const asked = db
    .select({ id: projects.id })
    .from(projects)
    .where(inArray(projects.id, [...projectIds]))
    .as('asked');
  // Lateral: each project reads its own few entries of the index, however many deployments there are.
  const latest = db
    .select(lineColumns)
    .from(deployments)
    .where(eq(deployments.projectId, asked.id))
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(limit)
    .as('latest');
  const rows = await db
    .select()
    .from(asked)
    .crossJoinLateral(latest)
    .orderBy(desc(latest.createdAt), asc(latest.id));
  const byProject = Map.groupBy(rows, (row) => row.asked.id);
  return new Map([...byProject].map(([id, group]) => [id, group.map((row) => row.latest)]));
}

export interface NewestLine {
  readonly line: DeploymentLineRow;
  readonly project: { readonly slug: string; readonly name: string };
}

/** The newest deployments of all projects that may be seen. */
export async function listNewestOfAll(
  db: Executor,
  limit: number,
  visible: VisibleRepositories,
): Promise<NewestLine[]> {
  return db
    .select({ line: lineColumns, project: { slug: projects.slug, name: projects.name } })
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(and(isNull(projects.deletedAt), isVisible(visible)))
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(limit);
}

/** At most `limit` deployments of a project after the cursor, newest first. */
export async function listLinesOfProject(
  db: Executor,
  filter: ListingFilter & { readonly projectId: string },
  page: { readonly after: CreatedCursor | undefined; readonly limit: number },
): Promise<DeploymentLineRow[]> {
  return db
    .select(lineColumns)
    .from(deployments)
    .where(and(...conditionsOf(filter), afterDeployment(page.after)))
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(page.limit);
}
