import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { githubSessions, githubSignIns } from './sign-in-schema.ts';

export type GithubSessionRow = typeof githubSessions.$inferSelect;
export type GithubSignInRow = typeof githubSignIns.$inferSelect;

/** Browsers of one person: as many as GitHub keeps tokens of one person and App. */
const MAX_SESSIONS_OF_USER = 10;
/** Ways to GitHub that are open at once. Any stranger begins one; beyond it the oldest ones end. */
const MAX_SIGN_INS = 10_000;

/** Keeps a session; the oldest ones of the same person beyond the bound end. */
export async function insertGithubSession(db: Executor, session: GithubSessionRow): Promise<void> {
  await db.insert(githubSessions).values(session);
  await db.execute(sql`
    delete from ${githubSessions} where token_hash in (
      select token_hash from ${githubSessions} where user_id = ${session.userId}
      order by created_at desc, token_hash offset ${MAX_SESSIONS_OF_USER})`);
}

/** Undefined when there is none, or none any more. */
export async function findGithubSession(
  db: Executor,
  tokenHash: string,
  at: Date,
): Promise<GithubSessionRow | undefined> {
  const [row] = await db
    .select()
    .from(githubSessions)
    .where(and(eq(githubSessions.tokenHash, tokenHash), gt(githubSessions.expiresAt, at)));
  return row;
}

export async function deleteGithubSession(db: Executor, tokenHash: string): Promise<void> {
  await db.delete(githubSessions).where(eq(githubSessions.tokenHash, tokenHash));
}

export async function deleteExpiredGithubSessions(db: Executor, at: Date): Promise<void> {
  await db.delete(githubSessions).where(lte(githubSessions.expiresAt, at));
}

/** Those that nobody can end any more are swept out on the way, and those beyond the bound. */
export async function insertGithubSignIn(db: Executor, signIn: GithubSignInRow, at: Date): Promise<void> {
  await db.delete(githubSignIns).where(lte(githubSignIns.expiresAt, at));
  await db.insert(githubSignIns).values(signIn);
  await db.execute(sql`
    delete from ${githubSignIns} where expires_at < (
      select expires_at from ${githubSignIns} order by expires_at desc offset ${MAX_SIGN_INS - 1} limit 1)`);
}

/** Uses a state up; undefined when it was used before, has expired, or belongs to another browser. Of two, one gets it. */
export async function takeGithubSignIn(
  db: Executor,
  { stateHash, browserHash }: Pick<GithubSignInRow, 'stateHash' | 'browserHash'>,
  at: Date,
): Promise<Pick<GithubSignInRow, 'next'> | undefined> {
  const [row] = await db
    .delete(githubSignIns)
    .where(
      and(
        eq(githubSignIns.stateHash, stateHash),
        eq(githubSignIns.browserHash, browserHash),
        gt(githubSignIns.expiresAt, at),
      ),
    )
    .returning({ next: githubSignIns.next });
  return row;
}
