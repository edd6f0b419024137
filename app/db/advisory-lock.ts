import type { Database } from './database.ts';

/**
 * Runs `work` while holding a lock of the whole database, without a transaction around it; false when another
 * process holds it. The lock belongs to a connection: when this process dies, PostgreSQL gives it back.
 */
export async function tryWithLock(db: Database, lock: number, work: () => Promise<void>): Promise<boolean> {
  const connection = await db.$client.reserve();
  try {
    const [row] = await connection`select pg_try_advisory_lock(${lock}) as locked`;
    if (row?.['locked'] !== true) return false;
    try {
      await work();
    } finally {
      await connection`select pg_advisory_unlock(${lock})`;
    }
    return true;
  } finally {
    connection.release();
  }
}
