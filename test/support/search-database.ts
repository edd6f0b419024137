import { sql } from 'drizzle-orm';
import type { Database } from '../../app/db/database.ts';

/** The tables of a database, in all of its schemas, with a row that holds this text anywhere, as it is or in base64. */
export async function tablesWith(db: Database, text: string): Promise<string[]> {
  const tables = await db.execute<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
  const encoded = Buffer.from(text).toString('base64').replace(/.?=*$/, '');
  const found: string[] = [];
  for (const { schema, name } of tables) {
    const table = sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
    const [row] = await db.execute<{ count: number }>(sql`
      select count(*)::int as count from ${table} as searched
      where position(${text} in searched::text) > 0 or position(${encoded} in searched::text) > 0`);
    if (row !== undefined && row.count > 0) found.push(`${schema}.${name}`);
  }
  return found;
}
