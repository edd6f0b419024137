import type { ListedRemote, RemoteRefs } from '../../git/list-remote.ts';
import { type GitUrl, parseGitUrl } from '../../git/parse-git-url.ts';
import type { Executor } from '../db/database.ts';
import { findRepositoryByUrl } from '../db/github-repositories.ts';
import type { FindSourceUrl } from './source-url.ts';

export interface AskRepositoryDependencies {
  readonly db: Executor;
  /** Allows file:// and private addresses. */
  readonly allowLocal: boolean;
  /** Asks a remote for its branches and tags within a bounded time; `url` may hold credentials. */
  readonly listRemote: (url: string) => Promise<ListedRemote>;
  readonly findSourceUrl: FindSourceUrl;
  readonly revokeSourceToken: (token: string) => Promise<void>;
}

export type AskedRepository =
  | {
      readonly outcome: 'answered';
      readonly gitUrl: GitUrl;
      readonly refs: RemoteRefs;
      /** GitHub's id of it where the App was given it: its pushes come by webhook. */
      readonly repositoryId: number | null;
    }
  | {
      readonly outcome: 'git_url_invalid' | 'repository_unreachable';
      /** For people; holds no credentials. */
      readonly message: string;
    };

/**
 * Whether what a person gave as a Git URL, maybe with credentials, is one, and what its repository holds. One that the
 * GitHub App was given is asked with the App's own token, unless the person gave credentials for it.
 */
export async function askRepository(
  given: string,
  dependencies: AskRepositoryDependencies,
): Promise<AskedRepository> {
  const gitUrl = parseGitUrl(given, dependencies);
  if (!gitUrl.ok) return { outcome: 'git_url_invalid', message: gitUrl.message };
  const repository = await findRepositoryByUrl(dependencies.db, gitUrl.href);
  const repositoryId = repository?.id ?? null;
  const refs = await listRefs(given, gitUrl, repositoryId, dependencies);
  if (!refs.ok) return { outcome: 'repository_unreachable', message: refs.message };
  return { outcome: 'answered', gitUrl, refs, repositoryId };
}

async function listRefs(
  given: string,
  { href, credentials }: GitUrl,
  repositoryId: number | null,
  { listRemote, findSourceUrl, revokeSourceToken }: AskRepositoryDependencies,
): Promise<ListedRemote> {
  if (repositoryId === null || credentials !== null) return listRemote(given);
  const source = await findSourceUrl({ id: '', gitUrl: href, gitCredentials: null, repositoryId });
  // Where the App can't fetch it, it may still be one that everybody can.
  if (!source.ok) return source.isPassing ? source : listRemote(given);
  try {
    return await listRemote(source.url ?? given);
  } finally {
    if (source.token !== null) await revokeSourceToken(source.token);
  }
}
