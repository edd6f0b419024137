import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { Permission } from '../../domain/github/decide-approval.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { readCollaboratorPermission } from '../../github/client/read-collaborator-permission.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { GithubConnection } from '../github-connection.ts';
import { GithubCallFailed } from './github-call-failed.ts';

/** What somebody may do with a repository, as GitHub says now. Throws GithubCallFailed. */
export async function askPermission(
  { installationId, fullName }: RepositoryRow,
  login: string,
  github: GithubConnection,
  options: CallOptions,
): Promise<Permission> {
  const connection = await github.read();
  if (connection.state !== 'ready') throw new GithubCallFailed('There is no GitHub App here.');
  const client = connection.clients.installation(installationId);
  const read = await readCollaboratorPermission(client, placeOfRepository(fullName), login, options);
  if (!read.ok) throw new GithubCallFailed(read.failure.message);
  return read.value;
}
