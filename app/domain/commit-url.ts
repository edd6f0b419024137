/** How the path of a commit begins, below the repository's, on hosts that people know. */
const GITLAB = '-/commit';
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['github.com', 'commit'],
  ['gitlab.com', GITLAB],
  ['bitbucket.org', 'commits'],
  ['codeberg.org', 'commit'],
]);

/**
 * Where a commit can be read, for repositories on GitHub, GitLab (also one's own, by its usual name), Bitbucket and
 * Codeberg; null for others, whose pages nobody can guess. `gitUrl` is that of a project, without credentials.
 */
export function commitUrl(gitUrl: string | null, commit: string | null): string | null {
  if (gitUrl === null || commit === null || !URL.canParse(gitUrl)) return null;
  const { protocol, hostname, origin, pathname } = new URL(gitUrl);
  const infix = hostname.startsWith('gitlab.') ? GITLAB : HOSTS.get(hostname);
  if (!['https:', 'http:'].includes(protocol) || infix === undefined) return null;
  const repository = pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  return `${origin}${repository}/${infix}/${commit}`;
}
