import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { type GithubPullRequest, readPullRequest } from '../../github/client/read-pull-request.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { GithubConnection } from '../github-connection.ts';
import type { ToldPullRequest } from './held-pull-request.ts';
import { GithubCallFailed } from './github-call-failed.ts';

/** What GitHub says of a pull request now; `gone` where it has none of that number. Throws GithubCallFailed. */
export async function askPullRequest(
  { installationId, fullName }: RepositoryRow,
  number: number,
  github: GithubConnection,
  options: CallOptions,
): Promise<ToldPullRequest | 'gone'> {
  const connection = await github.read();
  if (connection.state !== 'ready') throw new GithubCallFailed('There is no GitHub App here.');
  const client = connection.clients.installation(installationId);
  const read = await readPullRequest(client, placeOfRepository(fullName), number, options);
  if (read.ok) return toldOf(read.value);
  if (read.failure.kind === 'not_found') return 'gone';
  throw new GithubCallFailed(read.failure.message);
}

function toldOf(pull: GithubPullRequest): ToldPullRequest {
  const { headRef, headCommit, headRepositoryId, baseRef, baseRepositoryId, ...rest } = pull;
  return {
    ...rest,
    head: { repositoryId: headRepositoryId, ref: headRef, sha: headCommit },
    base: { repositoryId: baseRepositoryId, ref: baseRef },
  };
}
