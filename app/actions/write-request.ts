import type { BuildSettings } from '../../contracts/build-spec.ts';
import { changeAliases, lockAliases, settleWaitingAliases } from '../db/aliases.ts';
import type { BranchRow } from '../db/branches.ts';
import type { Transaction } from '../db/database.ts';
import { cancelOlderBuilds } from '../db/cancel-older-builds.ts';
import {
  type DeploymentRow,
  insertDeployment,
  type NewDeployment,
  supersedeOlder,
} from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { decideAliasMove, mayWait } from '../domain/decide-alias-move.ts';
import { findForkOfCommit, isCommitOfBranch, listPullRequestsOfBranch } from '../db/pull-requests.ts';
import { aliasNamesOf } from '../domain/deployment-urls.ts';
import type { RefKind, Requester } from '../domain/words.ts';
import type { JobSender } from '../jobs/queue.ts';

export interface WriteRequestDependencies {
  readonly jobs: JobSender;
  readonly now: () => number;
  readonly randomId: () => string;
}

/** A deployment to be written, with the branch as the request has left it. */
export interface DeploymentRequest extends Pick<NewDeployment, 'source' | 'status' | 'attemptsLeft'> {
  readonly project: ProjectRow;
  readonly ref: {
    readonly kind: RefKind;
    readonly name: string;
    readonly commit: string | null;
    /** Of a commit: a branch or tag of the repository is at it. */
    readonly isListed?: boolean;
  };
  /** Or the fork's pull request. Undefined for tags, commits, and branches that are gone. */
  readonly branch: Pick<BranchRow, 'generation'> | undefined;
  /** Of a fork's: whose offshoot.json counts. */
  readonly baseRef?: string;
  readonly settings: BuildSettings;
  readonly requestedBy: Requester;
  readonly commitSubject?: string | null;
  /** It cancels what is being built of its branch. */
  readonly cancelsRunning?: boolean;
  /** No builder takes it before. */
  readonly heldUntil?: Date | null;
}

export interface WrittenRequest {
  readonly deployment: DeploymentRow;
  /** Ids of deployments that gave way. */
  readonly superseded: readonly string[];
  /** Ids of deployments whose builders are told to stop. */
  readonly canceled: readonly string[];
}

/**
 * Writes a request into the caller's transaction, in which the branch has got its next generation: the deployment,
 * older queued ones of the branch that give way, and hosts with nothing to serve that begin to wait.
 */
export async function writeRequest(
  tx: Transaction,
  request: DeploymentRequest,
  dependencies: WriteRequestDependencies,
): Promise<WrittenRequest> {
  const at = new Date(dependencies.now());
  const { project, ref } = request;
  const pullRequests = ref.kind === 'branch' ? await listPullRequestsOfBranch(tx, project, ref.name) : [];
  const row = newDeployment(request, at, dependencies);
  const deployment = await insertDeployment(tx, {
    ...row,
    pullRequest: row.pullRequest ?? pullRequests[0] ?? null,
    ...(await distrust(tx, request)),
  });
  // Deployments are locked before aliases, here as everywhere.
  const superseded = await supersede(tx, request, at);
  const canceled = await cancelOlder(tx, request, at);
  const labels = await beginWaiting(tx, request, deployment, pullRequests, at);
  labels.push(...(await settleWaitingAliases(tx, superseded, { state: 'gone' }, at)));
  await dependencies.jobs.send(tx, 'project-aliases', { labels });
  // What gave way has come to its end too.
  if (request.project.repositoryId !== null) await dependencies.jobs.send(tx, 'report-deployments', {});
  return { deployment, superseded, canceled };
}

const HELD = 'GitHub is asked what this commit changes, before it is built.';

/** The row of a request, to be inserted. */
export function newDeployment(
  request: DeploymentRequest,
  at: Date,
  { randomId }: WriteRequestDependencies,
): NewDeployment {
  const { project, ref, branch, settings, requestedBy, source, status, attemptsLeft } = request;
  const { heldUntil = null } = request;
  const isProduction = ref.kind === 'branch' && ref.name === project.productionBranch;
  return {
    id: randomId(),
    projectId: project.id,
    environment: isProduction ? 'production' : 'preview',
    refKind: ref.kind,
    ref: ref.name,
    source,
    commit: ref.commit,
    reportsTo: source === 'git' ? project.repositoryId : null,
    commitSubject: request.commitSubject ?? null,
    requestedBy,
    generation: branch?.generation ?? null,
    ...(ref.kind === 'pull-request' && ofFork(request)),
    status,
    settings,
    attemptsLeft,
    heldUntil,
    message: heldUntil === null ? null : HELD,
    phases: [],
    createdAt: at,
  };
}

/** Strangers' code, whoever asks for it: nothing that is made of a row of this kind is ever trusted. */
function ofFork({ ref, baseRef }: DeploymentRequest) {
  return { isTrusted: false, pullRequest: Number(ref.name), baseRef: baseRef ?? null };
}

/**
 * GitHub hands out every commit of every fork by the base repository's name. So one that is asked for by its own name is
 * trusted only where a branch or tag of ours is known to have it.
 */
async function distrust(tx: Transaction, { project, ref }: DeploymentRequest) {
  if (ref.kind !== 'commit' || ref.commit === null || project.repositoryId === null) return {};
  if (ref.isListed === true || (await isCommitOfBranch(tx, project.id, ref.commit))) return {};
  const fork = await findForkOfCommit(tx, project.id, ref.commit);
  const { pullRequest = null, baseRef = null } = fork ?? {};
  return { isTrusted: false, pullRequest, baseRef: baseRef ?? project.productionBranch };
}

/** Hosts that this deployment may come to move, and that have nothing to serve, show that it is on its way. */
async function beginWaiting(
  tx: Transaction,
  { project, branch }: DeploymentRequest,
  deployment: DeploymentRow,
  pullRequests: readonly number[],
  at: Date,
): Promise<string[]> {
  const claim = {
    ...deployment,
    branch: branch && { generation: branch.generation, deleted: false },
    isProductionBranch: deployment.ref === project.productionBranch,
    holdProduction: project.holdProduction,
  };
  const names = aliasNamesOf(deployment, project, pullRequests);
  const rows = await lockAliases(tx, project.id, names, at);
  const state = deployment.status === 'blocked' ? 'blocked' : 'waiting';
  const waiting = rows.filter(
    (row) => mayWait(row.state) && decideAliasMove(row.kind, claim, row.floorGeneration).move,
  );
  const labels = waiting.map((row) => row.label);
  const changes = { state, deploymentId: deployment.id, manifest: null, reason: null } as const;
  await changeAliases(tx, labels, changes, at);
  return labels;
}

async function supersede(
  tx: Transaction,
  { project, ref, branch }: DeploymentRequest,
  at: Date,
): Promise<string[]> {
  if (branch === undefined) return [];
  const { generation } = branch;
  return supersedeOlder(tx, { projectId: project.id, refKind: ref.kind, ref: ref.name, generation }, at);
}

const OVERTAKEN = 'A newer push to this branch took its place while it was being built.';

/** Their builders hear of it with their next heartbeat: nobody waits for them here. */
async function cancelOlder(
  tx: Transaction,
  { project, ref, branch, cancelsRunning = false }: DeploymentRequest,
  at: Date,
): Promise<string[]> {
  if (branch === undefined || !cancelsRunning) return [];
  const { generation } = branch;
  return cancelOlderBuilds(tx, { projectId: project.id, name: ref.name, generation }, OVERTAKEN, at);
}
