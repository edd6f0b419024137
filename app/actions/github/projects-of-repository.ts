import type { Transaction } from '../../db/database.ts';
import {
  adoptProjects,
  isKnownRepository,
  lockRepository,
  noteInstallation,
  noteRepositories,
  shareProjectsOfRepository,
} from '../../db/github-repositories.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { projectNameOf } from '../../domain/project-name.ts';
import { insertUnderFreeSlug } from '../insert-under-free-slug.ts';

/** A repository as every webhook about it tells it. */
export interface ToldRepository {
  readonly id: number;
  /** `owner/name`. */
  readonly fullName: string;
  readonly htmlUrl: string;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  /** When GitHub changed it last; null where it does not say. */
  readonly toldAt: Date | null;
}

export interface EnsureProjectsDependencies {
  readonly now: () => number;
  readonly randomId: () => string;
}

/** Notes a repository as a webhook tells it, and whose installation it belongs to. */
export async function noteRepository(
  tx: Transaction,
  installationId: number,
  { id, fullName, htmlUrl, defaultBranch, isPrivate, toldAt }: ToldRepository,
): Promise<void> {
  const [accountLogin = ''] = fullName.split('/');
  const seen = { id, installationId, fullName, htmlUrl, defaultBranch, isPrivate, toldAt };
  if (await isKnownRepository(tx, seen, accountLogin)) return;
  await noteInstallation(tx, { id: installationId, accountId: null, accountLogin });
  await noteRepositories(tx, [seen]);
}

/**
 * The projects of a repository, held as they are until the transaction ends. At its first push it becomes one by itself,
 * unless somebody has made a project of its Git URL before: that one is it, then. Empty where no slug is free.
 */
export async function ensureProjects(
  tx: Transaction,
  repository: ToldRepository,
  dependencies: EnsureProjectsDependencies,
): Promise<ProjectRow[]> {
  const known = await shareProjectsOfRepository(tx, repository.id);
  if (known.length > 0) return known;
  // Two first pushes at once must not make two projects.
  await lockRepository(tx, repository.id);
  await adoptProjects(tx, repository);
  const adopted = await shareProjectsOfRepository(tx, repository.id);
  return adopted.length > 0 ? adopted : createFor(tx, repository, dependencies);
}

async function createFor(
  tx: Transaction,
  { id, fullName, htmlUrl, defaultBranch }: ToldRepository,
  { now, randomId }: EnsureProjectsDependencies,
): Promise<ProjectRow[]> {
  const project = {
    id: randomId(),
    name: projectNameOf(fullName.slice(fullName.indexOf('/') + 1)),
    gitUrl: `${htmlUrl}.git`,
    repositoryId: id,
    productionBranch: defaultBranch,
    settings: {},
    createdAt: new Date(now()),
  };
  const inserted = await insertUnderFreeSlug(tx, project, undefined);
  return inserted.outcome === 'created' ? [inserted.project] : [];
}
