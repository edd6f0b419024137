import { readDatabaseTime } from '../db/database-time.ts';
import { type DeployHookRow, findDeployHook } from '../db/deploy-hooks.ts';
import { findDeployment, insertDeployment } from '../db/deployments.ts';
import { findProject, type ProjectRow, shareProject } from '../db/projects.ts';
import { decideHookRetry } from '../domain/plan-hook-run.ts';
import type { Requester } from '../domain/words.ts';
import type { JobPayload } from '../jobs/queue.ts';
import { deployRef, type DeployRefDependencies } from './deploy-ref.ts';
import { tellWebhooks, type TellWebhooksDependencies } from './tell-webhooks.ts';

export interface RunDeployHookDependencies extends DeployRefDependencies, TellWebhooksDependencies {}
type Run = JobPayload<'run-deploy-hook'>;

/** Shorter than any retry waits: the same retry is sent once, whoever sends it again after a crash. */
const RETRY_ONCE_PER_SECONDS = 10;
const OVERTAKEN_RETRY_SECONDS = 15;

/**
 * Deploys what the branch of a called hook is now. Safe to repeat: the deployment's name was chosen when the hook was
 * called. What keeps it from being deployed becomes a failed deployment, since that is where people look.
 */
export async function runDeployHook(run: Run, dependencies: RunDeployHookDependencies): Promise<void> {
  const { db } = dependencies;
  if ((await findDeployment(db, run.deploymentId)) !== undefined) return;
  const hook = await findDeployHook(db, run.hookId);
  const project = hook && (await findProject(db, hook.projectId));
  if (hook === undefined || project === undefined) return;
  const named = { ...dependencies, randomId: () => run.deploymentId };
  const result = await deployRef(project, `refs/heads/${hook.branch}`, requesterOf(hook), named);
  switch (result.outcome) {
    case 'deployed':
    case 'project_not_found':
      return;
    case 'overtaken':
      return runAgain(run, OVERTAKEN_RETRY_SECONDS, dependencies);
    case 'repository_unreachable':
      return waitForRepository(run, { project, hook, message: result.message }, dependencies);
    case 'no_repository':
    case 'ref_not_found':
      return recordFailure(run.deploymentId, { project, hook, message: result.message }, dependencies);
  }
}

interface Failure {
  readonly project: ProjectRow;
  readonly hook: DeployHookRow;
  /** For people. */
  readonly message: string;
}

async function waitForRepository(
  run: Run,
  failure: Failure,
  dependencies: RunDeployHookDependencies,
): Promise<void> {
  const { db } = dependencies;
  const lastCallAt = (await findDeployHook(db, run.hookId))?.lastUsedAt?.getTime() ?? 0;
  const decision = decideHookRetry(run.startsAt, lastCallAt, await readDatabaseTime(db));
  if (decision.next === 'retry') await runAgain(run, Math.ceil(decision.afterMs / 1000), dependencies);
  if (decision.next === 'give-up') await recordFailure(run.deploymentId, failure, dependencies);
}

/** A job of its own, not a retry of the queue's: that a repository is away is nothing that our log must report. */
async function runAgain(
  run: Run,
  afterSeconds: number,
  { db, jobs }: RunDeployHookDependencies,
): Promise<void> {
  const once = { oncePerSeconds: RETRY_ONCE_PER_SECONDS, key: run.deploymentId };
  await jobs.send(db, 'run-deploy-hook', run, { ...once, startAfter: afterSeconds });
}

async function recordFailure(
  deploymentId: string,
  { project, hook, message }: Failure,
  dependencies: RunDeployHookDependencies,
): Promise<void> {
  const { db, hints, now } = dependencies;
  const at = new Date(now());
  await db.transaction(async (tx) => {
    const living = await shareProject(tx, project.id);
    if (living === undefined || living.deletedAt !== null) return;
    const failed = await insertDeployment(tx, {
      id: deploymentId,
      projectId: project.id,
      environment: hook.branch === living.productionBranch ? 'production' : 'preview',
      refKind: 'branch',
      ref: hook.branch,
      commit: null,
      requestedBy: requesterOf(hook),
      generation: null,
      status: 'failed',
      reason: 'clone_failed',
      message,
      settings: living.settings,
      attemptsLeft: 0,
      phases: [],
      createdAt: at,
      finishedAt: at,
    });
    await tellWebhooks(tx, failed, dependencies);
  });
  hints.publish(deploymentId);
}

function requesterOf({ name }: DeployHookRow): Requester {
  return { kind: 'deploy-hook', name };
}
