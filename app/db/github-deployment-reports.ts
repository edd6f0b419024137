import { eq, sql } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { DeploymentStatus, Environment, RefKind, ShownDeployment } from '../domain/words.ts';
import { type Executor, queryRows } from './database.ts';
import { joinReachable } from './github-reports.ts';
import { deployments } from './schema.ts';

/** A deployment whose GitHub deployment is missing, or says something else. */
export interface DueDeployment {
  readonly kind: 'deployment';
  readonly id: string;
  readonly environment: Environment;
  readonly refKind: RefKind;
  readonly ref: string;
  readonly pullRequest: number | null;
  readonly commit: string;
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly slug: string;
  /** Other projects are made of its repository too. */
  readonly sharesRepository: boolean;
  /** `owner/name`. */
  readonly fullName: string;
  /** Null while GitHub has not told it. */
  readonly githubDeploymentId: number | null;
  /** What is to be said. */
  readonly shows: DeploymentStatus | 'replaced';
  /** Of the host that shows it; null where none does. */
  readonly label: string | null;
}

/** The kind of host that visitors of its environment come to: its own, where it has no other. */
const SITE_KIND = sql`case
  when d.ref_kind = 'pull-request' then 'pull-request'
  when d.ref_kind <> 'branch' or starts_with(d.ref, 'gh-readonly-queue/') then 'deployment'
  when d.environment = 'production' then 'production'
  else 'branch' end`;

/** Exactly as the indexes have it, and each row once: only what may be behind is looked at. */
const CANDIDATES = sql`(
  select * from deployments
    where reports_to is not null and github_deployment_problem is null
      and github_deployment_shows is distinct from status
      and github_deployment_shows is distinct from 'replaced'
      and status not in ('blocked', 'skipped')
      and not (github_deployment_shows is null and status in ('canceled', 'superseded'))
  union all
  select * from deployments where github_deployment_shows = 'ready' and status = 'ready'
  union all
  select back.* from aliases a join deployments back on back.id = a.deployment_id
    where a.kind in ('production', 'pull-request') and a.state = 'live' and back.github_deployment_shows = 'replaced')`;

/** A later deployment to the same environment that has, or will have, one of its own at GitHub. */
const NEWER = sql`select from deployments newer
  where newer.project_id = d.project_id and newer.ref_kind = d.ref_kind and newer.ref = d.ref
    and newer.pull_request is not distinct from d.pull_request and newer.reports_to is not null
    and newer.status not in ('blocked', 'skipped', 'canceled', 'superseded')
    and (newer.created_at, coalesce(newer.generation, 0), newer.id) > (d.created_at, coalesce(d.generation, 0), d.id)`;

/**
 * GitHub deployments that are missing or behind. One is made for what is served and for the newest of an environment:
 * what has given way before GitHub heard of it would cost two writes to say that there is nothing to see.
 */
export const DUE_DEPLOYMENTS = sql`from ${CANDIDATES} d
  join projects p on p.id = d.project_id
  ${joinReachable(sql`d.reports_to`)}
  left join lateral (
    select a.label from aliases a
    where a.deployment_id = d.id and a.state = 'live' and a.kind = ${SITE_KIND} limit 1) site on true
  cross join lateral (
    select case when d.status = 'ready' and site.label is null then 'replaced' else d.status end as shows) present
  where d.reports_to is not null and d.github_deployment_problem is null and d.commit is not null
    and d.status not in ('blocked', 'skipped')
    -- It may come to be skipped, of which GitHub hears nothing here.
    and d.held_until is null
    and present.shows is distinct from d.github_deployment_shows
    and not (d.status = 'launching' and d.github_deployment_shows is not distinct from 'queued')
    and not (d.status = 'building' and d.github_deployment_shows is not distinct from 'launching')
    and (d.github_deployment_shows is not null or present.shows = 'ready'
      or (present.shows in ('queued', 'launching', 'building', 'failed') and not exists (${NEWER})))`;

/** The first one that an installation has to be told: what is over, what is under way, and last what has given way. */
export async function findDueDeployment(
  db: Executor,
  installationId: number,
): Promise<DueDeployment | undefined> {
  type Row = Omit<DueDeployment, 'kind' | 'githubDeploymentId'> & {
    readonly githubDeploymentId: string | null;
  };
  const [row] = await queryRows<Row & Record<string, unknown>>(
    db,
    sql`select d.id, d.environment, d.ref_kind as "refKind", d.ref, d.pull_request as "pullRequest", d.commit,
        d.status, d.reason, d.message, p.slug, r.full_name as "fullName",
        d.github_deployment_id as "githubDeploymentId", present.shows, site.label,
        exists (select from projects other where other.repository_id = p.repository_id and other.id <> p.id
          and other.deleted_at is null) as "sharesRepository"
      ${DUE_DEPLOYMENTS} and r.installation_id = ${installationId}
      order by present.shows in ('replaced', 'superseded'), d.finished_at is null, d.created_at, d.id
      limit 1`,
  );
  if (row === undefined) return undefined;
  const { githubDeploymentId } = row;
  return {
    ...row,
    kind: 'deployment',
    githubDeploymentId: githubDeploymentId === null ? null : Number(githubDeploymentId),
  };
}

/** GitHub is about to be asked to make one: from now on there may be one, also when no answer comes. */
export async function markDeploymentAsked(db: Executor, id: string): Promise<void> {
  await db
    .update(deployments)
    .set({ githubDeploymentShows: sql`coalesce(${deployments.githubDeploymentShows}, 'unknown')` })
    .where(eq(deployments.id, id));
}

export async function keepGithubDeployment(
  db: Executor,
  id: string,
  githubDeploymentId: number,
): Promise<void> {
  await db.update(deployments).set({ githubDeploymentId }).where(eq(deployments.id, id));
}

/** GitHub shows this; when something else holds by now, it is due again. */
export async function markDeploymentShown(
  db: Executor,
  { id, shows }: { readonly id: string; readonly shows: ShownDeployment },
): Promise<void> {
  await db.update(deployments).set({ githubDeploymentShows: shows }).where(eq(deployments.id, id));
}

/** GitHub has refused for good. */
export async function markDeploymentRefused(db: Executor, id: string, problem: string): Promise<void> {
  await db.update(deployments).set({ githubDeploymentProblem: problem }).where(eq(deployments.id, id));
}
