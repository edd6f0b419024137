import { type SQL, sql } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { DeploymentStatus } from '../domain/words.ts';
import { type Executor, queryRows } from './database.ts';
import { pullRequestComments } from './github-schema.ts';
import { joinReachable } from './github-reports.ts';

/** A pull request of a repository: all its projects have one comment. */
export interface CommentPlace {
  readonly repositoryId: number;
  readonly number: number;
}

/** A pull request whose comment is missing, or says something else than what holds. */
export interface DueComment extends CommentPlace {
  readonly kind: 'comment';
  readonly isOpen: boolean;
  readonly headRef: string;
  /** Its head is in the repository itself, as app/domain/github/is-trusted.ts has it. */
  readonly isTrusted: boolean;
  /** Nothing of it is under way. */
  readonly isOver: boolean;
  /** A word for all that it is to show: what pull_request_comments.shown becomes. */
  readonly shows: string;
  /** `owner/name`. */
  readonly fullName: string;
}

/** The deployment of one project that a pull request's comment shows. */
export interface CommentDeployment {
  readonly id: string;
  readonly projectId: string;
  readonly slug: string;
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly commit: string | null;
  /** When its status began; epoch milliseconds. */
  readonly updatedAt: number;
}

/** Of project `p`: the newest deployment of the head branch, or of a fork's pull request. */
function newestOf(isTrusted: SQL, headRef: SQL, number: SQL): SQL {
  const columns = sql`id, status, reason, message, commit, finished_at, started_at, created_at, generation`;
  const newest = sql`order by created_at desc nulls first, generation desc nulls last, id desc limit 1`;
  return sql`(
    (select ${columns} from deployments
      where ${isTrusted} and project_id = p.id and ref_kind = 'branch' and ref = ${headRef} ${newest})
    union all
    (select ${columns} from deployments
      where not ${isTrusted} and project_id = p.id and pull_request = ${number}
        and ref_kind = 'pull-request' ${newest}))`;
}

/**
 * What is open and has a deployment, and what was closed since its comment was written. The word is made of the
 * deployments and their statuses: a host appears, and goes, together with these. That a builder is starting is no news.
 */
export const DUE_COMMENTS = dueComments(sql`true`);

/** `isWanted` is about `repository_id`. */
function dueComments(isWanted: SQL): SQL {
  return sql`from (
    select distinct p.repository_id, pr.number from pull_requests pr join projects p on p.id = pr.project_id
      where pr.is_open and p.repository_id is not null and ${isWanted}
    union select repository_id, number from pull_request_comments where shown <> 'closed' and ${isWanted}) place
  ${joinReachable(sql`place.repository_id`)}
  cross join lateral (
    select pr.is_open, pr.head_ref, coalesce(pr.head_repository_id = place.repository_id, false) as is_trusted
    from projects p join pull_requests pr on pr.project_id = p.id and pr.number = place.number
    where p.repository_id = place.repository_id and p.deleted_at is null
    order by pr.updated_at desc, p.id limit 1) pull
  cross join lateral (
    select count(*) as count, coalesce(bool_and(newest.status not in ('queued', 'launching', 'building')), true) as is_over,
      md5(coalesce(string_agg(concat_ws(' ', p.slug, newest.id,
        case newest.status when 'launching' then 'queued' else newest.status end), ',' order by p.slug), '')) as word
    from projects p
    cross join lateral ${newestOf(sql`pull.is_trusted`, sql`pull.head_ref`, sql`place.number`)} newest
    where p.repository_id = place.repository_id and p.deleted_at is null) state
  cross join lateral (select case when pull.is_open then 'open ' || state.word else 'closed' end as shows) present
  left join pull_request_comments c on c.repository_id = place.repository_id and c.number = place.number
  where (present.shows is distinct from c.shown or c.again_at <= now())
    and (c.shown is not null or (pull.is_open and state.count > 0))`;
}

