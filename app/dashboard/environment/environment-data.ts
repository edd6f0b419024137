import type { SiteDomain } from '../../../contracts/site-domain.ts';
import type { Executor } from '../../db/database.ts';
import { type EnvironmentVariableLine, listEnvironmentVariables } from '../../db/environment-variables.ts';
import type { ProjectRow } from '../../db/projects.ts';
import type { VariablePlace } from '../../domain/environment-variables.ts';
import { type ProjectHead, projectHeadOf } from '../parts/project-header.ts';

/** A variable as its list shows it. Times are epoch milliseconds. */
export interface VariableLine extends VariablePlace {
  readonly id: string;
  readonly name: string;
  readonly updatedAt: number;
}

export interface EnvironmentData {
  readonly head: ProjectHead;
  readonly variables: readonly VariableLine[];
  /** The one that somebody is about to replace. */
  readonly replaced: VariableLine | null;
  /** From the address; anybody can write one. */
  readonly notice: string | undefined;
}

/** All that the page of a project's environment variables shows: never a value. */
export async function loadEnvironment(
  project: ProjectRow,
  query: { readonly notice?: string | undefined; readonly replace?: string | undefined },
  { db, domain }: { readonly db: Executor; readonly domain: SiteDomain },
): Promise<EnvironmentData> {
  const variables = (await listEnvironmentVariables(db, project.id)).map(lineOf);
  return {
    head: projectHeadOf(project, domain),
    variables,
    replaced: variables.find(({ id }) => id === query.replace) ?? null,
    notice: query.notice,
  };
}

function lineOf({ id, name, environment, branch, updatedAt }: EnvironmentVariableLine): VariableLine {
  return { id, name, environment, branch, updatedAt: updatedAt.getTime() };
}
