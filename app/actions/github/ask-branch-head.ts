import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { BranchHead } from '../../domain/github/decide-push.ts';
import { readBranchHead } from '../../github/client/read-branch-head.ts';
import { readCommitMessage } from '../../github/client/read-commit-message.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import { answerOf, type AskGithubDependencies, openQuestions } from './ask-github.ts';

/** Where GitHub says that a branch is, with the commit's message. Throws GithubCallFailed. */
export async function askBranchHead(
  { installationId, fullName }: RepositoryRow,
  branch: string,
  dependencies: AskGithubDependencies,
): Promise<BranchHead> {
  const ask = await openQuestions(installationId, dependencies);
  const place = placeOfRepository(fullName);
  const head = answerOf(await ask((client) => readBranchHead(client, place, branch, dependencies)));
  if (head.state === 'gone') return 'gone';
  const { commit } = head;
  const message = answerOf(await ask((client) => readCommitMessage(client, place, commit, dependencies)));
  return { commit, message };
}
