import type { BuildSettings } from '../../contracts/build-spec.ts';
import { isSafeRefName, type RemoteRefs } from '../../git/list-remote.ts';
import type { GitUrl } from '../../git/parse-git-url.ts';
import { resolveRef } from '../../git/resolve-ref.ts';
import type { Database } from '../db/database.ts';
import { lockRepository } from '../db/github-repositories.ts';
import type { NewProject, ProjectRow } from '../db/projects.ts';
import { projectNameOf } from '../domain/project-name.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { askRepository, type AskRepositoryDependencies } from './ask-repository.ts';
import { insertUnderFreeSlug } from './insert-under-free-slug.ts';
import { sealGitCredentials } from './project-git-url.ts';

export interface CreateProjectOrder {
  /** As a person gave it, maybe with credentials; none for a project whose folders are uploaded. */
  readonly gitUrl?: string | null | undefined;
  /** What it is called without a repository that has a name: `site`. */
  readonly name?: string | undefined;
  readonly slug?: string | undefined;
  readonly productionBranch?: string | undefined;
  readonly settings?: BuildSettings | undefined;
  readonly holdProduction?: boolean | undefined;
  readonly keepPerBranch?: number | null | undefined;
  readonly previewDays?: number | null | undefined;
  readonly cancelRunning?: boolean | undefined;
}

export interface CreateProjectDependencies extends AskRepositoryDependencies {
  readonly db: Database;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly secrets: Pick<SecretBox, 'seal'>;
}

/** Of a project without a repository. */
const DEFAULT_BRANCH = 'main';

export type CreateProjectResult =
  | { readonly outcome: 'created'; readonly project: ProjectRow }
  | { readonly outcome: 'slug_taken'; readonly message: string }
  | {
      readonly outcome: 'git_url_invalid' | 'repository_unreachable' | 'ref_not_found';
      /** For people; holds no credentials. */
      readonly message: string;
    };

/**
 * Makes a project. A repository is asked for its branches first: a wrong address, missing credentials or a
 * misspelt branch is told to the person who typed it, not by a build that fails later. Without a repository, folders
 * are uploaded to it.
 */
export async function createProject(
  order: CreateProjectOrder,
  dependencies: CreateProjectDependencies,
): Promise<CreateProjectResult> {
  const chosen = await chooseSource(order, dependencies);
  if (chosen.outcome !== 'chosen') return chosen;
  const project = planProject(order, chosen, dependencies);
  return dependencies.db.transaction(async (tx) => {
    // A first push at this moment makes a project of the repository by itself, unless it sees this one.
    if (chosen.repositoryId !== null) await lockRepository(tx, chosen.repositoryId);
    return insertUnderFreeSlug(tx, project, order.slug);
  });
}

interface Source {
  /** Null for a project without a repository. */
  readonly gitUrl: GitUrl | null;
  readonly productionBranch: string;
  readonly repositoryId: number | null;
}
type ChosenSource =
  | ({ readonly outcome: 'chosen' } & Source)
  | Exclude<CreateProjectResult, { readonly outcome: 'created' | 'slug_taken' }>;

async function chooseSource(
  { gitUrl, productionBranch }: CreateProjectOrder,
  dependencies: CreateProjectDependencies,
): Promise<ChosenSource> {
  if (gitUrl === undefined || gitUrl === null) return chooseUploads(productionBranch);
  const asked = await askRepository(gitUrl, dependencies);
  if (asked.outcome !== 'answered') return asked;
  const branch = chooseProductionBranch(asked.refs, productionBranch);
  if (!branch.ok) return { outcome: 'ref_not_found', message: branch.message };
  const { gitUrl: parsed, repositoryId } = asked;
  return { outcome: 'chosen', gitUrl: parsed, productionBranch: branch.name, repositoryId };
}

/** Nobody can be asked which branches there are: any that Git could have will do. */
function chooseUploads(productionBranch = DEFAULT_BRANCH): ChosenSource {
  if (isSafeRefName(productionBranch))
    return { outcome: 'chosen', gitUrl: null, productionBranch, repositoryId: null };
  return { outcome: 'ref_not_found', message: 'Git could not have a branch of this name.' };
}

function chooseProductionBranch(
  refs: RemoteRefs,
  asked: string | undefined,
): { ok: true; name: string } | { ok: false; message: string } {
  const found = resolveRef(refs, asked === undefined ? undefined : `refs/heads/${asked}`);
  if (found.ok) return { ok: true, name: found.name };
  return { ok: false, message: found.message };
}

function planProject(
  order: CreateProjectOrder,
  { gitUrl, productionBranch, repositoryId }: Source,
  dependencies: CreateProjectDependencies,
): Omit<NewProject, 'slug'> {
  const id = dependencies.randomId();
  return {
    id,
    name: order.name ?? projectNameOf(gitUrl?.nameHint ?? ''),
    gitUrl: gitUrl?.href ?? null,
    gitCredentials: sealGitCredentials(id, gitUrl?.credentials ?? null, dependencies.secrets),
    repositoryId,
    productionBranch,
    settings: order.settings ?? {},
    holdProduction: order.holdProduction ?? false,
    keepPerBranch: order.keepPerBranch ?? null,
    previewDays: order.previewDays ?? null,
    cancelRunning: order.cancelRunning ?? false,
    createdAt: new Date(dependencies.now()),
  };
}
