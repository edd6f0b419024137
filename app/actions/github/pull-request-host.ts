import { changeAlias, lockAliases } from '../../db/aliases.ts';
import { lockKnownBranch } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { branchAliasOf, pullRequestAliasOf } from '../../domain/deployment-urls.ts';
import { isMergeQueueBranch } from '../../domain/merge-queue.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import type { ToldPullRequest } from './held-pull-request.ts';

interface OwnPullRequest {
  readonly project: ProjectRow;
  readonly told: Pick<ToldPullRequest, 'number' | 'head'>;
}

/**
 * The host of a pull request of the project's own repository shows what its branch's shows, from now on: each deployment
 * of the branch moves both. Where the branch was pushed before Offshoot came, GitHub is asked, and it is built.
 */
export async function followBranch(
  tx: Transaction,
  { project, told }: OwnPullRequest,
  { jobs, now }: ApplyDecisionDependencies,
): Promise<void> {
  const { ref, sha } = told.head;
  // No deployment of the branch moves its hosts meanwhile: it moves all of them before this, or after.
  const branch = await lockKnownBranch(tx, project.id, ref);
  if (branch?.commit !== sha || branch.deletedAt !== null)
    await jobs.send(tx, 'sync-branch', { projectId: project.id, branch: ref });
  if (isMergeQueueBranch(ref)) return;
  await copyHost(tx, { project, told }, new Date(now()));
  await jobs.send(tx, 'project-aliases', { labels: [pullRequestAliasOf(project, told.number).label] });
}

async function copyHost(tx: Transaction, { project, told }: OwnPullRequest, at: Date): Promise<void> {
  const own = pullRequestAliasOf(project, told.number);
  const rows = await lockAliases(tx, project.id, [branchAliasOf(project, told.head.ref), own], at);
  const from = rows.find(({ kind }) => kind === 'branch');
  if (from === undefined) return;
  const { state, deploymentId, manifest, reason, recent } = from;
  await changeAlias(tx, own.label, { state, deploymentId, manifest, reason, recent }, at);
}

/**
 * The host of a pull request that is closed: it says so at once. `branch` is the one that it has followed: no deployment of
 * it that was going live when it was still open moves the host after this.
 */
export async function removePullRequestHost(
  tx: Transaction,
  { project, told }: OwnPullRequest,
  branch: string | undefined,
  { jobs, now }: ApplyDecisionDependencies,
): Promise<void> {
  if (branch !== undefined) await lockKnownBranch(tx, project.id, branch);
  const at = new Date(now());
  const name = pullRequestAliasOf(project, told.number);
  const [alias] = await lockAliases(tx, project.id, [name], at);
  if (alias === undefined || alias.state === 'gone') return;
  const gone = { state: 'gone', deploymentId: null, manifest: null, reason: null } as const;
  await changeAlias(tx, name.label, { ...gone, recent: [] }, at);
  await jobs.send(tx, 'project-aliases', { labels: [name.label] });
}
