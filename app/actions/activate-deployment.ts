import { changeAlias, lockAliases, settleWaitingAliases } from '../db/aliases.ts';
import { shareBranch } from '../db/branches.ts';
import type { Database, Transaction } from '../db/database.ts';
import { type DeploymentRow, findDeployment, lockDeployment, moveDeployment } from '../db/deployments.ts';
import { type ProjectRow, shareProject } from '../db/projects.ts';
import { listPullRequestsOfBranch, sharePullRequest } from '../db/pull-requests.ts';
import { type AliasClaim, decideAliasMove, rememberServed } from '../domain/decide-alias-move.ts';
import { aliasNamesOf } from '../domain/deployment-urls.ts';
import type { LogHints } from '../logs/stores/log-store.ts';
import { projectAliases, type ProjectAliasDependencies } from './project-alias.ts';
import { servedOf } from './served.ts';
import { tellOthers } from './tell-others.ts';
import type { TellWebhooksDependencies } from './tell-webhooks.ts';

export interface ActivateDependencies extends ProjectAliasDependencies, TellWebhooksDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly now: () => number;
}

/**
 * Takes a published deployment live: moves the hosts that it may move, writes their pointers, and only then says
 * `ready`. Every step is convergent, so the whole can be repeated after a crash anywhere.
 */
export async function activateDeployment(
  deploymentId: string,
  dependencies: ActivateDependencies,
): Promise<void> {
  const { db, now, hints } = dependencies;
  const found = await findDeployment(db, deploymentId);
  if (found === undefined) return;
  const labels = await db.transaction((tx) => moveAliases(tx, found, new Date(now())));
  if (labels === undefined) return;
  await projectAliases(labels, dependencies);
  const isReady = await db.transaction(async (tx) => {
    const ready = await moveDeployment(tx, deploymentId, 'activate', new Date(now()), { message: null });
    if (ready !== undefined) await tellOthers(tx, ready, dependencies);
    return ready !== undefined;
  });
  if (isReady) hints.publish(deploymentId);
}

/** The labels that the deployment may own; undefined when it is not (any more) about to go live. */
async function moveAliases(tx: Transaction, found: DeploymentRow, at: Date): Promise<string[] | undefined> {
  const project = await shareProject(tx, found.projectId);
  if (project === undefined) return undefined;
  const claim = await readClaim(tx, project, found);
  // After the branch was shared: whoever opens a pull request of it has it locked.
  const isOfBranch = found.refKind === 'branch';
  const pullRequests = isOfBranch ? await listPullRequestsOfBranch(tx, project, found.ref) : [];
  const deployment = await lockDeployment(tx, found.id);
  if (deployment?.status !== 'building' || deployment.manifest === null) return undefined;
  const served = { deploymentId: deployment.id, manifest: deployment.manifest };
  const names = aliasNamesOf(deployment, project, pullRequests);
  const rows = await lockAliases(tx, project.id, names, at);
  for (const row of rows) {
    const isThere = row.state === 'live' && row.deploymentId === deployment.id;
    if (isThere || !decideAliasMove(row.kind, claim, row.floorGeneration).move) continue;
    const recent = rememberServed(served, servedOf(row), row.recent);
    await changeAlias(tx, row.label, { ...served, state: 'live', reason: null, recent }, at);
  }
  // Hosts that waited for it but that it may not move any more (production is held by now, say) wait in vain.
  const settled = await settleWaitingAliases(tx, [deployment.id], { state: 'gone' }, at);
  return [...new Set([...rows.map((row) => row.label), ...settled])];
}

/** Branch or pull request are shared first: a newer request commits before this look, or after the hosts have moved. */
async function readClaim(
  tx: Transaction,
  project: ProjectRow,
  deployment: DeploymentRow,
): Promise<AliasClaim> {
  return {
    environment: deployment.environment,
    generation: deployment.generation,
    branch: await readNewest(tx, project, deployment),
    isProductionBranch: deployment.ref === project.productionBranch,
    holdProduction: project.holdProduction,
  };
}

async function readNewest(
  tx: Transaction,
  { id: projectId }: ProjectRow,
  { refKind, ref }: DeploymentRow,
): Promise<AliasClaim['branch']> {
  if (refKind === 'pull-request') {
    const row = await sharePullRequest(tx, { projectId, number: Number(ref) });
    return row && { generation: row.generation, deleted: !row.isOpen };
  }
  const row = refKind === 'branch' ? await shareBranch(tx, projectId, ref) : undefined;
  return row && { generation: row.generation, deleted: row.deletedAt !== null };
}
