import { and, eq, isNull, sql } from 'drizzle-orm';
import { type Executor, queryRows, type Transaction } from './database.ts';
import { branches } from './schema.ts';

export type BranchRow = typeof branches.$inferSelect;

/**
 * In an update this is evaluated after the row's lock was got: generations of one branch rise in the order in
 * which their requests commit. (In a list of VALUES it would be evaluated before the lock.)
 */
const NEXT_GENERATION = sql<number>`nextval('generations')`;

export async function nextGeneration(db: Executor): Promise<number> {
  const [row] = await queryRows<{ generation: string }>(db, sql`select nextval('generations') as generation`);
  return Number(row?.generation);
}

export interface BranchRequest {
  readonly projectId: string;
  readonly name: string;
  readonly slug: string;
  readonly commit: string;
}

/**
 * The branch has a new request: it gets the next generation, lives (again), and stays locked until commit.
 *
 * `askedAt` is a generation that was drawn before the repository was asked for the commit. Undefined when another
 * request with another commit has come in since: which of the two commits is newer is not known then. The condition
 * is part of the statement, so that requests at once can't all look first and write then.
 */
export async function advanceBranch(
  tx: Transaction,
  branch: BranchRequest,
  askedAt: number,
): Promise<BranchRow | undefined> {
  const [row] = await tx
    .insert(branches)
    .values({ ...branch, generation: NEXT_GENERATION })
    .onConflictDoUpdate({
      target: [branches.projectId, branches.name],
      set: { generation: NEXT_GENERATION, commit: branch.commit, deletedAt: null },
      setWhere: sql`${branches.generation} < ${askedAt} or ${branches.commit} = ${branch.commit}`,
    })
    .returning();
  return row;
}

/** As advanceBranch, for an old commit of it: what the branch points at stays, and a branch that is gone too. */
export async function advanceLivingBranch(
  tx: Transaction,
  projectId: string,
  name: string,
): Promise<BranchRow | undefined> {
  const [row] = await tx
    .update(branches)
    .set({ generation: NEXT_GENERATION })
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name), isNull(branches.deletedAt)))
    .returning();
  return row;
}

/** Keeps the branch's generation from changing until the transaction ends. */
export async function shareBranch(
  tx: Transaction,
  projectId: string,
  name: string,
): Promise<BranchRow | undefined> {
  const [row] = await tx
    .select()
    .from(branches)
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)))
    .for('share');
  return row;
}

export async function listBranches(db: Executor, projectId: string): Promise<BranchRow[]> {
  return db.select().from(branches).where(eq(branches.projectId, projectId));
}
