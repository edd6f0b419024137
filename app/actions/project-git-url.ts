import { formatGitUrl } from '../../git/parse-git-url.ts';
import type { ProjectRow } from '../db/projects.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';

/**
 * The project's Git URL with its credentials, as Git needs it: never stored, logged or shown. Null for a project
 * without a repository. Throws SealedTextError when the key that sealed them is gone.
 */
export function gitUrlOfProject(
  project: Pick<ProjectRow, 'id' | 'gitUrl' | 'gitCredentials'>,
  secrets: Pick<SecretBox, 'open'>,
): string | null {
  const { gitUrl, gitCredentials } = project;
  if (gitUrl === null || gitCredentials === null) return gitUrl;
  return formatGitUrl(gitUrl, secrets.open(gitCredentials, sealingContext('gitCredentials', project.id)));
}

/** What the database keeps of `user:password`; null when there are none. */
export function sealGitCredentials(
  projectId: string,
  credentials: string | null,
  secrets: Pick<SecretBox, 'seal'>,
): string | null {
  return credentials === null ? null : secrets.seal(credentials, sealingContext('gitCredentials', projectId));
}
