import type { RepositoryRow } from '../../db/github-repositories.ts';
import { type GithubPullRequest, readPullRequest } from '../../github/client/read-pull-request.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { ToldPullRequest } from './held-pull-request.ts';
import { answerOf, type AskGithubDependencies, openQuestions } from './ask-github.ts';

/** What GitHub says of a pull request now; `gone` where it has none of that number. Throws GithubCallFailed. */
export async function askPullRequest(
  { installationId, fullName }: RepositoryRow,
  number: number,
  dependencies: AskGithubDependencies,
): Promise<ToldPullRequest | 'gone'> {
  const ask = await openQuestions(installationId, dependencies);
  const place = placeOfRepository(fullName);
  const read = await ask((client) => readPullRequest(client, place, number, dependencies));
  if (!read.ok && read.failure.kind === 'not_found') return 'gone';
  return toldOf(answerOf(read));
}

function toldOf(pull: GithubPullRequest): ToldPullRequest {
  const { headRef, headCommit, headRepositoryId, baseRef, baseRepositoryId, ...rest } = pull;
  return {
    ...rest,
    head: { repositoryId: headRepositoryId, ref: headRef, sha: headCommit },
    base: { repositoryId: baseRepositoryId, ref: baseRef },
  };
}
