import { and, eq, gt, lt } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { loginLinks, sessions } from './schema.ts';

export interface Expiring {
  /** SHA-256, hexadecimal. */
  readonly tokenHash: string;
  readonly expiresAt: Date;
}

export async function insertSession(db: Executor, session: Expiring, at: Date): Promise<void> {
  await db.insert(sessions).values({ ...session, createdAt: at });
}

/** When the session of this token ends; undefined when there is none, or none any more. */
export async function findSessionEnd(db: Executor, tokenHash: string, at: Date): Promise<Date | undefined> {
  const [row] = await db
    .select({ expiresAt: sessions.expiresAt })
    .from(sessions)
    .where(and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, at)));
  return row?.expiresAt;
}

export async function deleteSession(db: Executor, tokenHash: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.tokenHash, tokenHash));
}

export async function insertLoginLink(db: Executor, link: Expiring): Promise<void> {
  await db.insert(loginLinks).values(link);
}

/** Uses a link up; false when it was used before, has expired or never was. Of two at once, one gets it. */
export async function takeLoginLink(db: Executor, tokenHash: string, at: Date): Promise<boolean> {
  const rows = await db
    .delete(loginLinks)
    .where(and(eq(loginLinks.tokenHash, tokenHash), gt(loginLinks.expiresAt, at)))
    .returning({ tokenHash: loginLinks.tokenHash });
  return rows.length > 0;
}

/** Removes sessions and links that nobody can use any more. */
export async function deleteExpiredSessions(db: Executor, at: Date): Promise<void> {
  await db.delete(sessions).where(lt(sessions.expiresAt, at));
  await db.delete(loginLinks).where(lt(loginLinks.expiresAt, at));
}
