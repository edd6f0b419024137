import { changeAlias, lockAliases } from '../../db/aliases.ts';
import { type BranchRow, markBranchGone } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import { listUnfinishedOfBranch } from '../../db/deployments.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { listPullRequestsOfBranch } from '../../db/pull-requests.ts';
import { branchAliasOf, pullRequestAliasOf } from '../../domain/deployment-urls.ts';
import { cancelWithin } from '../cancel.ts';
import type { EndAttemptDependencies } from '../end-attempt.ts';

/**
 * A branch was deleted at GitHub: its host, and those of its pull requests, say so at once, and nothing of it is built
 * any more. Production goes on showing what it shows, also when its branch is the one that is gone. Returns the
 * deployments that were canceled.
 */
export async function forgetBranch(
  tx: Transaction,
  project: ProjectRow,
  branch: BranchRow,
  dependencies: EndAttemptDependencies,
): Promise<string[]> {
  const at = new Date(dependencies.now());
  await markBranchGone(tx, branch, at);
  const unfinished = await listUnfinishedOfBranch(tx, project.id, branch.name);
  for (const id of unfinished) await cancelWithin(tx, id, dependencies);
  await removeHosts(tx, project, branch.name, at, dependencies);
  await dependencies.jobs.send(tx, 'report-deployments', {});
  return unfinished;
}

async function removeHosts(
  tx: Transaction,
  project: ProjectRow,
  branch: string,
  at: Date,
  { jobs }: EndAttemptDependencies,
): Promise<void> {
  const numbers = await listPullRequestsOfBranch(tx, project, branch);
  const names = numbers.map((number) => pullRequestAliasOf(project, number));
  const rows = await lockAliases(tx, project.id, [branchAliasOf(project, branch), ...names], at);
  const labels = rows.filter(({ state }) => state !== 'gone').map(({ label }) => label);
  for (const label of labels)
    await changeAlias(tx, label, { state: 'gone', deploymentId: null, manifest: null, reason: null }, at);
  if (labels.length > 0) await jobs.send(tx, 'project-aliases', { labels });
}
