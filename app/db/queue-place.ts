import { sql } from 'drizzle-orm';
import { type Executor, queryRows } from './database.ts';

export interface QueuePlace {
  /** Deployments that get a builder before it, if none is added and no build ends. */
  readonly before: number;
  /** Builds that run now, over all projects. */
  readonly running: number;
}

/**
 * The place of a deployment in the queue of all projects; undefined when it does not wait. The order is that of
 * planLaunches (uploads take no builder): each project's next one in turn, those with fewer running builds first, then the older deployment.
 */
export async function readQueuePlace(db: Executor, deploymentId: string): Promise<QueuePlace | undefined> {
  const rows = await queryRows<{ before: string; running: string }>(
    db,
    sql`
      with running as (
        select d.project_id, count(*) as builds
        from attempts a join deployments d on d.id = a.deployment_id
        where a.ended_at is null and d.source = 'git'
        group by d.project_id
      ),
      waiting as (
        select d.id, d.created_at, coalesce(r.builds, 0)
          + row_number() over (partition by d.project_id order by d.created_at, d.id) as turn
        from deployments d
        join projects p on p.id = d.project_id and p.deleted_at is null
        left join running r on r.project_id = d.project_id
        where d.status = 'queued'
      )
      select
        (select count(*) from waiting w where (w.turn, w.created_at, w.id) < (me.turn, me.created_at, me.id)) as before,
        (select coalesce(sum(builds), 0) from running) as running
      from waiting me
      where me.id = ${deploymentId}`,
  );
  const [row] = rows;
  return row && { before: Number(row.before), running: Number(row.running) };
}
