import { sql } from 'drizzle-orm';
import { type Executor, queryRows } from './database.ts';
import { DUE_COMMENTS, type DueComment, findDueComment } from './github-comments.ts';
import { DUE_DEPLOYMENTS, type DueDeployment, findDueDeployment } from './github-deployment-reports.ts';
import { DUE_STATUSES, type DueStatus, findDueStatus } from './github-reports.ts';

/** Something that GitHub does not show as it is. */
export type DueReport = DueStatus | DueDeployment | DueComment;

/**
 * Installations of which GitHub shows something that is not so; those first that may be told the soonest. What is due is
 * read from the rows each time, so that a crash can lose nothing of it.
 */
export async function listDueInstallations(db: Executor, limit: number): Promise<number[]> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select due.installation_id as id from (
        select r.installation_id ${DUE_STATUSES}
        union select r.installation_id ${DUE_DEPLOYMENTS}
        union select r.installation_id ${DUE_COMMENTS}) due
      left join github_paces pace on pace.installation_id = due.installation_id
      order by greatest(pace.next_write_at, pace.silent_until) nulls first, due.installation_id
      limit ${limit}`,
  );
  return rows.map(({ id }) => Number(id));
}

/** The first of each kind that an installation has to be told. */
export async function listDueReports(db: Executor, installationId: number): Promise<DueReport[]> {
  const [status, deployment, comment] = await Promise.all([
    findDueStatus(db, installationId),
    findDueDeployment(db, installationId),
    findDueComment(db, installationId),
  ]);
  return [status, deployment, comment].filter((report) => report !== undefined);
}
