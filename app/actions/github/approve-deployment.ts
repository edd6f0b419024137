import type { Database } from '../../db/database.ts';
import { type DeploymentRow, findDeployment } from '../../db/deployments.ts';
import { shareProject } from '../../db/projects.ts';
import type { Caller, Refusal, Way } from '../../domain/github/decide-approval.ts';
import type { Requester } from '../../domain/words.ts';
import type { LogHints } from '../../logs/stores/log-store.ts';
import { type DeployForkDependencies, deployForkWithin } from './deploy-fork.ts';

export interface ApproveDependencies extends DeployForkDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
}

export interface Refused {
  readonly outcome: 'refused';
  readonly why: Refusal;
  /** Why, and what to do. */
  readonly message: string;
}

export type ApproveResult =
  /** The deployment that waited, or a new one of a commit that had been approved before. */
  | { readonly outcome: 'deployed'; readonly deployment: DeploymentRow }
  | Refused
  | { readonly outcome: 'deployment_not_found' };

const NO_FORK = 'Only a commit of a fork waits for approval. This one is the project’s own: redeploy it.';

/** Lets the commit of a fork be built that a deployment is of: that one, and none that comes after it. */
export async function approveDeployment(
  deploymentId: string,
  requestedBy: Requester,
  dependencies: ApproveDependencies,
): Promise<ApproveResult> {
  const found = await findDeployment(dependencies.db, deploymentId);
  if (found === undefined) return { outcome: 'deployment_not_found' };
  if (found.refKind !== 'pull-request') return { outcome: 'refused', why: 'not-blocked', message: NO_FORK };
  return deployForkAgain(found, { kind: 'dashboard' }, requestedBy, dependencies);
}

/** Deploys the commit of a fork that a deployment is of, where that may be. */
export async function deployForkAgain(
  { id: deploymentId, projectId, ref, commit }: DeploymentRow,
  way: Way,
  requestedBy: Requester,
  dependencies: ApproveDependencies,
): Promise<ApproveResult> {
  const { db, hints } = dependencies;
  if (commit === null) throw new Error('a fork’s deployment has no commit');
  const result = await db.transaction(async (tx) => {
    const project = await shareProject(tx, projectId);
    if (project === undefined || project.deletedAt !== null) return undefined;
    const caller = callerOf(requestedBy);
    const order = { project, number: Number(ref), commit, deploymentId, caller, way, requestedBy };
    return deployForkWithin(tx, order, dependencies);
  });
  if (result === undefined) return { outcome: 'deployment_not_found' };
  if (!result.ok) return { outcome: 'refused', why: result.why, message: result.message };
  for (const id of [result.deployment.id, ...result.superseded]) hints.publish(id);
  return { outcome: 'deployed', deployment: result.deployment };
}

/** Routes let nobody come so far who may not deploy: what is asked here is whether this commit may be. */
function callerOf(requester: Requester): Caller {
  if (requester.kind !== 'github-user') return { kind: 'administrator' };
  return { kind: 'github-user', login: requester.login, permission: 'write' };
}
