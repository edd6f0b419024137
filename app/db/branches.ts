import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import { type Executor, queryRows, type Transaction } from './database.ts';
import { branches, deployments } from './schema.ts';

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

/**
 * As advanceBranch, for a folder that is uploaded: nobody was asked for it, so no answer can be older than another
 * one. What the branch holds is no known commit of the repository any more, whatever the uploader calls it; deploy
 * requests that were told of one before ask again.
 */
export async function moveBranchByUpload(
  tx: Transaction,
  branch: Omit<BranchRequest, 'commit'>,
): Promise<BranchRow> {
  const [row] = await tx
    .insert(branches)
    .values({ ...branch, generation: NEXT_GENERATION })
    .onConflictDoUpdate({
      target: [branches.projectId, branches.name],
      set: { generation: NEXT_GENERATION, commit: null, deletedAt: null },
    })
    .returning();
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
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

/**
 * Locks the row of a branch until the transaction ends, making one (gone, and without a commit) of a branch that nobody
 * has heard of: two first pushes at once are decided one after the other.
 */
export async function lockBranch(
  tx: Transaction,
  branch: Omit<BranchRequest, 'commit'>,
  at: Date,
): Promise<{ readonly branch: BranchRow; readonly isNew: boolean }> {
  const [row] = await tx
    .insert(branches)
    .values({ ...branch, generation: NEXT_GENERATION, deletedAt: at })
    // An update that changes nothing locks, and gives back, what was there.
    .onConflictDoUpdate({
      target: [branches.projectId, branches.name],
      set: { generation: sql`${branches.generation}` },
    })
    // What was just inserted has never been locked by anybody.
    .returning({ ...getTableColumns(branches), isNew: sql<boolean>`xmax = 0` });
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  const { isNew, ...found } = row;
  return { branch: found, isNew };
}

/** As lockBranch, for a branch that somebody has heard of; undefined for all others. */
export async function lockKnownBranch(
  tx: Transaction,
  projectId: string,
  name: string,
): Promise<BranchRow | undefined> {
  const [row] = await tx
    .select()
    .from(branches)
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)))
    .for('update');
  return row;
}

/** Where a branch is now, and the newest push to it that was seen. */
export type BranchMove = Pick<BranchRow, 'commit' | 'pushedAt'>;

/** A push has moved a branch, which the transaction has locked: it is the newest request now. */
export async function advanceLockedBranch(
  tx: Transaction,
  { projectId, name }: Pick<BranchRow, 'projectId' | 'name'>,
  move: BranchMove,
): Promise<BranchRow | undefined> {
  const [row] = await tx
    .update(branches)
    .set({ ...move, generation: NEXT_GENERATION, deletedAt: null })
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)))
    .returning();
  return row;
}

/** As advanceLockedBranch, for a commit that is not built: what is being built of the branch may still go live. */
export async function noteBranchCommit(
  tx: Transaction,
  { projectId, name }: Pick<BranchRow, 'projectId' | 'name'>,
  move: BranchMove,
): Promise<void> {
  await tx
    .update(branches)
    .set({ ...move, deletedAt: null })
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)));
}

/** A push was seen that does not move the branch. */
export async function keepPushedAt(
  tx: Transaction,
  { projectId, name, pushedAt: kept }: Pick<BranchRow, 'projectId' | 'name' | 'pushedAt'>,
  pushedAt: Date | null,
): Promise<void> {
  if (kept?.getTime() === pushedAt?.getTime()) return;
  await tx
    .update(branches)
    .set({ pushedAt })
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)));
}

type SeenBranch = Pick<BranchRow, 'projectId' | 'name' | 'generation'>;

/**
 * The branch is gone, unless a request has come in since it was seen. No build of before may move its hosts, and no
 * request that was told of its commit before may bring it back: the new generation and the missing commit see to it.
 */
export async function markBranchGone(db: Executor, branch: SeenBranch, at: Date): Promise<void> {
  await db
    .update(branches)
    .set({ deletedAt: at, commit: null, generation: NEXT_GENERATION })
    .where(isAsSeen(branch));
}

/** The branch is there again, so what its hosts show may stay; what they show changes with the next deploy. */
export async function markBranchBack(db: Executor, branch: SeenBranch): Promise<void> {
  await db.update(branches).set({ deletedAt: null }).where(isAsSeen(branch));
}

function isAsSeen({ projectId, name, generation }: SeenBranch) {
  return and(eq(branches.projectId, projectId), eq(branches.name, name), eq(branches.generation, generation));
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

export async function findBranch(
  db: Executor,
  projectId: string,
  name: string,
): Promise<BranchRow | undefined> {
  const [row] = await db
    .select()
    .from(branches)
    .where(and(eq(branches.projectId, projectId), eq(branches.name, name)));
  return row;
}

export async function listBranches(db: Executor, projectId: string): Promise<BranchRow[]> {
  return db.select().from(branches).where(eq(branches.projectId, projectId));
}

/** Branches whose newest request was a deploy of the repository's: of an uploaded one it knows nothing. */
export async function listGitBranches(db: Executor, projectId: string): Promise<BranchRow[]> {
  const newestSource = sql`(
    select ${deployments.source} from ${deployments}
    where ${deployments.projectId} = ${branches.projectId} and ${deployments.refKind} = 'branch'
      and ${deployments.ref} = ${branches.name}
    order by ${deployments.generation} desc nulls last limit 1
  )`;
  return db
    .select()
    .from(branches)
    .where(and(eq(branches.projectId, projectId), sql`${newestSource} is distinct from 'upload'`));
}
