import { formatGitUrl } from '../../git/parse-git-url.ts';
import type { Executor } from '../db/database.ts';
import { findRepository, type RepositoryRow } from '../db/github-repositories.ts';
import type { ProjectRow } from '../db/projects.ts';
import { isPassing } from '../domain/github-failure.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import type { CallOptions } from '../github/client/call-github.ts';
import { createCheckoutToken, revokeCheckoutToken } from '../github/client/checkout-token.ts';
import type { GithubConnection } from './github-connection.ts';
import { gitUrlOfProject } from './project-git-url.ts';

export type SourceUrl =
  /** With its credentials: never stored, logged or shown. Null for a project without a repository. */
  | { readonly ok: true; readonly url: string | null; readonly token: string | null }
  /** `message` is for people. `isPassing`: GitHub can't be asked at the moment, and may be able to answer soon. */
  | { readonly ok: false; readonly message: string; readonly isPassing: boolean };

export type FindSourceUrl = (project: SourceProject) => Promise<SourceUrl>;

export type SourceProject = Pick<ProjectRow, 'id' | 'gitUrl' | 'gitCredentials' | 'repositoryId'>;

export interface SourceUrlDependencies extends CallOptions {
  readonly db: Executor;
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly github: GithubConnection;
}

const SEALED =
  "The credentials of the project's Git URL can't be read: neither OFFSHOOT_SECRET_KEY nor one of " +
  'OFFSHOOT_OLD_SECRET_KEYS is the key that sealed them. Add that key to OFFSHOOT_OLD_SECRET_KEYS, or give the Git ' +
  'URL again, with its password, in the settings of the project.';

/**
 * How a project's repository is fetched now: with the credentials that somebody gave, or, where the GitHub App brought
 * the repository in, with a token that reads it and nothing else, made for this one time.
 */
export function createSourceUrls(dependencies: SourceUrlDependencies): FindSourceUrl {
  return async (project) => {
    if (project.repositoryId !== null && project.gitCredentials === null)
      return findByApp(project, project.repositoryId, dependencies);
    try {
      return { ok: true, url: gitUrlOfProject(project, dependencies.secrets), token: null };
    } catch (error) {
      if (error instanceof SealedTextError) return refuse(SEALED);
      throw error;
    }
  };
}

async function findByApp(
  project: SourceProject,
  repositoryId: number,
  { db, github, now }: SourceUrlDependencies,
): Promise<SourceUrl> {
  const connection = await github.read();
  const repository = await findRepository(db, repositoryId);
  const isInReach = connection.state === 'ready' && repository?.removedAt === null;
  if (!isInReach) return findWithoutApp(project, repository);
  const place = { installationId: repository.installationId, repositoryId };
  const made = await createCheckoutToken(connection.clients, place, { now });
  // The token goes to where the repository is, never to an address that a person has typed.
  if (made.ok)
    return {
      ok: true,
      url: withToken(`${repository.htmlUrl}.git`, made.value.token),
      token: made.value.token,
    };
  const message = `${repository.fullName} can't be fetched: ${made.failure.message}`;
  return { ok: false, message, isPassing: isPassing(made.failure) };
}

/** What everybody may read needs no App. */
function findWithoutApp({ gitUrl }: SourceProject, repository: RepositoryRow | undefined): SourceUrl {
  if (gitUrl !== null && repository?.isPrivate === false) return { ok: true, url: gitUrl, token: null };
  const isRemoved = repository !== undefined && repository.removedAt !== null;
  return refuse(isRemoved ? sayRemoved(repository.fullName) : NO_APP);
}

/** Ends a token that was made to ask, once the answer is there. One that can't be ended now is over within its hour. */
export function createTokenRevoker({
  github,
  now,
}: Omit<SourceUrlDependencies, 'db' | 'secrets'>): (token: string) => Promise<void> {
  return async (token) => {
    const connection = await github.read();
    if (connection.state === 'ready') await revokeCheckoutToken(connection.clients, token, { now });
  };
}

function refuse(message: string): SourceUrl {
  return { ok: false, message, isPassing: false };
}

const NO_APP =
  'This project came with a GitHub App that is not connected any more: connect it again at /setup, or give the ' +
  'project a Git URL with a password.';

function sayRemoved(fullName: string): string {
  return `The GitHub App has no access to ${fullName} any more: give it access again in the settings of its installation.`;
}

function withToken(gitUrl: string, token: string): string {
  return formatGitUrl(gitUrl, `x-access-token:${token}`);
}
