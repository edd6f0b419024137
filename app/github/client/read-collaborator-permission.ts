import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

/** GitHub counts maintainers as `write` and triagers as `read`. */
const PERMISSIONS = ['none', 'read', 'write', 'admin'] as const;
export type CollaboratorPermission = (typeof PERMISSIONS)[number];

const permissionSchema = z.object({ permission: z.enum(PERMISSIONS) });

/** What somebody may do with a repository, asked from GitHub now: what a webhook says of its author may be forged. */
export async function readCollaboratorPermission(
  client: Octokit,
  place: RepositoryPlace,
  login: string,
  options: CallOptions,
): Promise<GithubResult<CollaboratorPermission>> {
  const wanted = { ...place, username: login };
  const read = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', wanted),
    permissionSchema,
    options,
  );
  if (read.ok) return { ok: true, value: read.value.permission };
  // Nobody of that name, or nobody that the repository knows: neither may do anything.
  return read.failure.kind === 'not_found' ? { ok: true, value: 'none' } : read;
}
