import { sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';

/** Waits for a lock of the whole database, and holds it until the transaction ends. */
export async function lockUntilCommit(tx: Transaction, lock: number): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${lock})`);
}

/**
 * Runs `work` while holding a lock of the whole database, without a transaction around it; false when another
 * process holds it. The lock belongs to a connection: when this process dies, PostgreSQL gives it back.
 */
export async function tryWithLock(db: Database, lock: number, work: () => Promise<void>): Promise<boolean> {
  return db.$client.lend(async (connection) => {
    const [row] = await connection.unsafe('select pg_try_advisory_lock($1) as locked', [lock]);
    if (row?.['locked'] !== true) return false;
    try {
      await work();
    } finally {
      await connection.unsafe('select pg_advisory_unlock($1)', [lock]);
    }
    return true;
  });
}
