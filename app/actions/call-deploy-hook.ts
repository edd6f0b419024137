import type { Database, Transaction } from '../db/database.ts';
import { type DeployHookRow, findDeployHookBySecret, touchDeployHook } from '../db/deploy-hooks.ts';
import { hashToken } from '../domain/attempt-token.ts';
import { type HookRun, planHookRuns } from '../domain/plan-hook-run.ts';
import type { JobSender } from '../jobs/queue.ts';

export interface CallDeployHookDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
}

export interface CalledHook {
  readonly hook: DeployHookRow;
  /** Of its project. */
  readonly slug: string;
  /** What the deployment will be called once the repository has said what there is to deploy. */
  readonly deploymentId: string;
}

/**
 * Takes a call of a deploy hook; undefined for who does not know a hook's secret. A job asks the repository and deploys:
 * whoever calls (a CMS, after somebody has pressed "publish") waits a few seconds at most and calls once, so a
 * repository that is slow or away must neither keep him waiting nor lose the call. Calls in quick succession share one
 * run.
 */
export async function callDeployHook(
  token: string,
  dependencies: CallDeployHookDependencies,
): Promise<CalledHook | undefined> {
  const { db } = dependencies;
  // One look by the hash, whoever asks: the time that it takes tells nothing about secrets that exist.
  const found = await findDeployHookBySecret(db, hashToken(token));
  if (found === undefined) return undefined;
  const run = await db.transaction((tx) => requestRun(tx, found.hook, dependencies));
  return run && { ...found, deploymentId: run.deploymentId };
}

/** Undefined when the hook was deleted meanwhile. */
async function requestRun(
  tx: Transaction,
  { id: hookId, tokenHash }: DeployHookRow,
  { jobs }: CallDeployHookDependencies,
): Promise<HookRun | undefined> {
  const now = await touchDeployHook(tx, hookId);
  if (now === undefined) return undefined;
  const [first, next] = planHookRuns(tokenHash, now);
  const send = ({ jobId: id, deploymentId, startsAt }: HookRun, startAfter?: Date) =>
    jobs.send(
      tx,
      'run-deploy-hook',
      { hookId, deploymentId, startsAt },
      { id, ...(startAfter && { startAfter }) },
    );
  if (await send(first)) return first;
  await send(next, new Date(next.startsAt));
  return next;
}
