import type { ListedRemote } from '../../git/list-remote.ts';
import { type ResolvedRef, resolveRef } from '../../git/resolve-ref.ts';
import type { ProjectRow } from '../db/projects.ts';
import type { FindSourceUrl } from './source-url.ts';

export interface ResolveProjectRefDependencies {
  /** Asks a remote for its branches and tags within a bounded time; `url` may hold credentials. */
  readonly listRemote: (url: string) => Promise<ListedRemote>;
  readonly findSourceUrl: FindSourceUrl;
  readonly revokeSourceToken: (token: string) => Promise<void>;
}

export type ProjectRefResult =
  | { readonly outcome: 'resolved'; readonly ref: ResolvedRef & { readonly ok: true } }
  | {
      readonly outcome: 'no_repository' | 'repository_unreachable' | 'ref_not_found';
      readonly message: string;
    };

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
  { listRemote, findSourceUrl, revokeSourceToken }: ResolveProjectRefDependencies,
): Promise<ListedRemote> {
  const source = await findSourceUrl(project);
  if (!source.ok) return source;
  try {
    return source.url === null ? { ok: false, message: NO_REPOSITORY } : await listRemote(source.url);
  } finally {
    if (source.token !== null) await revokeSourceToken(source.token);
  }
}
