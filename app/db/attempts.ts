import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { Executor, Transaction } from './database.ts';
import type { DeploymentRow } from './deployments.ts';
import type { AttemptRow } from './open-attempts.ts';
import { attempts, deployments } from './schema.ts';

/** An attempt as its builder's requests find it. */
export interface BuilderAttempt {
  readonly attempt: AttemptRow;
  readonly deployment: DeploymentRow;
}

/** The attempt of a token, ended or not. `tokenHash` is hexadecimal SHA-256. */
export async function findAttemptByToken(
  db: Executor,
  tokenHash: string,
): Promise<BuilderAttempt | undefined> {
  const [row] = await db
    .select({ attempt: attempts, deployment: deployments })
    .from(attempts)
    .innerJoin(deployments, eq(deployments.id, attempts.deploymentId))
    .where(eq(attempts.tokenHash, tokenHash));
  return row;
}

export interface AttemptClaim {
  readonly nonceHash: string;
  readonly at: Date;
  readonly leaseExpiresAt: Date;
}

/**
 * Gives an attempt to the builder with this nonce. Undefined when it has ended, or when another builder was
 * faster: of two that claim at once, the condition lets one through. Lock the deployment first.
 */
export async function claimAttempt(
  tx: Transaction,
  id: string,
  { nonceHash, at, leaseExpiresAt }: AttemptClaim,
): Promise<AttemptRow | undefined> {
  const isFree = or(isNull(attempts.nonceHash), eq(attempts.nonceHash, nonceHash));
  const [row] = await tx
    .update(attempts)
    .set({
      status: 'running',
      nonceHash,
      leaseExpiresAt,
      claimedAt: sql`coalesce(${attempts.claimedAt}, ${at.toISOString()})`,
    })
    .where(and(eq(attempts.id, id), isNull(attempts.endedAt), isFree))
    .returning();
  return row;
}

/**
 * A builder was heard of. False when its attempt has ended meanwhile: one that was declared lost is never
 * brought back, since another attempt may run already.
 */
export async function renewLease(
  db: Executor,
  id: string,
  { leaseExpiresAt, lastSeq }: { readonly leaseExpiresAt: Date; readonly lastSeq: number },
): Promise<boolean> {
  const rows = await db
    .update(attempts)
    .set({ leaseExpiresAt, lastSeq: sql`greatest(${attempts.lastSeq}, ${lastSeq})` })
    .where(and(eq(attempts.id, id), isNull(attempts.endedAt)))
    .returning({ id: attempts.id });
  return rows.length > 0;
}
