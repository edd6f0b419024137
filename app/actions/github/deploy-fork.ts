import { changeAlias, lockAliases } from '../../db/aliases.ts';
import type { Transaction } from '../../db/database.ts';
import { type DeploymentRow, moveDeployment } from '../../db/deployments.ts';
import type { ProjectRow } from '../../db/projects.ts';
import {
  advancePullRequest,
  findNewestOfCommit,
  lockPullRequest,
  type PullRequestRow,
} from '../../db/pull-requests.ts';
import { type Caller, decideApproval, type Refusal, type Way } from '../../domain/github/decide-approval.ts';
import { aliasNamesOf } from '../../domain/deployment-urls.ts';
import type { Requester } from '../../domain/words.ts';
import { writeRequest, type WriteRequestDependencies } from '../write-request.ts';

export interface DeployForkDependencies extends WriteRequestDependencies {
  readonly maxAttempts: number;
  /** This machine can keep a build apart from all others: without that a stranger's code is not run. */
  readonly hasSandbox: boolean;
}

/** Somebody asks for one commit of a fork's pull request. */
export interface ForkOrder {
  readonly project: ProjectRow;
  readonly number: number;
  readonly commit: string;
  /** The deployment that somebody has looked at; undefined where they have looked at the pull request. */
  readonly deploymentId?: string;
  readonly caller: Caller;
  readonly way: Way;
  readonly requestedBy: Requester;
}

export type ForkDeployed =
  | { readonly ok: true; readonly deployment: DeploymentRow; readonly superseded: readonly string[] }
  | { readonly ok: false; readonly why: Refusal; readonly message: string };

/**
 * Deploys a commit of a fork, where that may be: the deployment that waits for approval is queued, or there is a new one
 * of a commit that somebody approved before. The pull request is locked first, so that this is about the commit that it
 * has, and no other is approved by one word.
 */
export async function deployForkWithin(
  tx: Transaction,
  order: ForkOrder,
  dependencies: DeployForkDependencies,
): Promise<ForkDeployed> {
  const { project, number, commit, caller, way } = order;
  const key = { projectId: project.id, number };
  const row = await lockPullRequest(tx, key);
  const newest = row && (await findNewestOfCommit(tx, { ...key, commit }));
  if (row === undefined) return { ok: false, why: 'not-known', message: NOT_KNOWN };
  const target = targetOf(order, row, newest);
  const decision = decideApproval(caller, way, target, dependencies);
  if (!decision.allowed) return { ok: false, why: decision.why, message: decision.reason };
  if (decision.isTrusted) return { ok: false, why: 'not-blocked', message: NO_FORK };
  if (newest === undefined) throw new Error('a commit without a deployment was allowed');
  const isSeen = order.deploymentId === undefined || order.deploymentId === newest.id;
  if (decision.effect === 'approve' && !isSeen)
    return { ok: false, why: 'still-blocked', message: OTHER_BASE };
  if (decision.effect === 'approve') return approve(tx, order, newest, dependencies);
  return queueAgain(tx, order, { row, newest }, dependencies);
}

const OTHER_BASE =
  'The same commit waits again for another base branch, whose settings are others: approve that deployment.';
const NOT_KNOWN = 'Its pull request is not known here any more.';
const NO_FORK = 'Its pull request is no fork’s any more: the push to its branch builds it.';

function targetOf({ project, commit }: ForkOrder, row: PullRequestRow, newest: DeploymentRow | undefined) {
  return {
    kind: 'pull-request',
    headRepositoryId: row.headRepositoryId,
    // A project that is no repository of GitHub's any more trusts nobody's pull request.
    baseRepositoryId: project.repositoryId ?? -1,
    isOpen: row.isOpen,
    isDraft: row.isDraft,
    commit,
    headCommit: row.headCommit,
    status: newest?.status ?? null,
    knownSince: row.headSince ?? row.updatedAt,
  } as const;
}

/** The old status guards the move: of two who approve at once one is told that it was approved already. */
async function approve(
  tx: Transaction,
  { project, requestedBy }: ForkOrder,
  blocked: DeploymentRow,
  { jobs, now }: DeployForkDependencies,
): Promise<ForkDeployed> {
  const at = new Date(now());
  const deployment = await moveDeployment(tx, blocked.id, 'approve', at, { message: null, requestedBy });
  if (deployment === undefined)
    return { ok: false, why: 'not-blocked', message: 'This commit was approved already.' };
  const rows = await lockAliases(tx, project.id, aliasNamesOf(deployment, project), at);
  const blockedHosts = rows.filter((row) => row.state === 'blocked' && row.deploymentId === deployment.id);
  for (const { label } of blockedHosts) await changeAlias(tx, label, { state: 'waiting' }, at);
  const labels = blockedHosts.map(({ label }) => label);
  if (labels.length > 0) await jobs.send(tx, 'project-aliases', { labels });
  await jobs.send(tx, 'schedule-builds', {});
  await jobs.send(tx, 'report-deployments', {});
  return { ok: true, deployment, superseded: [] };
}

/** The commit that somebody approved before, once more. */
async function queueAgain(
  tx: Transaction,
  { project, number, commit, requestedBy }: ForkOrder,
  { row, newest }: { readonly row: PullRequestRow; readonly newest: DeploymentRow },
  dependencies: DeployForkDependencies,
): Promise<ForkDeployed> {
  const generation = await advancePullRequest(tx, { projectId: project.id, number });
  const written = await writeRequest(
    tx,
    {
      project,
      ref: { kind: 'pull-request', name: String(number), commit },
      branch: { generation },
      baseRef: row.baseRef,
      settings: newest.settings,
      source: 'git',
      requestedBy,
      commitSubject: newest.commitSubject,
      status: 'queued',
      attemptsLeft: dependencies.maxAttempts,
    },
    dependencies,
  );
  await dependencies.jobs.send(tx, 'schedule-builds', {});
  await dependencies.jobs.send(tx, 'report-deployments', {});
  return { ok: true, ...written };
}
