import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

const pullRequestSchema = z.object({
  number: z.number(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  draft: z.boolean().nullish(),
  user: z.object({ login: z.string() }).nullable(),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ id: z.number() }).nullable() }),
  base: z.object({ ref: z.string(), repo: z.object({ id: z.number() }) }),
  updated_at: z.iso.datetime({ offset: true }),
});

export interface GithubPullRequest {
  readonly number: number;
  readonly isOpen: boolean;
  readonly title: string;
  readonly isDraft: boolean;
  /** `ghost` where the account was deleted, as GitHub shows it. */
  readonly authorLogin: string;
  readonly headRef: string;
  readonly headCommit: string;
  /** Null when the fork is gone. */
  readonly headRepositoryId: number | null;
  readonly baseRef: string;
  readonly baseRepositoryId: number;
  readonly updatedAt: Date;
}

/** A pull request as it is now. */
export async function readPullRequest(
  client: Octokit,
  place: RepositoryPlace,
  number: number,
  options: CallOptions,
): Promise<GithubResult<GithubPullRequest>> {
  const wanted = { ...place, pull_number: number };
  const read = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', wanted),
    pullRequestSchema,
    options,
  );
  return read.ok ? { ok: true, value: pullRequestOf(read.value) } : read;
}

function pullRequestOf(pull: z.infer<typeof pullRequestSchema>): GithubPullRequest {
  const { number, state, title, draft, user, head, base, updated_at } = pull;
  return {
    number,
    isOpen: state === 'open',
    title,
    isDraft: draft === true,
    authorLogin: user?.login ?? 'ghost',
    headRef: head.ref,
    headCommit: head.sha,
    headRepositoryId: head.repo?.id ?? null,
    baseRef: base.ref,
    baseRepositoryId: base.repo.id,
    updatedAt: new Date(updated_at),
  };
}
