import type { BuildSettings } from '../../contracts/build-spec.ts';
import { branchSlugOf } from '../../contracts/host.ts';
import { changeAlias, lockAliases, settleWaitingAliases } from '../db/aliases.ts';
import { advanceBranch, advanceLivingBranch, type BranchRow } from '../db/branches.ts';
import type { Database, Transaction } from '../db/database.ts';
import { type DeploymentRow, findDeployment, insertDeployment, supersedeOlder } from '../db/deployments.ts';
import { type ProjectRow, shareProject } from '../db/projects.ts';
import { decideAliasMove, mayWait } from '../domain/decide-alias-move.ts';
import { aliasNamesOf } from '../domain/deployment-urls.ts';
import type { RefKind, Requester } from '../domain/words.ts';
import type { JobSender } from '../jobs/queue.ts';
import type { LogHints } from '../logs/stores/log-store.ts';

export interface DeployOrder {
  readonly projectId: string;
  /** Resolved: `commit` is the full name of what `name` pointed at. */
  readonly ref: { readonly kind: RefKind; readonly name: string; readonly commit: string };
  readonly requestedBy: Requester;
  /** A generation that was drawn before the repository was asked what the ref is. */
  readonly askedAt: number;
}

export interface DeployDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly now: () => number;
  readonly randomId: () => string;
  /** Attempts of one deployment. */
  readonly maxAttempts: number;
}

interface Deployed {
  readonly outcome: 'deployed';
  readonly deployment: DeploymentRow;
}

export type DeployResult =
  | Deployed
  /** Another commit of the branch was requested since the repository was asked: it must be asked again. */
  | { readonly outcome: 'project_not_found' | 'overtaken' };
export type RedeployResult =
  | Deployed
  /** Its folder was uploaded: there is nothing to build again. */
  | { readonly outcome: 'project_not_found' | 'deployment_not_found' | 'not_rebuildable' };

/**
 * Asks for a deployment. In one transaction the branch gets its next generation, the deployment is queued, older
 * queued ones of the branch give way, hosts with nothing to serve begin to wait, and the builds are scheduled.
 */
export async function deploy(order: DeployOrder, dependencies: DeployDependencies): Promise<DeployResult> {
  const { db } = dependencies;
  const written = await db.transaction(async (tx) => {
    const project = await shareProject(tx, order.projectId);
    if (project === undefined || project.deletedAt !== null) return 'project_not_found';
    const isBranch = order.ref.kind === 'branch';
    const branch = isBranch ? await advance(tx, project, order) : undefined;
    if (isBranch && branch === undefined) return 'overtaken';
    return writeRequest(tx, { ...order, project, branch, settings: project.settings }, dependencies);
  });
  if (typeof written === 'string') return { outcome: written };
  return announce(written, dependencies);
}

/**
 * Asks for the same commit with the same settings again. It is the branch's newest request then, but what the
 * branch points at stays; where the branch is gone, only the deployment's own host gets it.
 */
export async function redeploy(
  deploymentId: string,
  requestedBy: Requester,
  dependencies: DeployDependencies,
): Promise<RedeployResult> {
  const { db } = dependencies;
  const old = await findDeployment(db, deploymentId);
  if (old === undefined) return { outcome: 'deployment_not_found' };
  const { projectId, settings } = old;
  if (old.source === 'upload' || old.commit === null) return { outcome: 'not_rebuildable' };
  const ref = { kind: old.refKind, name: old.ref, commit: old.commit };
  const written = await db.transaction(async (tx) => {
    const project = await shareProject(tx, projectId);
    if (project === undefined || project.deletedAt !== null) return undefined;
    const branch = old.refKind === 'branch' ? await advanceLivingBranch(tx, projectId, old.ref) : undefined;
    return writeRequest(tx, { ref, project, branch, settings, requestedBy }, dependencies);
  });
  if (written === undefined) return { outcome: 'project_not_found' };
  return announce(written, dependencies);
}

interface Written {
  readonly deployment: DeploymentRow;
  readonly superseded: readonly string[];
}

interface Request {
  readonly project: ProjectRow;
  readonly ref: DeployOrder['ref'];
  /** Undefined for tags, commits, and branches that are gone. */
  readonly branch: BranchRow | undefined;
  readonly settings: BuildSettings;
  readonly requestedBy: Requester;
}

async function advance(
  tx: Transaction,
  project: ProjectRow,
  { ref: { name, commit }, askedAt }: DeployOrder,
): Promise<BranchRow | undefined> {
  const slug = branchSlugOf(name, project);
  return advanceBranch(tx, { projectId: project.id, name, slug, commit }, askedAt);
}

async function writeRequest(
  tx: Transaction,
  request: Request,
  dependencies: DeployDependencies,
): Promise<Written> {
  const at = new Date(dependencies.now());
  const deployment = await insertDeployment(tx, newDeployment(request, at, dependencies));
  // Deployments are locked before aliases, here as everywhere.
  const superseded = await supersede(tx, request, at);
  const labels = await beginWaiting(tx, request, deployment, at);
  labels.push(...(await settleWaitingAliases(tx, superseded, { state: 'gone' }, at)));
  await dependencies.jobs.send(tx, 'project-aliases', { labels });
  await dependencies.jobs.send(tx, 'schedule-builds', {});
  return { deployment, superseded };
}

function newDeployment(request: Request, at: Date, dependencies: DeployDependencies) {
  const { project, ref, branch, settings, requestedBy } = request;
  const isProduction = ref.kind === 'branch' && ref.name === project.productionBranch;
  return {
    id: dependencies.randomId(),
    projectId: project.id,
    environment: isProduction ? ('production' as const) : ('preview' as const),
    refKind: ref.kind,
    ref: ref.name,
    commit: ref.commit,
    requestedBy,
    generation: branch?.generation ?? null,
    status: 'queued' as const,
    settings,
    attemptsLeft: dependencies.maxAttempts,
    phases: [],
    createdAt: at,
  };
}

/** Hosts that this deployment may come to move, and that have nothing to serve, show that it is on its way. */
async function beginWaiting(
  tx: Transaction,
  { project, branch }: Request,
  deployment: DeploymentRow,
  at: Date,
): Promise<string[]> {
  const claim = {
    ...deployment,
    branch: branch && { generation: branch.generation, deleted: false },
    isProductionBranch: deployment.ref === project.productionBranch,
    holdProduction: project.holdProduction,
  };
  const rows = await lockAliases(tx, project.id, aliasNamesOf(deployment, project), at);
  const waiting = rows.filter(
    (row) => mayWait(row.state) && decideAliasMove(row.kind, claim, row.floorGeneration).move,
  );
  for (const row of waiting) {
    const changes = { state: 'waiting', deploymentId: deployment.id, manifest: null, reason: null } as const;
    await changeAlias(tx, row.label, changes, at);
  }
  return waiting.map((row) => row.label);
}

async function supersede(tx: Transaction, { project, ref, branch }: Request, at: Date): Promise<string[]> {
  if (branch === undefined) return [];
  const { generation } = branch;
  return supersedeOlder(tx, { projectId: project.id, name: ref.name, generation }, at);
}

function announce(written: Written, { hints }: DeployDependencies): Deployed {
  for (const id of [written.deployment.id, ...written.superseded]) hints.publish(id);
  return { outcome: 'deployed', deployment: written.deployment };
}
