import { listGitBranches, markBranchBack, markBranchGone } from '../db/branches.ts';
import type { Executor } from '../db/database.ts';
import { findProject } from '../db/projects.ts';
import { planBranchSync } from '../domain/plan-branch-sync.ts';
import { listProjectRemote, type ResolveProjectRefDependencies } from './resolve-project-ref.ts';

export interface SyncBranchesDependencies extends ResolveProjectRefDependencies {
  readonly db: Executor;
  readonly now: () => number;
}

/**
 * Asks a project's repository which of the deployed branches are still there: nobody tells us when a branch of a
 * plain Git URL goes away, and from that moment on its previews are kept for a while only. A repository that can't
 * be asked changes nothing, and of folders that were uploaded to a branch it says nothing.
 */
export async function syncBranches(projectId: string, dependencies: SyncBranchesDependencies): Promise<void> {
  const { db, now } = dependencies;
  const project = await findProject(db, projectId);
  if (project === undefined || project.deletedAt !== null) return;
  // Read before asking: a branch that is requested meanwhile has another generation then, and stays as it is.
  const recorded = await listGitBranches(db, projectId);
  if (recorded.length === 0) return;
  const remote = await listProjectRemote(project, dependencies);
  if (!remote.ok) return;
  const { gone, back } = planBranchSync(recorded, remote.branches);
  for (const branch of gone) await markBranchGone(db, branch, new Date(now()));
  for (const branch of back) await markBranchBack(db, branch);
}
