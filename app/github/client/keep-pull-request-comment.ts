import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub, type WriteOptions } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

const PAGE_SIZE = 100;
/** Comments of one pull request that are looked through, from the oldest: ours is among the first. */
const MAX_PAGES = 20;

const commentSchema = z.object({
  id: z.number(),
  body: z.string().nullish(),
  performed_via_github_app: z.object({ id: z.number() }).nullish(),
});
type Comment = z.infer<typeof commentSchema>;

export interface PullRequestComment {
  readonly number: number;
  /** A line of the body that is nobody else's. */
  readonly marker: string;
  /** Holds the marker. */
  readonly body: string;
  /** The App that writes: what others copy out of our comment is not ours. */
  readonly appId: number;
}

/**
 * Makes a pull request have this one comment of ours: it is changed where it is, written anew where somebody has deleted
 * it, and what is there twice is removed. Writes to one installation come one after another (pace-writes.ts), so that
 * two processes never both find none.
 */
export async function keepPullRequestComment(
  client: Octokit,
  place: RepositoryPlace,
  comment: PullRequestComment,
  options: WriteOptions,
): Promise<GithubResult<{ readonly id: number }>> {
  const found = await findOurs(client, place, comment, options);
  if (!found.ok) return found;
  const [first, ...others] = found.value;
  for (const { id } of others) {
    const removed = await removeComment(client, place, id, options);
    if (!removed.ok) return removed;
    await options.pauseBetweenWrites();
  }
  if (first === undefined) return createComment(client, place, comment, options);
  if (first.body === comment.body) return { ok: true, value: { id: first.id } };
  const updated = await updateComment(client, place, first.id, comment.body, options);
  // Deleted since it was found.
  if (!updated.ok && updated.failure.kind === 'not_found') {
    await options.pauseBetweenWrites();
    return createComment(client, place, comment, options);
  }
  return updated;
}

/** The oldest first. */
async function findOurs(
  client: Octokit,
  place: RepositoryPlace,
  { number, marker, appId }: PullRequestComment,
  options: CallOptions,
): Promise<GithubResult<Comment[]>> {
  const ours: Comment[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const wanted = { ...place, issue_number: number, per_page: PAGE_SIZE, page };
    const listed = await callGithub(
      () => client.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', wanted),
      z.array(commentSchema),
      options,
    );
    if (!listed.ok) return listed;
    ours.push(...listed.value.filter((comment) => isOurs(comment, marker, appId)));
    if (listed.value.length < PAGE_SIZE) break;
  }
  return { ok: true, value: ours };
}

function isOurs({ body, performed_via_github_app }: Comment, marker: string, appId: number): boolean {
  return performed_via_github_app?.id === appId && body?.includes(marker) === true;
}

function createComment(
  client: Octokit,
  place: RepositoryPlace,
  { number, body }: PullRequestComment,
  options: CallOptions,
): Promise<GithubResult<{ readonly id: number }>> {
  const wanted = { ...place, issue_number: number, body };
  return callGithub(
    () => client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', wanted),
    commentSchema,
    options,
  );
}

function updateComment(
  client: Octokit,
  place: RepositoryPlace,
  id: number,
  body: string,
  options: CallOptions,
): Promise<GithubResult<{ readonly id: number }>> {
  return callGithub(
    () =>
      client.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...place,
        comment_id: id,
        body,
      }),
    commentSchema,
    options,
  );
}

/** One that is gone already is removed. */
async function removeComment(
  client: Octokit,
  place: RepositoryPlace,
  id: number,
  options: CallOptions,
): Promise<GithubResult<unknown>> {
  const removed = await callGithub(
    () =>
      client.request('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...place,
        comment_id: id,
      }),
    z.unknown(),
    options,
  );
  if (!removed.ok && removed.failure.kind !== 'not_found') return removed;
  return { ok: true, value: undefined };
}
