import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

const refSchema = z.object({
  ref: z.string(),
  object: z.object({ sha: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/) }),
});

export type BranchHead =
  | { readonly state: 'there'; readonly commit: string }
  /** The repository is there, the branch is not. */
  | { readonly state: 'gone' };

/**
 * The commit that a branch is at. Read as a ref: as a branch GitHub would answer with another one where it was renamed.
 * For a missing branch and for a repository that the App lost, GitHub says the same, so the repository is asked too: the
 * one means that the branch was deleted, the other must not.
 */
export async function readBranchHead(
  client: Octokit,
  place: RepositoryPlace,
  branch: string,
  options: CallOptions,
): Promise<GithubResult<BranchHead>> {
  const wanted = { ...place, ref: `heads/${branch}` };
  const read = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/git/ref/{ref}', wanted),
    refSchema,
    options,
  );
  if (read.ok && read.value.ref === `refs/heads/${branch}`)
    return { ok: true, value: { state: 'there', commit: read.value.object.sha } };
  // 409: the repository has no commit at all.
  const isMissing = read.ok || read.failure.kind === 'not_found' || isEmptyRepository(read.failure);
  if (!isMissing) return read;
  const repository = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}', { ...place }),
    z.object({ id: z.number() }),
    options,
  );
  return repository.ok ? { ok: true, value: { state: 'gone' } } : repository;
}

function isEmptyRepository(failure: { readonly kind: string; readonly status?: number }): boolean {
  return failure.kind === 'refused' && failure.status === 409;
}
