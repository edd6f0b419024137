import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { closeDatabase, type Executor, openSession, queryRows } from './database.ts';

/** Any number will do as long as it is always the same: who holds it may migrate. */
const MIGRATION_LOCK = 0x0ff5_4007;
const RECORDS = 'drizzle.__drizzle_migrations';

/** The database is not one that this program can work with; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Applies the migrations in `folder` that the database does not have yet, all or none. Two programs that start
 * at once take turns. Throws MigrationError when the database was migrated by a newer program.
 */
export async function migratePostgres(url: string, folder: string): Promise<void> {
  const db = openSession(url, 'offshoot-migrate');
  try {
    // The session's lock: it ends with our only connection, so neither a crash nor a lost connection leaves it
    // behind. (A transaction around it all would be simpler, but `migrate` begins its own.)
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    checkApplied(await readApplied(db), readMigrationFiles({ migrationsFolder: folder }));
    await migrate(db, { migrationsFolder: folder });
  } finally {
    await closeDatabase(db);
  }
}

async function readApplied(db: Executor): Promise<{ hash: string; created_at: string }[]> {
  const [found] = await queryRows<{ there: boolean }>(
    db,
    sql`select to_regclass(${RECORDS}) is not null as there`,
  );
  if (found?.there !== true) return [];
  return queryRows(db, sql`select hash, created_at from ${sql.raw(RECORDS)} order by created_at`);
}

function checkApplied(
  applied: readonly { readonly hash: string; readonly created_at: string }[],
  known: readonly MigrationMeta[],
): void {
  const hashes = new Set(known.map((migration) => migration.hash));
  const strangers = applied.filter((migration) => !hashes.has(migration.hash));
  if (strangers.length === 0) return;
  throw new MigrationError(
    `The database has ${strangers.length} of ${applied.length} migrations that this version of Offshoot does ` +
      'not know: a newer version has used it. Start that version again, or restore a backup of the database ' +
      'from before the upgrade. Nothing was changed.',
  );
}
