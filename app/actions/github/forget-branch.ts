import { branchSlugOf, formatLabel } from '../../../contracts/host.ts';
import { changeAlias, lockAliases } from '../../db/aliases.ts';
import { type BranchRow, markBranchGone } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import { listUnfinishedOfBranch } from '../../db/deployments.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { cancelWithin } from '../cancel.ts';
import type { EndAttemptDependencies } from '../end-attempt.ts';

/**
 * A branch was deleted at GitHub: its host says so at once, and nothing of it is built any more. Production goes on
 * showing what it shows, also when its branch is the one that is gone. Returns the deployments that were canceled.
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
  await removeHost(tx, project, branch.name, at, dependencies);
  await dependencies.jobs.send(tx, 'report-deployments', {});
  return unfinished;
}

async function removeHost(
  tx: Transaction,
  project: ProjectRow,
  branch: string,
  at: Date,
  { jobs }: EndAttemptDependencies,
): Promise<void> {
  const label = formatLabel({ kind: 'branch', project: project.slug, slug: branchSlugOf(branch, project) });
  const [alias] = await lockAliases(tx, project.id, [{ label, kind: 'branch', branch }], at);
  if (alias === undefined || alias.state === 'gone') return;
  await changeAlias(tx, label, { state: 'gone', deploymentId: null, manifest: null, reason: null }, at);
  await jobs.send(tx, 'project-aliases', { labels: [label] });
}
