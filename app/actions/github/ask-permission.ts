import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { Permission } from '../../domain/github/decide-approval.ts';
import { readCollaboratorPermission } from '../../github/client/read-collaborator-permission.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import { answerOf, type AskGithubDependencies, openQuestions } from './ask-github.ts';

/** What somebody may do with a repository, as GitHub says now. Throws GithubCallFailed. */
export async function askPermission(
  { installationId, fullName }: RepositoryRow,
  login: string,
  dependencies: AskGithubDependencies,
): Promise<Permission> {
  const ask = await openQuestions(installationId, dependencies);
  const place = placeOfRepository(fullName);
  return answerOf(await ask((client) => readCollaboratorPermission(client, place, login, dependencies)));
}
