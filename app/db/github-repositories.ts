import { and, asc, eq, inArray, isNull, type SQL, sql, type SQLWrapper } from 'drizzle-orm';
import type { Executor, Transaction } from './database.ts';
import { githubInstallations, githubRepositories } from './github-schema.ts';
import type { ProjectRow } from './projects.ts';
import { projects } from './schema.ts';

export type InstallationRow = typeof githubInstallations.$inferSelect;
export type RepositoryRow = typeof githubRepositories.$inferSelect;

/** GitHub's time of what it says; null where it said none, and the word is taken for the newest. */
interface Told {
  readonly toldAt?: Date | null;
}

/** Webhooks that GitHub delivers again come late: of two words only the newer counts. */
function isOlder(seen: Told, known: Told | undefined): boolean {
  const [at, knownAt] = [seen.toldAt?.getTime(), known?.toldAt?.getTime()];
  return at !== undefined && knownAt !== undefined && at < knownAt;
}

/** What a webhook says of where the App is installed. */
export type SeenInstallation = Pick<InstallationRow, 'id' | 'accountId' | 'accountLogin'> & Told;
/** What a webhook says of a repository; some leave out the default branch. */
export type SeenRepository = Omit<RepositoryRow, 'removedAt' | 'defaultBranch' | 'headsAskedAt' | 'toldAt'> &
  Partial<Pick<RepositoryRow, 'defaultBranch' | 'toldAt'>>;

/** Rows of one statement; PostgreSQL takes 65,534 parameters. */
const MAX_ROWS = 5000;

/**
 * Notes an installation: its account may have been renamed, and it is not gone. Looked at first, since an upsert locks
 * the row also where it changes nothing, and all webhooks of an account would wait for each other. False when something
 * newer is known, which stays.
 */
export async function noteInstallation(tx: Transaction, seen: SeenInstallation): Promise<boolean> {
  const known = await findInstallation(tx, seen.id);
  if (isOlder(seen, known)) return false;
  const accountId = seen.accountId ?? known?.accountId ?? null;
  const isKnown = known?.accountLogin === seen.accountLogin && known.accountId === accountId;
  const toldAt = seen.toldAt ?? known?.toldAt ?? null;
  const isToldBefore = toldAt?.getTime() === known?.toldAt?.getTime();
  if (isKnown && isToldBefore && known.deletedAt === null) return true;
  await tx
    .insert(githubInstallations)
    .values({ ...seen, accountId, toldAt })
    .onConflictDoUpdate({
      target: githubInstallations.id,
      set: { accountId, accountLogin: seen.accountLogin, deletedAt: null, toldAt },
    });
  return true;
}

export async function findInstallation(db: Executor, id: number): Promise<InstallationRow | undefined> {
  const [row] = await db.select().from(githubInstallations).where(eq(githubInstallations.id, id));
  return row;
}

export async function changeInstallation(
  tx: Transaction,
  id: number,
  changes: Partial<Pick<InstallationRow, 'suspendedAt' | 'deletedAt'>>,
): Promise<void> {
  await tx.update(githubInstallations).set(changes).where(eq(githubInstallations.id, id));
}

/**
 * Notes repositories by their ids: renames and transfers change the row, and what was away is there again. Looked at
 * first, as installations are.
 */
export async function noteRepositories(tx: Transaction, seen: readonly SeenRepository[]): Promise<void> {
  // In one order for all: two lists that overlap must not wait for each other.
  const sorted = seen.toSorted((one, other) => one.id - other.id);
  for (let first = 0; first < sorted.length; first += MAX_ROWS) {
    await noteSome(tx, sorted.slice(first, first + MAX_ROWS));
  }
}

async function noteSome(tx: Transaction, seen: readonly SeenRepository[]): Promise<void> {
  const ids = seen.map(({ id }) => id);
  const rows = await tx.select().from(githubRepositories).where(inArray(githubRepositories.id, ids));
  const known = new Map(rows.map((row) => [row.id, row]));
  const changed = seen.filter((repository) => !isAsKnown(repository, known.get(repository.id)));
  if (changed.length === 0) return;
  const excluded = (column: string) => sql.raw(`excluded.${column}`);
  await tx
    .insert(githubRepositories)
    .values(changed.map((repository) => ({ ...repository })))
    .onConflictDoUpdate({
      target: githubRepositories.id,
      set: {
        installationId: excluded('installation_id'),
        fullName: excluded('full_name'),
        htmlUrl: excluded('html_url'),
        isPrivate: excluded('is_private'),
        toldAt: sql`greatest(${excluded('told_at')}, ${githubRepositories.toldAt})`,
        defaultBranch: sql`coalesce(${excluded('default_branch')}, ${githubRepositories.defaultBranch})`,
        removedAt: null,
      },
    });
}

/** A repository with its installation, as one webhook tells both. False when something of it is news. */
export async function isKnownRepository(
  tx: Transaction,
  seen: SeenRepository,
  accountLogin: string,
): Promise<boolean> {
  const [row] = await tx
    .select({ repository: githubRepositories, installation: githubInstallations })
    .from(githubRepositories)
    .innerJoin(githubInstallations, eq(githubInstallations.id, githubRepositories.installationId))
    .where(eq(githubRepositories.id, seen.id));
  const isSameAccount =
    row?.installation.accountLogin === accountLogin && row.installation.deletedAt === null;
  return isSameAccount && isAsKnown(seen, row.repository);
}

