import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const PAGE_SIZE = 100;
/** 20,000 repositories of one account. */
const MAX_PAGES = 200;

const pageSchema = z.object({
  repositories: z.array(
    z.object({
      id: z.number(),
      full_name: z.string(),
      html_url: z.string(),
      default_branch: z.string(),
      private: z.boolean(),
    }),
  ),
});

export interface InstalledRepository {
  readonly id: number;
  /** `owner/name`. */
  readonly fullName: string;
  readonly htmlUrl: string;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
}

export interface InstalledRepositories {
  readonly repositories: readonly InstalledRepository[];
  /** False when there are more: then nothing may be taken for removed. */
  readonly isComplete: boolean;
}

/** What an installation was given. `client` is that of the installation. */
export async function listInstallationRepositories(
  client: Octokit,
  options: CallOptions,
): Promise<GithubResult<InstalledRepositories>> {
  const repositories: InstalledRepository[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const listed = await callGithub(
      () => client.request('GET /installation/repositories', { per_page: PAGE_SIZE, page }),
      pageSchema,
      options,
    );
    if (!listed.ok) return listed;
    const found = listed.value.repositories;
    repositories.push(...found.map(repositoryOf));
    if (found.length < PAGE_SIZE) return { ok: true, value: { repositories, isComplete: true } };
  }
  return { ok: true, value: { repositories, isComplete: false } };
}

function repositoryOf(repository: z.infer<typeof pageSchema>['repositories'][number]): InstalledRepository {
  const { id, full_name, html_url, default_branch, private: isPrivate } = repository;
  return { id, fullName: full_name, htmlUrl: html_url, defaultBranch: default_branch, isPrivate };
}
