import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { SealedKind } from '../domain/sealing-context.ts';
import { type Database, type Executor, queryRows } from './database.ts';
import { environmentVariables } from './environment-schema.ts';
import { githubApp } from './github-schema.ts';
import { projects, webhooks } from './schema.ts';
import { githubSessions } from './sign-in-schema.ts';

interface SealedColumn {
  readonly table: PgTable;
  /** What the context of its secrets names; some are numbers. */
  readonly id: PgColumn;
  readonly sealed: PgColumn;
}

/** Where secrets are kept. What is missing here is not sealed again when the key changes. */
const COLUMNS: Readonly<Record<SealedKind, SealedColumn>> = {
  gitCredentials: { table: projects, id: projects.id, sealed: projects.gitCredentials },
  webhookUrl: { table: webhooks, id: webhooks.id, sealed: webhooks.url },
  webhookSecret: { table: webhooks, id: webhooks.id, sealed: webhooks.secret },
  githubApp: { table: githubApp, id: githubApp.appId, sealed: githubApp.secrets },
  githubSession: {
    table: githubSessions,
    id: githubSessions.tokenHash,
    sealed: githubSessions.userToken,
  },
  environmentVariable: {
    table: environmentVariables,
    id: environmentVariables.id,
    sealed: environmentVariables.value,
  },
};

/** (An interface would be no row to queryRows.) */
export type SealedSecret = { readonly id: string; readonly sealed: string };

/** At most `limit` secrets, by id, that do not begin with the prefix: another key has sealed them. */
export async function listSealedOtherwise(
  db: Executor,
  kind: SealedKind,
  page: { readonly prefix: string; readonly after: string; readonly limit: number },
): Promise<SealedSecret[]> {
  const { table, id, sealed } = COLUMNS[kind];
  return queryRows<SealedSecret>(
    db,
    sql`select ${id}::text as id, ${sealed} as sealed from ${table}
      where ${id}::text > ${page.after} and not starts_with(${sealed}, ${page.prefix})
      order by ${id}::text limit ${page.limit}`,
  );
}

/** False when somebody has set another secret meanwhile: that one is never written over. */
export async function replaceSealed(
  db: Database,
  kind: SealedKind,
  { id, sealed }: SealedSecret,
  again: string,
): Promise<boolean> {
  const column = COLUMNS[kind];
  const rows = await queryRows(
    db,
    sql`update ${column.table} set ${nameOf(column.sealed)} = ${again}
      where ${column.id}::text = ${id} and ${column.sealed} = ${sealed} returning 1`,
  );
  return rows.length > 0;
}

/** In `set` a column has no table before it. */
function nameOf({ name }: PgColumn): SQL {
  return sql`${sql.identifier(name)}`;
}
