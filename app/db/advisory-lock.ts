import type { Database } from './database.ts';

/**
 * Runs `work` while holding a lock of the whole database, without a transaction around it; false when another
 * process holds it. The lock belongs to a connection: when this process dies, PostgreSQL gives it back.
 */
export async function tryWithLock(db: Database, lock: number, work: () => Promise<void>): Promise<boolean> {
  const connection = await db.$client.connect();
  try {
    const { rows } = await connection.query('select pg_try_advisory_lock($1) as locked', [lock]);
    if (rows[0]?.locked !== true) return false;
    try {
      await work();
    } finally {
      await connection.query('select pg_advisory_unlock($1)', [lock]);
    }
    return true;
  } finally {
    connection.release();
  }
}