/** What is older than the row says nothing to it. Of what is the same the time is not kept: each push would write it. */
function isAsKnown(seen: SeenRepository, known: RepositoryRow | undefined): boolean {
  if (isOlder(seen, known)) return true;
  return (
    known !== undefined &&
    known.removedAt === null &&
    known.installationId === seen.installationId &&
    known.fullName === seen.fullName &&
    known.htmlUrl === seen.htmlUrl &&
    known.isPrivate === seen.isPrivate &&
    (seen.defaultBranch ?? known.defaultBranch) === known.defaultBranch
  );
}

/**
 * An installation can't reach these any more. Nothing of theirs is hidden or removed. One that was transferred belongs to
 * another installation by now, which the one that lost it has nothing to say about.
 */
export async function markRepositoriesRemoved(
  tx: Transaction,
  installationId: number,
  ids: readonly number[],
  at: Date,
): Promise<void> {
  for (let first = 0; first < ids.length; first += MAX_ROWS) {
    const some = ids.slice(first, first + MAX_ROWS);
    await tx
      .update(githubRepositories)
      .set({ removedAt: at })
      .where(
        and(
          inArray(githubRepositories.id, some),
          eq(githubRepositories.installationId, installationId),
          isNull(githubRepositories.removedAt),
        ),
      );
  }
}

/** As markRepositoriesRemoved, for all of an installation. */
export async function removeRepositoriesOfInstallation(
  tx: Transaction,
  installationId: number,
  at: Date,
): Promise<void> {
  await tx
    .update(githubRepositories)
    .set({ removedAt: at })
    .where(and(eq(githubRepositories.installationId, installationId), isNull(githubRepositories.removedAt)));
}

/** Something was told of a repository that later webhooks must not undo. False when a newer word has come before. */
export async function takeRepositoryWord(
  tx: Transaction,
  { id, toldAt }: Pick<SeenRepository, 'id' | 'toldAt'>,
): Promise<boolean> {
  const [known] = await tx
    .select()
    .from(githubRepositories)
    .where(eq(githubRepositories.id, id))
    .for('update');
  if (known === undefined || toldAt === undefined || toldAt === null) return true;
  if (isOlder({ toldAt }, known)) return false;
  await tx.update(githubRepositories).set({ toldAt }).where(eq(githubRepositories.id, id));
  return true;
}

export async function findRepository(db: Executor, id: number): Promise<RepositoryRow | undefined> {
  const [row] = await db.select().from(githubRepositories).where(eq(githubRepositories.id, id));
  return row;
}

/** The repository of a Git URL, as parseGitUrl writes it, where the App was given it. */
export async function findRepositoryByUrl(db: Executor, gitUrl: string): Promise<RepositoryRow | undefined> {
  const isSame = sql`lower(${githubRepositories.htmlUrl}) = ${webAddressOf(sql`${gitUrl}::text`)}`;
  const [row] = await db
    .select()
    .from(githubRepositories)
    .where(and(isSame, isNull(githubRepositories.removedAt)))
    .limit(1);
  return row;
}

/** GitHub tells no upper from lower case, and serves Git with and without the ending. */
function webAddressOf(gitUrl: SQLWrapper): SQL {
  return sql`lower(regexp_replace(${gitUrl}, '[.]git$', '', 'i'))`;
}

/**
 * Holds the living projects of a repository as they are until the transaction ends, in an order that all transactions
 * share.
 */
export async function shareProjectsOfRepository(
  tx: Transaction,
  repositoryId: number,
): Promise<ProjectRow[]> {
  return tx
    .select()
    .from(projects)
    .where(and(eq(projects.repositoryId, repositoryId), isNull(projects.deletedAt)))
    .orderBy(asc(projects.id))
    .for('share');
}

/** The living projects of a repository. */
export async function listProjectsOfRepository(db: Executor, repositoryId: number): Promise<ProjectRow[]> {
  return db
    .select()
    .from(projects)
    .where(and(eq(projects.repositoryId, repositoryId), isNull(projects.deletedAt)))
    .orderBy(asc(projects.id));
}

/** Projects of before the App came, made by the Git URL of this repository, become its projects. */
export async function adoptProjects(
  tx: Transaction,
  repository: Pick<RepositoryRow, 'id' | 'htmlUrl'>,
): Promise<void> {
  await tx
    .update(projects)
    .set({ repositoryId: repository.id })
    .where(
      and(
        eq(webAddressOf(projects.gitUrl), repository.htmlUrl.toLowerCase()),
        isNull(projects.repositoryId),
        isNull(projects.deletedAt),
      ),
    );
}

/** Holds the row of a repository until the transaction ends. */
export async function lockRepository(tx: Transaction, id: number): Promise<void> {
  await tx
    .select({ id: githubRepositories.id })
    .from(githubRepositories)
    .where(eq(githubRepositories.id, id))
    .for('update');
}
