import type { Executor } from '../db/database.ts';
import {
  findLivingProject,
  type ProjectChanges,
  type ProjectRow,
  updateProject as write,
} from '../db/projects.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { type AskedRepository, askRepository, type AskRepositoryDependencies } from './ask-repository.ts';
import { sealGitCredentials } from './project-git-url.ts';

export interface UpdateProjectOrder extends Omit<
  ProjectChanges,
  'gitUrl' | 'gitCredentials' | 'repositoryId'
> {
  /** As a person gave it, maybe with credentials. Those that were kept are forgotten with the old one. */
  readonly gitUrl?: string | undefined;
}

export interface UpdateProjectDependencies extends AskRepositoryDependencies {
  readonly db: Executor;
  readonly secrets: Pick<SecretBox, 'seal'>;
}

export type UpdateProjectResult =
  | { readonly outcome: 'updated'; readonly project: ProjectRow }
  | { readonly outcome: 'not_found' }
  | Exclude<AskedRepository, { readonly outcome: 'answered' }>;

/**
 * Changes what people may change of a project. A new Git URL is asked first, as for a new project, and decides anew
 * whether the GitHub App brings its pushes. Deployments
 * that exist keep what they were asked for with, so nothing is rebuilt. No change at all is one that is done.
 */
export async function updateProject(
  slug: string,
  order: UpdateProjectOrder,
  dependencies: UpdateProjectDependencies,
): Promise<UpdateProjectResult> {
  const project = await findLivingProject(dependencies.db, slug);
  if (project === undefined) return { outcome: 'not_found' };
  const { gitUrl, ...changes } = order;
  if (gitUrl === undefined) return apply(project, changes, dependencies);
  const asked = await askRepository(gitUrl, dependencies);
  if (asked.outcome !== 'answered') return asked;
  const { repositoryId } = asked;
  const { href, credentials } = asked.gitUrl;
  const gitCredentials = sealGitCredentials(project.id, credentials, dependencies.secrets);
  return apply(project, { ...changes, gitUrl: href, gitCredentials, repositoryId }, dependencies);
}

async function apply(
  project: ProjectRow,
  changes: ProjectChanges,
  { db }: UpdateProjectDependencies,
): Promise<UpdateProjectResult> {
  const isEmpty = Object.values(changes).every((value) => value === undefined);
  const updated = isEmpty ? project : await write(db, project.id, changes);
  return updated === undefined ? { outcome: 'not_found' } : { outcome: 'updated', project: updated };
}
