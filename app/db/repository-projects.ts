import { and, eq, ne } from 'drizzle-orm';
import type { Transaction } from './database.ts';
import { projects } from './schema.ts';

/** Projects are fetched from where their repository is now: its old address may be somebody else's one day. */
export async function followRepository(
  tx: Transaction,
  { id, htmlUrl }: { readonly id: number; readonly htmlUrl: string },
): Promise<void> {
  const gitUrl = `${htmlUrl}.git`;
  await tx
    .update(projects)
    .set({ gitUrl })
    .where(and(eq(projects.repositoryId, id), ne(projects.gitUrl, gitUrl)));
}

/** Production of a project is the default branch, unless somebody has chosen another one. */
export async function followDefaultBranch(
  tx: Transaction,
  { id, defaultBranch }: { readonly id: number; readonly defaultBranch: string },
  previous: string,
): Promise<void> {
  await tx
    .update(projects)
    .set({ productionBranch: defaultBranch })
    .where(and(eq(projects.repositoryId, id), eq(projects.productionBranch, previous)));
}
