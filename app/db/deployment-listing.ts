import { and, asc, desc, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import { isId } from '../../contracts/ids.ts';
import { statusesBefore } from '../domain/transition.ts';
import type { DeploymentStatus } from '../domain/words.ts';
import type { Executor } from './database.ts';
import type { DeploymentRow } from './deployments.ts';
import type { CreatedCursor, ProjectRow } from './projects.ts';
import { deployments, projects } from './schema.ts';
import { isVisible, type VisibleRepositories } from './visible-projects.ts';

/** A deployment and the project that it belongs to, read together. */
export interface ListedDeployment {
  readonly deployment: DeploymentRow;
  readonly project: ProjectRow;
}

export interface ListingFilter {
  readonly projectId?: string | undefined;
  readonly status?: DeploymentStatus | undefined;
  readonly branch?: string | undefined;
}

/** One deployment; undefined also when the deletion of its project has begun. Any text may be asked for. */
export async function findListedDeployment(db: Executor, id: string): Promise<ListedDeployment | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await select(db, [eq(deployments.id, id)]);
  return row;
}

/** At most `limit` deployments after the cursor, newest first, of all projects or of one. */
export async function listDeploymentsOfAll(
  db: Executor,
  filter: ListingFilter,
  page: {
    readonly after: CreatedCursor | undefined;
    readonly visible: VisibleRepositories;
    readonly limit: number;
  },
): Promise<ListedDeployment[]> {
  return select(db, [...conditionsOf(filter), afterDeployment(page.after), isVisible(page.visible)])
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(page.limit);
}

/** Ids of the project's deployments that have not ended. */
export async function listUnfinishedOfProject(db: Executor, projectId: string): Promise<string[]> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(
      and(eq(deployments.projectId, projectId), inArray(deployments.status, [...statusesBefore('cancel')])),
    );
  return rows.map((row) => row.id);
}

function select(db: Executor, conditions: readonly (SQL | undefined)[]) {
  return db
    .select({ deployment: deployments, project: projects })
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(and(isNull(projects.deletedAt), ...conditions))
    .$dynamic();
}

export function conditionsOf({ projectId, status, branch }: ListingFilter): (SQL | undefined)[] {
  return [
    projectId === undefined ? undefined : eq(deployments.projectId, projectId),
    status === undefined ? undefined : eq(deployments.status, status),
    branch === undefined ? undefined : and(eq(deployments.refKind, 'branch'), eq(deployments.ref, branch)),
  ];
}

/** As afterCreated of projects, for deployments; all rows without a cursor. */
export function afterDeployment(cursor: CreatedCursor | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const at = new Date(cursor.createdAt).toISOString();
  return sql`(${deployments.createdAt} <= ${at} and (${deployments.createdAt} < ${at} or ${deployments.id} > ${cursor.id}))`;
}
