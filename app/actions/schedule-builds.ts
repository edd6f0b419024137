import { lockUntilCommit } from '../db/advisory-lock.ts';
import type { Database, Transaction } from '../db/database.ts';
import {
  countOpenAttempts,
  explainWaiting,
  listWaiting,
  moveDeployment,
  tryLockDeployment,
} from '../db/deployments.ts';
import { insertAttempt } from '../db/open-attempts.ts';
import { attemptToken, hashToken } from '../domain/attempt-token.ts';
import { describeShortage, type DiskSpace } from '../domain/describe-shortage.ts';
import { planLaunches } from '../domain/plan-launches.ts';
import type { JobSender } from '../jobs/queue.ts';
import type { LogHints, LogStore } from '../logs/stores/log-store.ts';
import { firstWord, sayWord } from './end-attempt.ts';

export interface ScheduleBuildsDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly logs: Pick<LogStore, 'append'>;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly secretKey: Uint8Array;
  /** Of the launcher that will be asked. */
  readonly launcherName: string;
  /** Builds at once, over all projects and app processes. */
  readonly maxBuilds: number;
  /** From scheduling to the builder's claim. */
  readonly launchTimeoutMs: number;
  /** Free and whole size, in bytes, of the disk that builds and artifacts fill. */
  readonly readDisk: () => Promise<DiskSpace>;
  readonly minFreeDiskPercent: number;
}

/** One scheduler at a time: two would each see the same free builders. */
const SCHEDULE_LOCK = 0x0ff5_5c4e;

/**
 * Gives free builders to deployments that wait, fairly between projects. Convergent: run it whenever something was
 * queued or a builder got free. Returns the ids of the deployments that start.
 */
export async function scheduleBuilds(dependencies: ScheduleBuildsDependencies): Promise<string[]> {
  const { db, hints, readDisk, minFreeDiskPercent } = dependencies;
  const shortage = describeShortage(await readDisk(), minFreeDiskPercent, SHORTAGE);
  const changed = await db.transaction(async (tx) => {
    await lockUntilCommit(tx, SCHEDULE_LOCK);
    if (shortage !== undefined) return { told: await explainWaiting(tx, shortage), started: [] };
    return { told: [], started: await startBuilds(tx, dependencies) };
  });
  for (const id of [...changed.told, ...changed.started]) hints.publish(id);
  return changed.started;
}

async function startBuilds(tx: Transaction, dependencies: ScheduleBuildsDependencies): Promise<string[]> {
  const { maxBuilds, now } = dependencies;
  const waiting = await listWaiting(tx, maxBuilds, new Date(now()));
  if (waiting.length === 0) return [];
  const planned = planLaunches({ waiting, running: await countOpenAttempts(tx), maxBuilds });
  const started: string[] = [];
  for (const id of planned) {
    if (await startBuild(tx, id, dependencies)) started.push(id);
  }
  return started;
}

async function startBuild(
  tx: Transaction,
  deploymentId: string,
  dependencies: ScheduleBuildsDependencies,
): Promise<boolean> {
  const { now, randomId, secretKey, launcherName, launchTimeoutMs, jobs } = dependencies;
  const at = new Date(now());
  // Not waiting for others keeps out of deadlocks with a deploy that supersedes several; they schedule again.
  const deployment = await tryLockDeployment(tx, deploymentId);
  if (deployment === undefined) return false;
  const attemptsLeft = deployment.attemptsLeft - 1;
  // Undefined when it was superseded or canceled since it was listed.
  const moved = await moveDeployment(tx, deploymentId, 'launch', at, {
    attemptsLeft,
    message: null,
    heldUntil: null,
  });
  if (moved === undefined) return false;
  const id = randomId();
  const attempt = await insertAttempt(tx, {
    id,
    deploymentId,
    tokenHash: hashToken(attemptToken(id, secretKey)),
    launcher: launcherName,
    leaseExpiresAt: new Date(at.getTime() + launchTimeoutMs),
    createdAt: at,
  });
  await jobs.send(tx, 'launch-build', { attemptId: id });
  if (attempt.number > 1) {
    const text = `Attempt ${attempt.number} begins. ${deployment.message ?? ''}`.trim();
    await sayWord(tx, firstWord(attempt, text, at), dependencies);
  }
  return true;
}

const SHORTAGE = { consequence: 'The build waits', what: 'builds' };
