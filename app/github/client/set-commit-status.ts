import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

export interface CommitStatus {
  readonly commit: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** Whose status it is: the newest of a context counts. */
  readonly context: string;
  /** At most 140 characters. */
  readonly description: string;
  readonly targetUrl: string;
}

/** Says how a commit is doing. GitHub takes 1,000 a commit and context, then refuses for good. */
export async function setCommitStatus(
  client: Octokit,
  place: RepositoryPlace,
  { commit, state, context, description, targetUrl }: CommitStatus,
  options: CallOptions,
): Promise<GithubResult<unknown>> {
  const call = () =>
    client.request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      ...place,
      sha: commit,
      state,
      context,
      description,
      target_url: targetUrl,
    });
  return callGithub(call, z.object({ id: z.number() }), options);
}
