import { eq } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { AttemptStatus, DeploymentStatus } from '../domain/words.ts';
import type { Executor } from './database.ts';
import { attempts, deployments } from './schema.ts';

/** What a log's readers need to know of its deployment: whether more can come, and how much must be there. */
export interface LogProgress {
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  /** In the order of their numbers. */
  readonly attempts: readonly AttemptProgress[];
}

export interface AttemptProgress {
  readonly number: number;
  readonly status: AttemptStatus;
  /** The builder's last sequence number, as far as it said so. */
  readonly lastSeq: number | null;
}

/** Undefined when there is no such deployment. */
export async function readLogProgress(
  executor: Executor,
  deploymentId: string,
): Promise<LogProgress | undefined> {
  const rows = await executor
    .select({
      status: deployments.status,
      reason: deployments.reason,
      message: deployments.message,
      attempt: { number: attempts.number, status: attempts.status, lastSeq: attempts.lastSeq },
    })
    .from(deployments)
    .leftJoin(attempts, eq(attempts.deploymentId, deployments.id))
    .where(eq(deployments.id, deploymentId))
    .orderBy(attempts.number);
  const [first] = rows;
  if (first === undefined) return undefined;
  const { status, reason, message } = first;
  return { status, reason, message, attempts: rows.flatMap(({ attempt }) => attempt ?? []) };
}
