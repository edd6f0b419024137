import { eq, type SQL, sql } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { DeploymentStatus } from '../domain/words.ts';
import { type Executor, queryRows } from './database.ts';
import { deployments } from './schema.ts';

/** A deployment whose commit does not show its present status. */
export interface DueStatus {
  readonly kind: 'status';
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly commit: string;
  /** What the commit shows of it; null where it shows nothing yet. */
  readonly reportedStatus: DeploymentStatus | null;
  readonly slug: string;
  /** `owner/name`. */
  readonly fullName: string;
}

/** `r`: the repository of this id, where the App may write there. */
export function joinReachable(repositoryId: SQL): SQL {
  return sql`join github_repositories r on r.id = ${repositoryId} and r.removed_at is null
    join github_installations i on i.id = r.installation_id and i.deleted_at is null and i.suspended_at is null`;
}

/**
 * Commit statuses that are behind. That a builder is starting is not worth a write, of which an installation has one a
 * second. An older deployment of the same commit has nothing to say any more, and a stranger's, who may have pushed a
 * commit of ours to a fork, nothing beside ours. PostgreSQL takes nearly all rows for
 * different from what was told; the order keeps it to the index of the few that are, and `offset 0` from the whole table.
 */
export const DUE_STATUSES = sql`from (
    select * from deployments
    where reports_to is not null and report_problem is null and reported_status is distinct from status
    order by created_at) d
  join projects p on p.id = d.project_id
  ${joinReachable(sql`d.reports_to`)}
  where d.commit is not null
    and not (d.status = 'launching' and d.reported_status is not distinct from 'queued')
    and not (d.status = 'building' and d.reported_status is not distinct from 'launching')
    and not exists (
      select from deployments newer
      where newer.project_id = d.project_id and newer.commit = d.commit and newer.reports_to is not null
        and (newer.is_trusted, newer.created_at, newer.id) > (d.is_trusted, d.created_at, d.id)
      offset 0)`;

/** The first commit status that an installation has to be told: what is over, then what shows nothing, the oldest first. */
export async function findDueStatus(db: Executor, installationId: number): Promise<DueStatus | undefined> {
  const [row] = await queryRows<Omit<DueStatus, 'kind'> & Record<string, unknown>>(
    db,
    sql`select d.id, d.status, d.reason, d.message, d.commit, d.reported_status as "reportedStatus", p.slug,
        r.full_name as "fullName"
      ${DUE_STATUSES} and r.installation_id = ${installationId}
      order by d.finished_at is null, d.reported_status is not null, d.created_at, d.id
      limit 1`,
  );
  return row && { ...row, kind: 'status' };
}

/** The commit shows this status; when it has changed meanwhile, the report is due again. */
export async function markReported(
  db: Executor,
  { id, status }: Pick<DueStatus, 'id' | 'status'>,
): Promise<void> {
  await db.update(deployments).set({ reportedStatus: status }).where(eq(deployments.id, id));
}

/** GitHub has refused for good. */
export async function markReportRefused(db: Executor, id: string, problem: string): Promise<void> {
  await db.update(deployments).set({ reportProblem: problem }).where(eq(deployments.id, id));
}
