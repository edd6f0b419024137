import type { RepositoryRow } from '../../db/github-repositories.ts';
import type { BranchHead } from '../../domain/github/decide-push.ts';
import { type GithubResult, isPassing } from '../../domain/github-failure.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { type PaceDependencies, paceRead } from '../../github/client/pace-writes.ts';
import { readBranchHead } from '../../github/client/read-branch-head.ts';
import { readCommitMessage } from '../../github/client/read-commit-message.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { GithubConnection } from '../github-connection.ts';
import { GithubCallFailed } from './github-call-failed.ts';

export interface AskBranchHeadDependencies extends CallOptions {
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
}

/** Where GitHub says that a branch is, with the commit's message. Throws GithubCallFailed. */
export async function askBranchHead(
  { installationId, fullName }: RepositoryRow,
  branch: string,
  { github, githubPace, now }: AskBranchHeadDependencies,
): Promise<BranchHead> {
  const connection = await github.read();
  if (connection.state !== 'ready') throw new GithubCallFailed('There is no GitHub App here.');
  const client = connection.clients.installation(installationId);
  const place = placeOfRepository(fullName);
  const ask = async <Value>(read: () => Promise<GithubResult<Value>>): Promise<Value> => {
    const paced = await paceRead(installationId, read, githubPace);
    if (paced.outcome === 'wait') throw new GithubCallFailed('GitHub asks for silence.', paced.until);
    const { result } = paced;
    if (result.ok) return result.value;
    const { failure } = result;
    throw new GithubCallFailed(failure.message, isPassing(failure) ? failure.retryAt : null);
  };
  const head = await ask(() => readBranchHead(client, place, branch, { now }));
  if (head.state === 'gone') return 'gone';
  const message = await ask(() => readCommitMessage(client, place, head.commit, { now }));
  return { commit: head.commit, message };
}
