import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import { type Right, rightOf } from '../../domain/rights.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';

const PAGE_SIZE = 100;
/** 1,000 accounts that have installed the App. */
const MAX_INSTALLATION_PAGES = 10;
/** Of all lists together: 20,000 repositories of one person. */
const MAX_REPOSITORY_PAGES = 200;

const installationsSchema = z.object({
  installations: z.array(z.object({ id: z.number(), suspended_at: z.string().nullish() })),
});
const permissionsSchema = z.object({
  admin: z.boolean().optional(),
  maintain: z.boolean().optional(),
  push: z.boolean().optional(),
  triage: z.boolean().optional(),
  pull: z.boolean().optional(),
});
const repositoriesSchema = z.object({
  repositories: z.array(z.object({ id: z.number(), permissions: permissionsSchema.optional() })),
});

export interface UserRights {
  /** By the number of the repository. */
  readonly byRepository: ReadonlyMap<number, Right>;
  /** False when there are more repositories than are asked for: nothing is told of the rest. */
  readonly isComplete: boolean;
}

/**
 * What somebody may do with all repositories that the App is installed on: theirs, and those of which they are a
 * collaborator or a member of the organisation. That a repository is public gives nobody a right. `client` signs in by
 * the person's own token.
 */
export async function listUserRights(
  client: Octokit,
  options: CallOptions,
): Promise<GithubResult<UserRights>> {
  const installations = await listInstallations(client, options);
  if (!installations.ok) return installations;
  const byRepository = new Map<number, Right>();
  let pagesLeft = MAX_REPOSITORY_PAGES;
  for (const id of installations.value) {
    const listed = await addRights(client, id, byRepository, pagesLeft, options);
    if (!listed.ok) return listed;
    pagesLeft -= listed.value;
    if (pagesLeft === 0) return { ok: true, value: { byRepository, isComplete: false } };
  }
  return { ok: true, value: { byRepository, isComplete: true } };
}

/** Where the App works: what is suspended grants nothing. */
async function listInstallations(client: Octokit, options: CallOptions): Promise<GithubResult<number[]>> {
  const ids: number[] = [];
  for (let page = 1; page <= MAX_INSTALLATION_PAGES; page += 1) {
    const call = () => client.request('GET /user/installations', { per_page: PAGE_SIZE, page });
    const listed = await callGithub(call, installationsSchema, options);
    if (!listed.ok) return listed;
    const { installations } = listed.value;
    ids.push(...installations.filter((each) => !each.suspended_at).map(({ id }) => id));
    if (installations.length < PAGE_SIZE) break;
  }
  return { ok: true, value: ids };
}

/** The pages that it took; all that were left when there may be more. */
async function addRights(
  client: Octokit,
  installationId: number,
  byRepository: Map<number, Right>,
  maxPages: number,
  options: CallOptions,
): Promise<GithubResult<number>> {
  for (let page = 1; page <= maxPages; page += 1) {
    const wanted = { installation_id: installationId, per_page: PAGE_SIZE, page };
    const call = () => client.request('GET /user/installations/{installation_id}/repositories', wanted);
    const listed = await callGithub(call, repositoriesSchema, options);
    if (!listed.ok) return isRefusal(listed.failure.kind) ? { ok: true, value: page } : listed;
    const { repositories } = listed.value;
    for (const { id, permissions } of repositories) {
      const right = rightOf(permissions ?? {});
      if (right !== undefined) byRepository.set(id, right);
    }
    if (repositories.length < PAGE_SIZE) return { ok: true, value: page };
  }
  return { ok: true, value: maxPages };
}

/** Removed or suspended in this very moment, or an organisation asks for more than this sign-in: no rights there. */
function isRefusal(kind: string): boolean {
  return kind === 'not_found' || kind === 'forbidden' || kind === 'suspended';
}
