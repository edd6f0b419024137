import type { Database, Transaction } from '../db/database.ts';
import {
  type EnvironmentVariableLine,
  insertEnvironmentVariable,
  readEnvironmentVariables,
  replaceEnvironmentVariable,
} from '../db/environment-variables.ts';
import { lockProject } from '../db/projects.ts';
import {
  checkVariablePlace,
  type NewVariable,
  planVariableWrites,
  type VariablePlace,
  type VariableWrites,
} from '../domain/environment-variables.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { sealEnvironmentVariable } from './seal-environment-variable.ts';

export interface SetEnvironmentVariablesOrder extends VariablePlace {
  readonly projectId: string;
  readonly variables: readonly NewVariable[];
}

export interface SetEnvironmentVariablesDependencies {
  readonly db: Database;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly secrets: Pick<SecretBox, 'seal'>;
}

export type SetEnvironmentVariablesResult =
  | {
      readonly outcome: 'set';
      readonly variables: readonly EnvironmentVariableLine[];
      /** How many of them are new; the others had another value before, or the same. */
      readonly added: number;
    }
  | { readonly outcome: 'project_not_found' }
  | { readonly outcome: 'place_invalid'; readonly message: string }
  | { readonly outcome: 'too_many'; readonly message: string };

/**
 * Adds variables in one place, or gives those that are there another value: all or none. Builds that have begun keep
 * what they were given. Doing it twice is doing it once.
 */
export async function setEnvironmentVariables(
  order: SetEnvironmentVariablesOrder,
  dependencies: SetEnvironmentVariablesDependencies,
): Promise<SetEnvironmentVariablesResult> {
  return dependencies.db.transaction(async (tx): Promise<SetEnvironmentVariablesResult> => {
    const project = await lockProject(tx, order.projectId);
    if (project === undefined || project.deletedAt !== null) return { outcome: 'project_not_found' };
    const misplaced = checkVariablePlace(order, project);
    if (misplaced !== undefined) return { outcome: 'place_invalid', message: misplaced };
    const present = await readEnvironmentVariables(tx, project.id);
    const plan = planVariableWrites(present, order.variables, order);
    if (!plan.ok) return { outcome: 'too_many', message: plan.message };
    const variables: EnvironmentVariableLine[] = [];
    for (const write of plan.writes) variables.push(await apply(tx, write, order, dependencies));
    return { outcome: 'set', variables, added: plan.writes.filter(({ kept }) => kept === undefined).length };
  });
}

type Write = Extract<VariableWrites, { readonly ok: true }>['writes'][number];

async function apply(
  tx: Transaction,
  { name, value, kept }: Write,
  { projectId, environment, branch }: SetEnvironmentVariablesOrder,
  { now, randomId, secrets }: SetEnvironmentVariablesDependencies,
): Promise<EnvironmentVariableLine> {
  const at = new Date(now());
  const id = kept?.id ?? randomId();
  const sealed = sealEnvironmentVariable(id, value, secrets);
  if (kept !== undefined) return replaceEnvironmentVariable(tx, id, { value: sealed, updatedAt: at });
  const row = { id, projectId, name, environment, branch, value: sealed, createdAt: at, updatedAt: at };
  return insertEnvironmentVariable(tx, row);
}
