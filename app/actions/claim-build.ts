import type { BuildSpec } from '../../contracts/build-spec.ts';
import { type BuilderAttempt, claimAttempt } from '../db/attempts.ts';
import type { Transaction } from '../db/database.ts';
import { lockDeployment, moveDeployment } from '../db/deployments.ts';
import { findAttempt } from '../db/open-attempts.ts';
import { findProject, type ProjectRow } from '../db/projects.ts';
import { hashToken } from '../domain/attempt-token.ts';
import { type BuildPolicy, formatBuildSpec } from '../domain/build-spec.ts';
import { SealedTextError } from '../domain/sealed-text.ts';
import type { EndAttemptDependencies } from './end-attempt.ts';
import { failAttemptWithin } from './fail-attempt.ts';

export interface ClaimBuildDependencies extends EndAttemptDependencies {
  readonly policy: BuildPolicy;
  /** The Git URL with its credentials; throws SealedTextError when they can't be opened. */
  readonly sourceUrlOf: (project: ProjectRow) => string | null;
}

export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly spec: BuildSpec }
  /** Another builder has it. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'over' };

/**
 * Gives a build to the builder that asks first, and starts its lease. The same nonce gets the same answer again,
 * since an answer may be lost on its way.
 */
export async function claimBuild(
  { attempt, deployment }: BuilderAttempt,
  nonce: string,
  dependencies: ClaimBuildDependencies,
): Promise<ClaimResult> {
  const { db, hints, policy } = dependencies;
  const project = await findProject(db, deployment.projectId);
  if (project === undefined || attempt.endedAt !== null) return { outcome: 'over' };
  const sourceUrl = deployment.source === 'upload' ? null : openSource(project, dependencies);
  const outcome = await db.transaction(async (tx) => {
    const locked = await lockDeployment(tx, deployment.id);
    if (locked?.status !== 'launching' && locked?.status !== 'building') return 'over';
    if (sourceUrl === undefined) {
      await failAttemptWithin(tx, attempt, UNREADABLE_CREDENTIALS, dependencies);
      return 'over';
    }
    return claimWithin(tx, attempt, nonce, dependencies);
  });
  hints.publish(deployment.id);
  if (outcome !== 'claimed' || sourceUrl === undefined)
    return { outcome: outcome === 'taken' ? outcome : 'over' };
  return { outcome, spec: formatBuildSpec({ project, deployment, attempt, sourceUrl }, policy) };
}

const UNREADABLE_CREDENTIALS = {
  reason: 'clone_failed',
  message:
    "The credentials of the project's Git URL can't be read: OFFSHOOT_SECRET_KEY is not the key that sealed them. " +
    'Set the old key again, or create the project anew.',
} as const;

function openSource(project: ProjectRow, { sourceUrlOf }: ClaimBuildDependencies): string | null | undefined {
  try {
    return sourceUrlOf(project);
  } catch (error) {
    if (error instanceof SealedTextError) return undefined;
    throw error;
  }
}

async function claimWithin(
  tx: Transaction,
  { id, deploymentId }: BuilderAttempt['attempt'],
  nonce: string,
  { now, policy }: ClaimBuildDependencies,
): Promise<ClaimResult['outcome']> {
  const at = new Date(now());
  const leaseExpiresAt = new Date(at.getTime() + policy.leaseMs);
  const claimed = await claimAttempt(tx, id, { nonceHash: hashToken(nonce), at, leaseExpiresAt });
  if (claimed === undefined) return (await findAttempt(tx, id))?.endedAt === null ? 'taken' : 'over';
  // Nothing to move when this builder asks a second time.
  await moveDeployment(tx, deploymentId, 'claim', at);
  return 'claimed';
}
