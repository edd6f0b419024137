import { and, eq, gt, lte } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { githubSetups } from './github-schema.ts';

export type GithubSetupRow = typeof githubSetups.$inferSelect;

/** Those that nobody can end any more are swept out on the way. */
export async function insertGithubSetup(db: Executor, setup: GithubSetupRow, at: Date): Promise<void> {
  await db.delete(githubSetups).where(lte(githubSetups.expiresAt, at));
  await db.insert(githubSetups).values(setup);
}

/** Uses a state up; false when it was used before, has expired, or belongs to another session. Of two, one gets it. */
export async function takeGithubSetup(
  db: Executor,
  { stateHash, sessionHash }: Omit<GithubSetupRow, 'expiresAt'>,
  at: Date,
): Promise<boolean> {
  const rows = await db
    .delete(githubSetups)
    .where(
      and(
        eq(githubSetups.stateHash, stateHash),
        eq(githubSetups.sessionHash, sessionHash),
        gt(githubSetups.expiresAt, at),
      ),
    )
    .returning({ stateHash: githubSetups.stateHash });
  return rows.length > 0;
}
