import type { Complete } from '../../contracts/build-report.ts';
import { manifestKey } from '../../contracts/storage-keys.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { BuilderAttempt } from '../db/attempts.ts';
import { markBlobsStored } from '../db/blobs.ts';
import { type Artifact, recordArtifact } from '../db/build-progress.ts';
import type { Transaction } from '../db/database.ts';
import { findDeployment } from '../db/deployments.ts';
import { endOpenAttempt, findAttempt } from '../db/open-attempts.ts';
import { lockManifest } from '../db/retention.ts';
import type { OutputLimits } from '../domain/check-manifest.ts';
import { decideReport, isRepeated } from '../domain/decide-report.ts';
import { describeUploadEnd, UPLOAD_LAUNCHER } from '../domain/upload.ts';
import { type EndAttemptDependencies, interruptAttemptWithin } from './end-attempt.ts';
import { failAttemptWithin } from './fail-attempt.ts';
import { proveArtifact, type ProvedArtifact } from './prove-artifact.ts';
import { recordBeat } from './record-heartbeat.ts';

export interface CompleteBuildDependencies extends EndAttemptDependencies {
  readonly storage: Pick<BlobStore, 'sizeOf' | 'write'>;
  readonly limits: OutputLimits;
}

export type CompleteResult =
  | { readonly outcome: 'accepted' }
  /** The attempt ended otherwise than this report says. */
  | { readonly outcome: 'over' }
  /** The artifact is not complete or breaks a limit; the attempt goes on. */
  | { readonly outcome: 'refused'; readonly message: string };

const CANCELED = 'Canceled on request.';
const RELEASED = 'The builder was told to stop and handed the build back.';

/**
 * Takes a builder's last report. An artifact is proved first; then one transaction ends the attempt and sends the
 * job that takes the deployment live, or does what another end brings. The same report again is accepted again.
 */
export async function completeBuild(
  { attempt, deployment }: BuilderAttempt,
  complete: Complete,
  dependencies: CompleteBuildDependencies,
): Promise<CompleteResult> {
  if (attempt.endedAt !== null) return answerEnded(attempt.id, complete, dependencies);
  const proved = await prove(deployment.projectId, complete, dependencies);
  if (proved?.ok === false) return { outcome: 'refused', message: proved.message };
  const { db, hints } = dependencies;
  const ended = await db.transaction((tx) => endWithin(tx, attempt, complete, proved, dependencies));
  if (!ended) return answerEnded(attempt.id, complete, dependencies);
  hints.publish(deployment.id);
  return { outcome: 'accepted' };
}

type Proved = Extract<ProvedArtifact, { ok: true }>;

async function prove(
  projectId: string,
  complete: Complete,
  dependencies: CompleteBuildDependencies,
): Promise<ProvedArtifact | undefined> {
  if (complete.result !== 'published') return undefined;
  return proveArtifact(projectId, complete.manifest, dependencies);
}

/** The answer to a report may have been lost; then it comes again, maybe while the first one is still worked on. */
async function answerEnded(
  attemptId: string,
  complete: Complete,
  { db }: CompleteBuildDependencies,
): Promise<CompleteResult> {
  const attempt = await findAttempt(db, attemptId);
  const deployment = attempt && (await findDeployment(db, attempt.deploymentId));
  if (attempt === undefined || deployment === undefined) return { outcome: 'over' };
  const end = decideReport(complete.result, deployment.cancelRequestedAt !== null);
  return { outcome: isRepeated(attempt.status, end) ? 'accepted' : 'over' };
}

/** False when the attempt had ended before. */
async function endWithin(
  tx: Transaction,
  attempt: BuilderAttempt['attempt'],
  complete: Complete,
  proved: Proved | undefined,
  dependencies: CompleteBuildDependencies,
): Promise<boolean> {
  // Locks the deployment, so nobody asks to cancel between this look and the end.
  const progress = await recordBeat(tx, attempt, complete, attempt.leaseExpiresAt, dependencies);
  if (progress === undefined) return false;
  if (decideReport(complete.result, progress.cancelRequested) === 'canceled') {
    return interruptAttemptWithin(tx, attempt, 'canceled', CANCELED, dependencies);
  }
  if (complete.result === 'failed') return failAttemptWithin(tx, attempt, complete, dependencies);
  if (complete.result !== 'published' || proved === undefined) {
    const isUpload = attempt.launcher === UPLOAD_LAUNCHER;
    const detail = isUpload ? describeUploadEnd('released', 'running') : RELEASED;
    return interruptAttemptWithin(tx, attempt, 'released', detail, dependencies);
  }
  const { framework, filtersPaths = false } = complete;
  return takeArtifact(tx, attempt, { ...proved, built: { framework, filtersPaths } }, dependencies);
}

/** What only its builder knows of an artifact. */
type Built = Pick<Artifact, 'framework' | 'filtersPaths'>;

async function takeArtifact(
  tx: Transaction,
  { id, deploymentId }: BuilderAttempt['attempt'],
  { projectId, artifact, body, proved, built }: Proved & { readonly built: Built },
  { jobs, now, storage }: CompleteBuildDependencies,
): Promise<boolean> {
  const at = new Date(now());
  if ((await endOpenAttempt(tx, id, 'published', at)) === undefined) return false;
  // Under the lock an old manifest of this name, which no deployment had, can't be collected before the commit.
  await lockManifest(tx, projectId, artifact.manifest);
  const options = { contentType: 'application/json', condition: 'create' } as const;
  await storage.write(manifestKey(projectId, artifact.manifest), body, options);
  await markBlobsStored(tx, projectId, proved, at);
  await recordArtifact(tx, deploymentId, { ...artifact, ...built });
  await jobs.send(tx, 'activate-deployment', { deploymentId });
  await jobs.send(tx, 'schedule-builds', {});
  return true;
}
