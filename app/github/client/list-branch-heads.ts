import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

/** GitHub answers with all refs at once; an Enterprise Server of before did so in pages. */
const MAX_PAGES = 20;
const PREFIX = 'refs/heads/';

const refsSchema = z.array(
  z.object({
    ref: z.string(),
    object: z.object({ sha: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/) }),
  }),
);

/** Branch → commit of all branches of a repository. Read as refs: lists of branches come a hundred at a time. */
export async function listBranchHeads(
  client: Octokit,
  place: RepositoryPlace,
  options: CallOptions,
): Promise<GithubResult<ReadonlyMap<string, string>>> {
  const heads = new Map<string, string>();
  let page: number | undefined;
  for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
    let link: string | undefined;
    const wanted = { ...place, ref: 'heads/', ...(page === undefined ? {} : { page }) };
    const listed = await callGithub(
      async () => {
        const answer = await client.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', wanted);
        link = answer.headers.link;
        return answer;
      },
      refsSchema,
      options,
    );
    if (!listed.ok) return isEmptyRepository(listed.failure) ? { ok: true, value: heads } : listed;
    for (const { ref, object } of listed.value) heads.set(ref.slice(PREFIX.length), object.sha);
    page = nextPageOf(link);
    if (page === undefined) break;
  }
  return { ok: true, value: heads };
}

function nextPageOf(link: string | undefined): number | undefined {
  const url = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (url === undefined || !URL.canParse(url)) return undefined;
  const page = Number(new URL(url).searchParams.get('page'));
  return Number.isInteger(page) && page > 1 ? page : undefined;
}

function isEmptyRepository(failure: { readonly kind: string; readonly status?: number }): boolean {
  return failure.kind === 'refused' && failure.status === 409;
}
