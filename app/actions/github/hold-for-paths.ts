import { branchSlugOf, formatLabel } from '../../../contracts/host.ts';
import type { Executor, Transaction } from '../../db/database.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { hasCertainBuild, readShown } from '../../db/shown-deployments.ts';
import { decidePathBase, type PathBase } from '../../domain/github/decide-path-base.ts';
import { isMergeQueueBranch } from '../../domain/merge-queue.ts';

type PathProject = Pick<ProjectRow, 'id' | 'slug' | 'productionBranch' | 'settings'>;

/** How long GitHub may take to say what a commit changes. After that it is built, whatever it changes. */
export const MAX_HOLD_MS = 5 * 60_000;

/**
 * Until when a pushed commit waits to be compared with `paths`, in the transaction that holds its branch; null where it
 * is built at once.
 *
 * What is on its way to be built already would be buried: it may no longer move the branch's hosts, and the commit that
 * came after it would be skipped. A redeploy with another variable changes no file. So the newer one is built then.
 */
export async function holdForPaths(
  tx: Transaction,
  project: PathProject,
  branch: string,
  at: Date,
): Promise<Date | null> {
  const base = await findPathBase(tx, project, branch, project.settings);
  if (base === undefined || (await hasCertainBuild(tx, project.id, branch))) return null;
  return new Date(at.getTime() + MAX_HOLD_MS);
}

/** What the changes of a new commit of the branch are counted from; undefined where it is built whatever it changes. */
export async function findPathBase(
  db: Executor,
  project: Omit<PathProject, 'settings'>,
  branch: string,
  settings: ProjectRow['settings'],
): Promise<PathBase | undefined> {
  const own = isMergeQueueBranch(branch) ? undefined : labelOf(project, branch);
  // The host of production's branch: what was promoted, or rolled back to, says nothing of what is built.
  const production = labelOf(project, project.productionBranch);
  const shown = await readShown(db, own === undefined ? [production] : [own, production]);
  const branchShows = own === undefined ? undefined : shown.get(own);
  return decidePathBase({ branch: branchShows, production: shown.get(production) }, settings);
}

function labelOf(project: Pick<PathProject, 'id' | 'slug'>, branch: string): string {
  return formatLabel({ kind: 'branch', project: project.slug, slug: branchSlugOf(branch, project) });
}
