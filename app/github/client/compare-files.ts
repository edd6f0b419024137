import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

/** GitHub tells no more files of a comparison, and does not say that there are more. */
const MAX_FILES = 300;

const comparisonSchema = z.object({
  status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).optional(),
});

export type ChangedFiles =
  | { readonly state: 'known'; readonly paths: readonly string[] }
  /** Whoever decides by files must take it that any may have changed. */
  | { readonly state: 'unknown' };

export interface Comparison {
  readonly base: string;
  readonly head: string;
  /**
   * `base`: known only where it is an ancestor of the head. GitHub compares with where both parted, which after a force
   * push hides what was taken back. `parting`: from where they parted on, which is what a branch is about.
   */
  readonly since: 'base' | 'parting';
}

/** The files that changed from one commit to another, renamed ones under both names. */
export async function compareFiles(
  client: Octokit,
  place: RepositoryPlace,
  { base, head, since }: Comparison,
  options: CallOptions,
): Promise<GithubResult<ChangedFiles>> {
  const wanted = { ...place, basehead: `${base}...${head}`, per_page: 1 };
  const compared = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/compare/{basehead}', wanted),
    comparisonSchema,
    options,
  );
  if (compared.ok) return { ok: true, value: changedFilesOf(compared.value, since) };
  // A commit that is gone after a force push, or too much to compare.
  const { kind } = compared.failure;
  return kind === 'not_found' || kind === 'refused' ? { ok: true, value: { state: 'unknown' } } : compared;
}

function changedFilesOf(
  { status, files }: z.infer<typeof comparisonSchema>,
  since: Comparison['since'],
): ChangedFiles {
  if (status === 'identical') return { state: 'known', paths: [] };
  if (since === 'base' && status !== 'ahead') return { state: 'unknown' };
  if (files === undefined || files.length >= MAX_FILES) return { state: 'unknown' };
  const paths = files.flatMap(({ filename, previous_filename }) => [
    filename,
    ...(previous_filename === undefined ? [] : [previous_filename]),
  ]);
  return { state: 'known', paths };
}
