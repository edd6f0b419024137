import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { DeliveryOutcome } from '../domain/words.ts';
import type { Executor } from './database.ts';
import type { GithubDeliveryRow } from './github-deliveries.ts';
import { githubDeliveries, githubRepositories } from './github-schema.ts';

/** A place in the list, which is ordered by when deliveries came, the newest first. */
export interface ReceivedCursor {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly guid: string;
}

/** A delivery as a list shows it: its body may have a megabyte. */
export type ListedDelivery = Omit<GithubDeliveryRow, 'payload'> & { readonly isKept: boolean };

export interface DeliveryFilter {
  /** GitHub's id. */
  readonly repositoryId?: number | undefined;
  readonly outcome?: DeliveryOutcome | undefined;
}

/** At most `limit` deliveries after the cursor, newest first. */
export async function listGithubDeliveries(
  db: Executor,
  { repositoryId, outcome }: DeliveryFilter,
  page: { readonly after: ReceivedCursor | undefined; readonly limit: number },
): Promise<ListedDelivery[]> {
  const { guid, event, action, installationId, repositoryName, reason, receivedAt, replayedAt } =
    githubDeliveries;
  return db
    .select({
      guid,
      event,
      action,
      installationId,
      repositoryId: githubDeliveries.repositoryId,
      repositoryName,
      outcome: githubDeliveries.outcome,
      reason,
      receivedAt,
      replayedAt,
      isKept: sql<boolean>`${githubDeliveries.payload} is not null`,
    })
    .from(githubDeliveries)
    .where(
      and(
        repositoryId === undefined ? undefined : eq(githubDeliveries.repositoryId, repositoryId),
        outcome === undefined ? undefined : eq(githubDeliveries.outcome, outcome),
        afterReceived(page.after),
      ),
    )
    .orderBy(desc(receivedAt), asc(guid))
    .limit(page.limit);
}

/** GitHub's id of the repository of this name (`owner/name`, in any case), as it is called now. */
export async function findRepositoryId(db: Executor, fullName: string): Promise<number | undefined> {
  const [row] = await db
    .select({ id: githubRepositories.id })
    .from(githubRepositories)
    .where(sql`lower(${githubRepositories.fullName}) = lower(${fullName})`)
    // One that is there, before one of that name that is gone.
    .orderBy(sql`${githubRepositories.removedAt} is not null`)
    .limit(1);
  return row?.id;
}

/** The first comparison alone is what the index is entered by. */
function afterReceived(cursor: ReceivedCursor | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const { receivedAt, guid } = githubDeliveries;
  const at = new Date(cursor.receivedAt).toISOString();
  return sql`(${receivedAt} <= ${at} and (${receivedAt} < ${at} or ${guid} > ${cursor.guid}))`;
}
