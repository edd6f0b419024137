import { and, eq, sql } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { DeploymentStatus } from '../domain/words.ts';
import { type Executor, queryRows } from './database.ts';
import { deployments } from './schema.ts';

/** A deployment whose commit does not show its present status. */
export interface DueReport {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly commit: string;
  readonly slug: string;
  /** `owner/name`. */
  readonly fullName: string;
  readonly installationId: number;
}

/**
 * The next report of each installation that GitHub can be told: what is over first, then the oldest. That a builder is
 * starting is not worth a write, of which an installation has one a second. An older deployment of the same commit has nothing to say any more, and neither has one of an App that was taken away.
 */
export async function listDueReports(db: Executor, limit: number): Promise<DueReport[]> {
  const rows = await queryRows<Omit<DueReport, 'installationId'> & { readonly installationId: string }>(
    db,
    sql`select distinct on (r.installation_id)
        d.id, d.status, d.reason, d.message, d.commit, p.slug,
        r.full_name as "fullName", r.installation_id as "installationId"
      from deployments d
      join projects p on p.id = d.project_id
      join github_repositories r on r.id = d.reports_to and r.removed_at is null
      join github_installations i on i.id = r.installation_id and i.deleted_at is null and i.suspended_at is null
      where d.reports_to is not null and d.report_problem is null and d.commit is not null
        and d.reported_status is distinct from d.status
        and not (d.status = 'launching' and d.reported_status = 'queued')
        and not exists (
          select from deployments newer
          where newer.project_id = d.project_id and newer.commit = d.commit and newer.reports_to is not null
            and (newer.created_at, newer.id) > (d.created_at, d.id))
      order by r.installation_id, d.finished_at is null, d.created_at, d.id
      limit ${limit}`,
  );
  return rows.map((row) => ({ ...row, installationId: Number(row.installationId) }));
}

/** The commit shows this status; when it has changed meanwhile, the report is due again. */
export async function markReported(
  db: Executor,
  { id, status }: Pick<DueReport, 'id' | 'status'>,
): Promise<void> {
  await db.update(deployments).set({ reportedStatus: status }).where(eq(deployments.id, id));
}

/** GitHub has refused for good. */
export async function markReportRefused(db: Executor, id: string, problem: string): Promise<void> {
  await db
    .update(deployments)
    .set({ reportProblem: problem })
    .where(and(eq(deployments.id, id)));
}
