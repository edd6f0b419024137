import type { ListedRemote } from '../../git/list-remote.ts';
import { type ResolvedRef, resolveRef } from '../../git/resolve-ref.ts';
import type { ProjectRow } from '../db/projects.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { gitUrlOfProject } from './project-git-url.ts';

export interface ResolveProjectRefDependencies {
  /** Asks a remote for its branches and tags within a bounded time; `url` may hold credentials. */
  readonly listRemote: (url: string) => Promise<ListedRemote>;
  readonly secrets: Pick<SecretBox, 'open'>;
}

export type ProjectRefResult =
  | { readonly outcome: 'resolved'; readonly ref: ResolvedRef & { readonly ok: true } }
  | { readonly outcome: 'repository_unreachable' | 'ref_not_found'; readonly message: string };

/** What a branch, tag or commit of the project's repository is right now; by default the production branch. */
export async function resolveProjectRef(
  project: ProjectRow,
  asked: string | undefined,
  dependencies: ResolveProjectRefDependencies,
): Promise<ProjectRefResult> {
  const remote = await dependencies.listRemote(gitUrlOfProject(project, dependencies.secrets));
  if (!remote.ok) return { outcome: 'repository_unreachable', message: remote.message };
  const ref = resolveRef(remote, asked ?? `refs/heads/${project.productionBranch}`);
  return ref.ok ? { outcome: 'resolved', ref } : { outcome: 'ref_not_found', message: ref.message };
}