/** The first comment that an installation has to be told: what is over, then what was never written, the oldest first. */
export async function findDueComment(db: Executor, installationId: number): Promise<DueComment | undefined> {
  type Row = Omit<DueComment, 'kind' | 'repositoryId'> & { readonly repositoryId: string };
  // Said where they are listed: the other installations' pull requests are not compared.
  const due = dueComments(
    sql`repository_id in (select id from github_repositories where installation_id = ${installationId})`,
  );
  const [row] = await queryRows<Row & Record<string, unknown>>(
    db,
    sql`select place.repository_id as "repositoryId", place.number, pull.is_open as "isOpen",
        pull.head_ref as "headRef", pull.is_trusted as "isTrusted",
        state.is_over or not pull.is_open as "isOver", present.shows, r.full_name as "fullName"
      ${due}
      order by not (state.is_over or not pull.is_open), c.shown is not null, place.repository_id, place.number
      limit 1`,
  );
  return row && { ...row, kind: 'comment', repositoryId: Number(row.repositoryId) };
}

/** What the comment shows: one deployment of each project of the repository that has one. */
export async function listCommentDeployments(
  db: Executor,
  { repositoryId, number, headRef, isTrusted }: DueComment,
): Promise<CommentDeployment[]> {
  const newest = newestOf(sql`${isTrusted}::boolean`, sql`${headRef}`, sql`${number}`);
  const rows = await queryRows<Omit<CommentDeployment, 'updatedAt'> & { readonly updatedAt: string }>(
    db,
    sql`select d.id, p.id as "projectId", p.slug, d.status, d.reason, d.message, d.commit,
        (extract(epoch from coalesce(d.finished_at, d.started_at, d.created_at)) * 1000)::bigint::text as "updatedAt"
      from projects p cross join lateral ${newest} d
      where p.repository_id = ${repositoryId} and p.deleted_at is null
      order by p.slug`,
  );
  return rows.map((row) => ({ ...row, updatedAt: Number(row.updatedAt) }));
}

/** It is about to be written: from now on there may be a comment, also when no answer comes. */
export async function markCommentAsked(db: Executor, { repositoryId, number }: CommentPlace): Promise<void> {
  await db
    .insert(pullRequestComments)
    .values({ repositoryId, number, shown: 'unknown' })
    .onConflictDoNothing();
}

export interface WrittenComment extends CommentPlace {
  readonly shown: string;
  readonly commentId: number;
  /** It lacks something: it is written again, so many seconds from now. Null when it is whole. */
  readonly againSeconds: number | null;
}

/** The pull request shows this; when something else holds by now, it is due again. */
export async function markCommentShown(
  db: Executor,
  { repositoryId, number, shown, commentId, againSeconds }: WrittenComment,
): Promise<void> {
  await db.execute(
    sql`update pull_request_comments
      set shown = ${shown}, comment_id = ${commentId}, problem = null,
        again_at = now() + ${againSeconds}::integer * interval '1 second'
      where repository_id = ${repositoryId} and number = ${number}`,
  );
}

/** GitHub has refused this for good; what holds after the next change is another thing. */
export async function markCommentRefused(
  db: Executor,
  { repositoryId, number, shows }: DueComment,
  problem: string,
): Promise<void> {
  await db.execute(
    sql`update pull_request_comments set shown = ${shows}, problem = ${problem}, again_at = null
      where repository_id = ${repositoryId} and number = ${number}`,
  );
}

/** Why the comments of pull requests in which this deployment is shown could not be written. */
export async function findCommentProblem(db: Executor, deploymentId: string): Promise<string | undefined> {
  const [row] = await queryRows<{ problem: string }>(
    db,
    sql`select c.problem from deployments d
      join projects p on p.id = d.project_id
      join pull_requests pr on pr.project_id = d.project_id
        and (pr.number = d.pull_request
          or (d.pull_request is null and d.ref_kind = 'branch' and pr.head_ref = d.ref
            and pr.head_repository_id = p.repository_id))
      join pull_request_comments c on c.repository_id = p.repository_id and c.number = pr.number
      where d.id = ${deploymentId} and c.problem is not null
      order by pr.number desc limit 1`,
  );
  return row?.problem;
}
