import type { ListedRemote, RemoteRefs } from '../../git/list-remote.ts';
import { type GitUrl, parseGitUrl } from '../../git/parse-git-url.ts';

export interface AskRepositoryDependencies {
  /** Allows file:// and private addresses. */
  readonly allowLocal: boolean;
  /** Asks a remote for its branches and tags within a bounded time; `url` may hold credentials. */
  readonly listRemote: (url: string) => Promise<ListedRemote>;
}

export type AskedRepository =
  | { readonly outcome: 'answered'; readonly gitUrl: GitUrl; readonly refs: RemoteRefs }
  | {
      readonly outcome: 'git_url_invalid' | 'repository_unreachable';
      /** For people; holds no credentials. */
      readonly message: string;
    };

/** Whether what a person gave as a Git URL, maybe with credentials, is one, and what its repository holds. */
export async function askRepository(
  given: string,
  { allowLocal, listRemote }: AskRepositoryDependencies,
): Promise<AskedRepository> {
  const gitUrl = parseGitUrl(given, { allowLocal });
  if (!gitUrl.ok) return { outcome: 'git_url_invalid', message: gitUrl.message };
  const refs = await listRemote(given);
  if (!refs.ok) return { outcome: 'repository_unreachable', message: refs.message };
  return { outcome: 'answered', gitUrl, refs };
}
