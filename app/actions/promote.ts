import { changeAlias, lockAliases } from '../db/aliases.ts';
import { nextGeneration } from '../db/branches.ts';
import type { Database, Transaction } from '../db/database.ts';
import { type DeploymentRow, findDeployment, shareDeployment } from '../db/deployments.ts';
import { shareProject } from '../db/projects.ts';
import { rememberServed } from '../domain/decide-alias-move.ts';
import { productionAliasOf } from '../domain/deployment-urls.ts';
import type { JobSender } from '../jobs/queue.ts';
import type { LogHints } from '../logs/stores/log-store.ts';
import { projectAliases, type ProjectAliasDependencies } from './project-alias.ts';
import { servedOf } from './served.ts';

export interface PromoteDependencies extends ProjectAliasDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly now: () => number;
}

export type PromoteResult =
  | { readonly outcome: 'promoted'; readonly deployment: DeploymentRow; readonly label: string }
  | { readonly outcome: 'not_ready'; readonly deployment: DeploymentRow }
  /** A fork's: it moves its pull request's host, and no other. */
  | { readonly outcome: 'not_trusted' }
  /** Production serves something else by now than whoever asked was shown. */
  | { readonly outcome: 'moved_meanwhile' }
  | { readonly outcome: 'deployment_not_found' | 'project_not_found' };

/**
 * Points production at a ready deployment, newer or older, without building. No build that was asked for before
 * moves production afterwards. Answers when storage says so too; throws StorageError when it can't be told now
 * (the reconciler goes on trying).
 *
 * `seen` is what production served (null: nothing) when somebody decided to promote; undefined when that is all one.
 */
export async function promote(
  deploymentId: string,
  dependencies: PromoteDependencies,
  seen?: string | null,
): Promise<PromoteResult> {
  const found = await findDeployment(dependencies.db, deploymentId);
  if (found === undefined) return { outcome: 'deployment_not_found' };
  const at = new Date(dependencies.now());
  const result = await dependencies.db.transaction((tx) => promoteWithin(tx, found, at, seen, dependencies));
  if (result.outcome !== 'promoted') return result;
  await projectAliases([result.label], dependencies);
  dependencies.hints.publish(deploymentId);
  return result;
}

async function promoteWithin(
  tx: Transaction,
  found: DeploymentRow,
  at: Date,
  seen: string | null | undefined,
  { jobs }: Pick<PromoteDependencies, 'jobs'>,
): Promise<PromoteResult> {
  const project = await shareProject(tx, found.projectId);
  if (project === undefined || project.deletedAt !== null) return { outcome: 'project_not_found' };
  // Shared until commit: retention can't remove it between this look and the move.
  const deployment = await shareDeployment(tx, found.id);
  if (deployment === undefined) return { outcome: 'deployment_not_found' };
  if (!deployment.isTrusted) return { outcome: 'not_trusted' };
  const { status, manifest } = deployment;
  if (status !== 'ready' || manifest === null) return { outcome: 'not_ready', deployment };
  const [alias] = await lockAliases(tx, project.id, [productionAliasOf(project)], at);
  if (alias === undefined) throw new Error(`the alias row of project ${project.slug} could not be locked`);
  const served = { deploymentId: deployment.id, manifest };
  const current = servedOf(alias);
  const isAsSeen = seen === undefined || seen === (current?.deploymentId ?? null);
  if (!isAsSeen) return { outcome: 'moved_meanwhile' };
  const recent = rememberServed(served, current, alias.recent);
  // Drawn after the alias was locked: whatever got its generation before this promotion is below the floor.
  const floorGeneration = await nextGeneration(tx);
  await changeAlias(tx, alias.label, { ...served, state: 'live', reason: null, recent, floorGeneration }, at);
  // At GitHub, what production shows is what is active.
  if (project.repositoryId !== null) await jobs.send(tx, 'report-deployments', {});
  return { outcome: 'promoted', deployment, label: alias.label };
}
