import { eq, sql } from 'drizzle-orm';
import type { Executor, Transaction } from './database.ts';
import { githubApp } from './github-schema.ts';

export type GithubAppRow = typeof githubApp.$inferSelect;

/** The App that was made at /setup; undefined when there is none. */
export async function findGithubApp(db: Executor): Promise<GithubAppRow | undefined> {
  const [row] = await db.select().from(githubApp).limit(1);
  return row;
}

/** Keeps an App in place of the one before. The lock keeps two at once from both staying. */
export async function replaceGithubApp(tx: Transaction, app: GithubAppRow): Promise<void> {
  await tx.execute(sql`lock table ${githubApp} in share row exclusive mode`);
  await tx.delete(githubApp);
  await tx.insert(githubApp).values(app);
}

/** False when another App, or none, is kept by now. */
export async function deleteGithubApp(db: Executor, appId: number): Promise<boolean> {
  const rows = await db
    .delete(githubApp)
    .where(eq(githubApp.appId, appId))
    .returning({ appId: githubApp.appId });
  return rows.length > 0;
}
