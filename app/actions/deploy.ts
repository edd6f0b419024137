import { branchSlugOf } from '../../contracts/host.ts';
import { advanceBranch, advanceLivingBranch, type BranchRow } from '../db/branches.ts';
import type { Database, Transaction } from '../db/database.ts';
import { type DeploymentRow, findDeployment } from '../db/deployments.ts';
import { type ProjectRow, shareProject } from '../db/projects.ts';
import type { RefKind, Requester } from '../domain/words.ts';
import type { LogHints } from '../logs/stores/log-store.ts';
import { type ApproveDependencies, deployForkAgain, type Refused } from './github/approve-deployment.ts';
import {
  type DeploymentRequest,
  writeRequest,
  type WriteRequestDependencies,
  type WrittenRequest,
} from './write-request.ts';

export interface DeployOrder {
  readonly projectId: string;
  /** Resolved: `commit` is the full name of what `name` pointed at. */
  readonly ref: { readonly kind: RefKind; readonly name: string; readonly commit: string };
  readonly requestedBy: Requester;
  /** A generation that was drawn before the repository was asked what the ref is. */
  readonly askedAt: number;
}

export interface DeployDependencies extends WriteRequestDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  /** Attempts of one deployment. */
  readonly maxAttempts: number;
}

export interface RedeployDependencies extends DeployDependencies, ApproveDependencies {
  readonly db: Database;
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
  /** A fork's commit that may not be built (again); `message` says why. */
  | Refused
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
    return queueBuild(tx, { ...order, project, branch, settings: project.settings }, dependencies);
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
  dependencies: RedeployDependencies,
): Promise<RedeployResult> {
  const { db } = dependencies;
  const old = await findDeployment(db, deploymentId);
  if (old === undefined) return { outcome: 'deployment_not_found' };
  const { projectId, settings } = old;
  if (old.source === 'upload' || old.commit === null) return { outcome: 'not_rebuildable' };
  if (old.refKind === 'pull-request')
    return deployForkAgain(old, { kind: 'redeploy' }, requestedBy, dependencies);
  const ref = { kind: old.refKind, name: old.ref, commit: old.commit, isListed: old.isTrusted };
  const written = await db.transaction(async (tx) => {
    const project = await shareProject(tx, projectId);
    if (project === undefined || project.deletedAt !== null) return undefined;
    const branch = old.refKind === 'branch' ? await advanceLivingBranch(tx, projectId, old.ref) : undefined;
    return queueBuild(tx, { ref, project, branch, settings, requestedBy }, dependencies);
  });
  if (written === undefined) return { outcome: 'project_not_found' };
  return announce(written, dependencies);
}

type Queued = Omit<DeploymentRequest, 'source' | 'status' | 'attemptsLeft'>;

async function queueBuild(
  tx: Transaction,
  request: Queued,
  dependencies: DeployDependencies,
): Promise<WrittenRequest> {
  const { maxAttempts: attemptsLeft, jobs } = dependencies;
  const written = await writeRequest(
    tx,
    { ...request, source: 'git', status: 'queued', attemptsLeft },
    dependencies,
  );
  await jobs.send(tx, 'schedule-builds', {});
  return written;
}

async function advance(
  tx: Transaction,
  project: ProjectRow,
  { ref: { name, commit }, askedAt }: DeployOrder,
): Promise<BranchRow | undefined> {
  const slug = branchSlugOf(name, project);
  return advanceBranch(tx, { projectId: project.id, name, slug, commit }, askedAt);
}

function announce(written: WrittenRequest, { hints }: DeployDependencies): Deployed {
  for (const id of [written.deployment.id, ...written.superseded]) hints.publish(id);
  return { outcome: 'deployed', deployment: written.deployment };
}
