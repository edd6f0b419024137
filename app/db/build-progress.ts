import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { CommitWords } from '../../contracts/build-report.ts';
import type { PhaseTiming } from '../../contracts/phases.ts';
import type { Executor, Transaction } from './database.ts';
import { deployments } from './schema.ts';

export interface BuildProgress {
  readonly phases: readonly PhaseTiming[];
  /** Undefined while the commit is not checked out. */
  readonly commit?: CommitWords | undefined;
}

/** How far the build of a deployment is; true when that is news. A build that is over keeps what it had. */
export async function recordProgress(
  db: Executor,
  deploymentId: string,
  { phases, commit }: BuildProgress,
): Promise<boolean> {
  const words = commit && { commitSubject: commit.subject || null, commitAuthor: commit.author || null };
  const rows = await db
    .update(deployments)
    .set({ phases: [...phases], ...words })
    .where(
      and(
        eq(deployments.id, deploymentId),
        eq(deployments.status, 'building'),
        or(
          sql`${deployments.phases} is distinct from ${JSON.stringify(phases)}::jsonb`,
          words && sql`${deployments.commitSubject} is distinct from ${words.commitSubject}`,
          words && sql`${deployments.commitAuthor} is distinct from ${words.commitAuthor}`,
        ),
      ),
    )
    .returning({ id: deployments.id });
  return rows.length > 0;
}

export interface Artifact {
  /** SHA-256 of the manifest, which storage has. */
  readonly manifest: string;
  readonly fileCount: number;
  readonly outputBytes: number;
  readonly framework: string | null;
  /** Its offshoot.json names `paths`. */
  readonly filtersPaths?: boolean;
}

/**
 * A deployment's artifact is complete. It stays `building` until its hosts point at it. Throws when it is not
 * building any more, or has an artifact already: the attempt that was open promised otherwise.
 */
export async function recordArtifact(
  tx: Transaction,
  deploymentId: string,
  artifact: Artifact,
): Promise<void> {
  const rows = await tx
    .update(deployments)
    .set(artifact)
    .where(
      and(eq(deployments.id, deploymentId), eq(deployments.status, 'building'), isNull(deployments.manifest)),
    )
    .returning({ id: deployments.id });
  if (rows.length === 0) throw new Error(`deployment ${deploymentId} can not take an artifact`);
}
