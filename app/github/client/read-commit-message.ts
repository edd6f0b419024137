import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

const message = z.string().transform((text) => text.toWellFormed().replaceAll('\0', ''));
const commitSchema = z.object({ commit: z.object({ message }) });

/** The whole message of a commit. */
export async function readCommitMessage(
  client: Octokit,
  place: RepositoryPlace,
  commit: string,
  options: CallOptions,
): Promise<GithubResult<string>> {
  const read = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/commits/{ref}', { ...place, ref: commit }),
    commitSchema,
    options,
  );
  return read.ok ? { ok: true, value: read.value.commit.message } : read;
}
