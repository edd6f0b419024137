import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

const fileSchema = z
  .object({ type: z.literal('file'), encoding: z.literal('base64'), content: z.string() })
  .transform(({ content }) => Buffer.from(content, 'base64').toString());
/** A folder is a list of what is in it, and what is larger than a megabyte has no content. */
const somethingElse = z
  .union([z.array(z.unknown()), z.object({ type: z.string() })])
  .transform(() => undefined);
const contentSchema = z.union([fileSchema, somethingElse]);

/** The text of a small file at a commit; undefined where there is none. */
export async function readFile(
  client: Octokit,
  place: RepositoryPlace,
  { path, commit }: { readonly path: string; readonly commit: string },
  options: CallOptions,
): Promise<GithubResult<string | undefined>> {
  const wanted = { ...place, path, ref: commit };
  const read = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/contents/{path}', wanted),
    contentSchema,
    options,
  );
  return !read.ok && read.failure.kind === 'not_found' ? { ok: true, value: undefined } : read;
}
