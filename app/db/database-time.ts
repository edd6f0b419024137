import { sql } from 'drizzle-orm';
import { type Executor, queryRows } from './database.ts';

/** PostgreSQL's clock, in epoch milliseconds: the one that several app processes have in common. */
export async function readDatabaseTime(db: Executor): Promise<number> {
  const statement = sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as now`;
  const [row] = await queryRows<{ now: string }>(db, statement);
  return Number(row?.now);
}
