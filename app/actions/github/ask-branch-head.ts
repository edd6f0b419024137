import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { BranchHead } from '../../domain/github/decide-push.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { readBranchHead } from '../../github/client/read-branch-head.ts';
import { readCommitMessage } from '../../github/client/read-commit-message.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { GithubConnection } from '../github-connection.ts';
import { GithubCallFailed } from './github-call-failed.ts';

/** Where GitHub says that a branch is, with the commit's message. Throws GithubCallFailed. */
export async function askBranchHead(
  { installationId, fullName }: RepositoryRow,
  branch: string,
  github: GithubConnection,
  options: CallOptions,
): Promise<BranchHead> {
  const connection = await github.read();
  if (connection.state !== 'ready') throw new GithubCallFailed('There is no GitHub App here.');
  const client = connection.clients.installation(installationId);
  const place = placeOfRepository(fullName);
  const head = await readBranchHead(client, place, branch, options);
  if (!head.ok) throw new GithubCallFailed(head.failure.message);
  if (head.value.state === 'gone') return 'gone';
  const message = await readCommitMessage(client, place, head.value.commit, options);
  if (!message.ok) throw new GithubCallFailed(message.failure.message);
  return { commit: head.value.commit, message: message.value };
}
