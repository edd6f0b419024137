import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { isId } from '../../contracts/ids.ts';
import type { VariablePlace } from '../domain/environment-variables.ts';
import type { Executor, Transaction } from './database.ts';
import { environmentVariables } from './environment-schema.ts';

export type EnvironmentVariableRow = typeof environmentVariables.$inferSelect;
export type NewEnvironmentVariable = typeof environmentVariables.$inferInsert;
/** A variable as people may see it: the sealed value stays in the database. */
export type EnvironmentVariableLine = Omit<EnvironmentVariableRow, 'value' | 'projectId'>;

const LINE = {
  id: environmentVariables.id,
  name: environmentVariables.name,
  environment: environmentVariables.environment,
  branch: environmentVariables.branch,
  createdAt: environmentVariables.createdAt,
  updatedAt: environmentVariables.updatedAt,
};

/** All of a project's, sealed, for its builds. */
export async function readEnvironmentVariables(
  db: Executor,
  projectId: string,
): Promise<EnvironmentVariableRow[]> {
  return db.select().from(environmentVariables).where(eq(environmentVariables.projectId, projectId));
}

/** All of a project's, by name; wide places before narrow ones. */
export async function listEnvironmentVariables(
  db: Executor,
  projectId: string,
): Promise<EnvironmentVariableLine[]> {
  const { name, environment, branch } = environmentVariables;
  return db
    .select(LINE)
    .from(environmentVariables)
    .where(eq(environmentVariables.projectId, projectId))
    .orderBy(asc(name), sql`${environment} nulls first`, sql`${branch} nulls first`);
}

export async function insertEnvironmentVariable(
  tx: Transaction,
  variable: NewEnvironmentVariable,
): Promise<EnvironmentVariableLine> {
  const [row] = await tx.insert(environmentVariables).values(variable).returning(LINE);
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  return row;
}

/** The caller has locked the project, and has seen the row since. */
export async function replaceEnvironmentVariable(
  tx: Transaction,
  id: string,
  changes: Pick<EnvironmentVariableRow, 'value' | 'updatedAt'>,
): Promise<EnvironmentVariableLine> {
  const [row] = await tx
    .update(environmentVariables)
    .set(changes)
    .where(eq(environmentVariables.id, id))
    .returning(LINE);
  if (row === undefined) throw new Error(`environment variable ${id} is gone, though its project is locked`);
  return row;
}

/** The caller has locked the project. False when it has no such variable. Any text may be asked for. */
export async function deleteEnvironmentVariable(
  tx: Transaction,
  projectId: string,
  id: string,
): Promise<boolean> {
  if (!isId(id)) return false;
  const rows = await tx.delete(environmentVariables).where(isOf(projectId, id)).returning(LINE);
  return rows.length > 0;
}

/** The variable of this name in exactly this place. */
export async function findEnvironmentVariableAt(
  db: Executor,
  projectId: string,
  name: string,
  { environment, branch }: VariablePlace,
): Promise<EnvironmentVariableLine | undefined> {
  const [row] = await db
    .select(LINE)
    .from(environmentVariables)
    .where(
      and(
        eq(environmentVariables.projectId, projectId),
        eq(environmentVariables.name, name),
        environment === null
          ? isNull(environmentVariables.environment)
          : eq(environmentVariables.environment, environment),
        branch === null ? isNull(environmentVariables.branch) : eq(environmentVariables.branch, branch),
      ),
    );
  return row;
}

function isOf(projectId: string, id: string) {
  return and(eq(environmentVariables.projectId, projectId), eq(environmentVariables.id, id));
}
