import type { ListedRemote } from '../../git/list-remote.ts';
import { type ResolvedRef, resolveRef } from '../../git/resolve-ref.ts';
import type { ProjectRow } from '../db/projects.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { gitUrlOfProject } from './project-git-url.ts';

export interface ResolveProjectRefDependencies {
  /** Asks a remote for its branches and tags within a bounded time; `url` may hold credentials. */
  readonly listRemote: (url: string) => Promise<ListedRemote>;
  readonly secrets: Pick<SecretBox, 'open'>;
}

export type ProjectRefResult =
  | { readonly outcome: 'resolved'; readonly ref: ResolvedRef & { readonly ok: true } }
  | {
      readonly outcome: 'no_repository' | 'repository_unreachable' | 'ref_not_found';
      readonly message: string;
    };

const SEALED =
  'The password of the Git URL was sealed with a key that is gone: start Offshoot with the OFFSHOOT_SECRET_KEY ' +
  'of that time, or give the Git URL again, with its password, in the settings of the project.';

const NO_REPOSITORY =
  'This project has no repository: its sites are uploaded (npx offshoot deploy <folder>). Give it a Git URL to build from one.';

/** What a branch, tag or commit of the project's repository is right now; by default the production branch. */
export async function resolveProjectRef(
  project: ProjectRow,
  asked: string | undefined,
  dependencies: ResolveProjectRefDependencies,
): Promise<ProjectRefResult> {
  if (project.gitUrl === null) return { outcome: 'no_repository', message: NO_REPOSITORY };
  const remote = await listProjectRemote(project, dependencies);
  if (!remote.ok) return { outcome: 'repository_unreachable', message: remote.message };
  const ref = resolveRef(remote, asked ?? `refs/heads/${project.productionBranch}`);
  return ref.ok ? { outcome: 'resolved', ref } : { outcome: 'ref_not_found', message: ref.message };
}

/** The branches and tags of the project's repository, or a sentence on why it could not be asked. */
export async function listProjectRemote(
  project: ProjectRow,
  { listRemote, secrets }: ResolveProjectRefDependencies,
): Promise<ListedRemote> {
  const url = openGitUrl(project, secrets);
  if (url === null) return { ok: false, message: NO_REPOSITORY };
  return url === undefined ? { ok: false, message: SEALED } : listRemote(url);
}

/** Undefined when the key that sealed its credentials is gone; null when the project has no repository. */
function openGitUrl(project: ProjectRow, secrets: Pick<SecretBox, 'open'>): string | null | undefined {
  try {
    return gitUrlOfProject(project, secrets);
  } catch (error) {
    if (error instanceof SealedTextError) return undefined;
    throw error;
  }
}
