import { and, eq, sql } from 'drizzle-orm';
import { type Executor, queryRows, type Transaction } from './database.ts';
import type { DeploymentRow } from './deployments.ts';
import { pullRequests } from './github-schema.ts';
import type { ProjectRow } from './projects.ts';
import { deployments } from './schema.ts';

export type PullRequestRow = typeof pullRequests.$inferSelect;
/** A pull request of one project. */
export interface PullRequestKey {
  readonly projectId: string;
  readonly number: number;
}

/** Of one branch, those whose hosts follow it: one into each of so many branches. */
const MAX_OF_BRANCH = 50;
const NEXT_GENERATION = sql<number>`nextval('generations')`;

/**
 * Holds what is recorded of a pull request until the transaction ends, also that nothing is: two first webhooks at once
 * are decided one after the other. Lock it before its branch, its deployments and their aliases.
 */
export async function lockPullRequest(
  tx: Transaction,
  { projectId, number }: PullRequestKey,
): Promise<PullRequestRow | undefined> {
  const name = `${projectId}/pull/${number}`;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
  const [row] = await tx.select().from(pullRequests).where(isOf({ projectId, number })).for('update');
  return row;
}

/** Keeps whether it is open, and its generation, from changing until the transaction ends. */
export async function sharePullRequest(
  tx: Transaction,
  key: PullRequestKey,
): Promise<PullRequestRow | undefined> {
  const [row] = await tx.select().from(pullRequests).where(isOf(key)).for('share');
  return row;
}

export async function findPullRequest(
  db: Executor,
  key: PullRequestKey,
): Promise<PullRequestRow | undefined> {
  const [row] = await db.select().from(pullRequests).where(isOf(key));
  return row;
}

/** Writes what GitHub has told of a pull request that the transaction has locked. */
export async function savePullRequest(
  tx: Transaction,
  told: Omit<PullRequestRow, 'generation'>,
): Promise<void> {
  const { projectId: _1, number: _2, ...changes } = told;
  await tx
    .insert(pullRequests)
    .values({ ...told, generation: NEXT_GENERATION })
    .onConflictDoUpdate({ target: [pullRequests.projectId, pullRequests.number], set: changes });
}

/** It has a new request, was closed or reopened: no deployment of before may move its host. Its generation. */
export async function advancePullRequest(tx: Transaction, key: PullRequestKey): Promise<number> {
  const [row] = await tx
    .update(pullRequests)
    .set({ generation: NEXT_GENERATION })
    .where(isOf(key))
    .returning({ generation: pullRequests.generation });
  if (row === undefined) throw new Error('a pull request that was recorded is gone');
  return row.generation;
}

/**
 * The numbers of the open pull requests that a branch of the project's own repository is the head of, the newest first. A
 * fork may call its branch the same: the repository's id tells them apart.
 */
export async function listPullRequestsOfBranch(
  db: Executor,
  { id: projectId, repositoryId }: Pick<ProjectRow, 'id' | 'repositoryId'>,
  branch: string,
): Promise<number[]> {
  if (repositoryId === null) return [];
  const rows = await db
    .select({ number: pullRequests.number })
    .from(pullRequests)
    .where(
      and(
        eq(pullRequests.projectId, projectId),
        eq(pullRequests.headRef, branch),
        eq(pullRequests.headRepositoryId, repositoryId),
        pullRequests.isOpen,
      ),
    )
    .orderBy(sql`${pullRequests.number} desc`)
    .limit(MAX_OF_BRANCH);
  return rows.map(({ number }) => number);
}

type ForkCommit = PullRequestKey & { readonly commit: string };

function isOfFork({ projectId, number, commit }: ForkCommit) {
  return and(
    eq(deployments.projectId, projectId),
    eq(deployments.refKind, 'pull-request'),
    eq(deployments.ref, String(number)),
    eq(deployments.commit, commit),
  );
}

/** The newest ready deployment of a fork's commit that was made with the settings of the same base branch. */
export async function findBuiltHead(
  db: Executor,
  { projectId, number, headCommit, baseRef }: PullRequestRow,
): Promise<(DeploymentRow & { readonly manifest: string }) | undefined> {
  const [row] = await db
    .select()
    .from(deployments)
    .where(
      and(
        isOfFork({ projectId, number, commit: headCommit }),
        eq(deployments.baseRef, baseRef),
        eq(deployments.status, 'ready'),
      ),
    )
    .orderBy(sql`${deployments.generation} desc nulls last`)
    .limit(1);
  return row === undefined || row.manifest === null ? undefined : { ...row, manifest: row.manifest };
}

/** The newest deployment of a commit that was made for a fork's pull request. */
export async function findNewestOfCommit(db: Executor, fork: ForkCommit): Promise<DeploymentRow | undefined> {
  const [row] = await db
    .select()
    .from(deployments)
    .where(isOfFork(fork))
    .orderBy(sql`${deployments.generation} desc nulls last`)
    .limit(1);
  return row;
}

/** The fork's pull request that is known to have a commit, the newest of several. */
export async function findForkOfCommit(
  db: Executor,
  projectId: string,
  commit: string,
): Promise<Pick<DeploymentRow, 'pullRequest' | 'baseRef'> | undefined> {
  const [newest] = await db
    .select({ pullRequest: deployments.pullRequest, baseRef: deployments.baseRef })
    .from(deployments)
    .where(
      and(
        eq(deployments.projectId, projectId),
        eq(deployments.commit, commit),
        eq(deployments.refKind, 'pull-request'),
      ),
    )
    .orderBy(sql`${deployments.generation} desc nulls last`)
    .limit(1);
  return newest;
}

/** Whether a branch of the repository is, or was deployed, at a commit. What an uploader calls a commit is none. */
export async function isCommitOfBranch(db: Executor, projectId: string, commit: string): Promise<boolean> {
  const [row] = await queryRows<{ known: boolean }>(
    db,
    sql`select exists (select from branches where project_id = ${projectId} and commit = ${commit})
      or exists (select from deployments
        where project_id = ${projectId} and commit = ${commit} and ref_kind = 'branch' and source = 'git') as known`,
  );
  return row?.known === true;
}

/** A fork's commit that waits has something else to say, which its status at GitHub shows. The deployments that say it. */
export async function sayOfBlocked(
  tx: Transaction,
  { projectId, number, commit }: PullRequestKey & { readonly commit: string },
  message: string,
): Promise<string[]> {
  const rows = await tx
    .update(deployments)
    .set({ message, reportedStatus: null })
    .where(and(isOfFork({ projectId, number, commit }), eq(deployments.status, 'blocked')))
    .returning({ id: deployments.id });
  return rows.map(({ id }) => id);
}

function isOf({ projectId, number }: PullRequestKey) {
  return and(eq(pullRequests.projectId, projectId), eq(pullRequests.number, number));
}
