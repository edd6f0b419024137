import type { Launcher } from '../builds/launchers/launcher.ts';
import { listAliasesBehind } from '../db/aliases.ts';
import { tryWithLock } from '../db/advisory-lock.ts';
import { listPublished } from '../db/deployments.ts';
import { listDueInstallations } from '../db/github-due.ts';
import { listOpenAttempts, type OpenAttemptRow } from '../db/open-attempts.ts';
import { listDeletedProjects } from '../db/projects.ts';
import { decideInterruption, type Interruption } from '../domain/decide-attempt-end.ts';
import { hasDueDelivery } from '../db/webhook-deliveries.ts';
import { describeUploadEnd, UPLOAD_LAUNCHER } from '../domain/upload.ts';
import { activateDeployment, type ActivateDependencies } from './activate-deployment.ts';
import { type EndAttemptDependencies, interruptAttempt } from './end-attempt.ts';
import { sendGithubRounds, type SendGithubRoundsDependencies } from './github/send-github-rounds.ts';
import { projectAliases } from './project-alias.ts';
import { scheduleBuilds, type ScheduleBuildsDependencies } from './schedule-builds.ts';

export interface ReconcileDependencies
  extends
    EndAttemptDependencies,
    ActivateDependencies,
    ScheduleBuildsDependencies,
    Pick<SendGithubRoundsDependencies, 'githubRoundSeconds'> {
  readonly launcher: Pick<Launcher, 'inspect' | 'stop'>;
  /** From a request to cancel until a builder that does not follow it is ended. */
  readonly cancelTimeoutMs: number;
  readonly garbageIntervalSeconds: number;
  readonly log: { error(fields: { readonly err: unknown }, message: string): void };
}

/** One reconciler at a time is enough; each step would be safe without the lock. */
const RECONCILE_LOCK = 0x0ff5_2ec0;
/** Rows that one run takes on; the next run, seconds later, goes on. */
const BATCH = 200;
const DELETE_AGAIN_SECONDS = 60;

/**
 * Compares what should be with what is, and mends the difference: builders that died or fell silent, cancels that
 * were not heard, hosts whose pointer is behind, artifacts that did not go live, deployments that wait beside free
 * builders, webhooks that wait for their news, what GitHub shows. All that a crash anywhere leaves behind is found here;
 * jobs only make it faster. False when another process is at it.
 */
export async function reconcile(dependencies: ReconcileDependencies): Promise<boolean> {
  return tryWithLock(dependencies.db, RECONCILE_LOCK, async () => {
    for (const step of [
      endSilentAttempts,
      activatePublished,
      projectBehind,
      schedule,
      sendDue,
      report,
      askGithub,
      cleanUp,
    ]) {
      await step(dependencies).catch((err: unknown) => {
        dependencies.log.error({ err }, `reconciling (${step.name}) failed; it is tried again in a moment`);
      });
    }
  });
}

async function endSilentAttempts(dependencies: ReconcileDependencies): Promise<void> {
  const open = await listOpenAttempts(dependencies.db, BATCH);
  await eachOf(open, dependencies, (row) => checkAttempt(row, dependencies));
}

async function checkAttempt(row: OpenAttemptRow, dependencies: ReconcileDependencies): Promise<void> {
  const { attempt } = row;
  const builder = await inspect(attempt, dependencies);
  const interruption = decideInterruption(describe(row, dependencies), builder);
  if (interruption === undefined) return;
  // Stopped before it is written off: two builders of one deployment must never run at once.
  if (attempt.handle !== null) await dependencies.launcher.stop(attempt.handle, 'kill');
  const detail = isUpload(attempt)
    ? describeUploadEnd(interruption, statusOf(attempt))
    : detailOf(interruption, builder);
  await interruptAttempt(attempt, interruption, detail, dependencies);
}

type OpenAttempt = OpenAttemptRow['attempt'];

/** An uploader is on a machine that nobody here can look at. */
async function inspect(
  attempt: OpenAttempt,
  { launcher }: ReconcileDependencies,
): Promise<'running' | 'gone' | 'unknown' | 'not-started'> {
  if (attempt.handle !== null) return launcher.inspect(attempt.handle);
  return isUpload(attempt) ? 'unknown' : 'not-started';
}

function isUpload({ launcher }: OpenAttempt): boolean {
  return launcher === UPLOAD_LAUNCHER;
}

function statusOf({ status }: OpenAttempt): 'launching' | 'running' {
  return status === 'launching' ? 'launching' : 'running';
}

function describe(row: OpenAttemptRow, { now, cancelTimeoutMs }: ReconcileDependencies) {
  const { attempt, cancelRequestedAt } = row;
  return {
    status: statusOf(attempt),
    leaseExpired: attempt.leaseExpiresAt.getTime() < now(),
    cancelOverdue: cancelRequestedAt !== null && cancelRequestedAt.getTime() + cancelTimeoutMs < now(),
  };
}

function detailOf(
  interruption: Interruption,
  builder: 'running' | 'gone' | 'unknown' | 'not-started',
): string {
  if (interruption === 'canceled')
    return 'Canceled on request; the builder did not stop by itself and was ended.';
  if (interruption === 'launch_failed') return 'No builder could be started in time.';
  return builder === 'gone' ? 'The builder died.' : 'The builder fell silent and was ended.';
}

async function activatePublished(dependencies: ReconcileDependencies): Promise<void> {
  const ids = await listPublished(dependencies.db, BATCH);
  await eachOf(ids, dependencies, (id) => activateDeployment(id, dependencies));
}

async function projectBehind(dependencies: ReconcileDependencies): Promise<void> {
  const labels = await listAliasesBehind(dependencies.db, BATCH);
  await eachOf(labels, dependencies, (label) => projectAliases([label], dependencies));
}

async function schedule(dependencies: ReconcileDependencies): Promise<void> {
  await scheduleBuilds(dependencies);
}

/** Retries whose time has come, and what a process has left behind that died while it sent. */
async function sendDue({ db, jobs, now }: ReconcileDependencies): Promise<void> {
  const isDue = await hasDueDelivery(db, new Date(now()));
  if (isDue) await jobs.send(db, 'send-deliveries', {}, { oncePerSeconds: 1 });
}

/** Commits, GitHub deployments and comments that are behind. */
async function report({ db, jobs }: ReconcileDependencies): Promise<void> {
  const [due] = await listDueInstallations(db, 1);
  if (due !== undefined) await jobs.send(db, 'report-deployments', {}, { oncePerSeconds: 1 });
}

/** For the webhooks that never came. */
async function askGithub(dependencies: ReconcileDependencies): Promise<void> {
  await sendGithubRounds(dependencies);
}

async function cleanUp({ db, jobs, garbageIntervalSeconds }: ReconcileDependencies): Promise<void> {
  await jobs.send(db, 'collect-garbage', {}, { oncePerSeconds: garbageIntervalSeconds });
  for (const projectId of await listDeletedProjects(db, BATCH)) {
    await jobs.send(
      db,
      'delete-project',
      { projectId },
      { oncePerSeconds: DELETE_AGAIN_SECONDS, key: projectId },
    );
  }
}

/** One that fails must not keep the others from being mended. */
async function eachOf<T>(
  items: readonly T[],
  { log }: ReconcileDependencies,
  mend: (item: T) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    await mend(item).catch((err: unknown) => log.error({ err }, 'reconciling one item failed'));
  }
}
