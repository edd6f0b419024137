/** A repository as GitHub's addresses name it. Renames are followed by GitHub's own redirects. */
export interface RepositoryPlace {
  readonly owner: string;
  readonly repo: string;
}

/** Reads `owner/name`. Throws on anything else: our own table holds it. */
export function placeOfRepository(fullName: string): RepositoryPlace {
  const [owner, repo, ...more] = fullName.split('/');
  if (!owner || !repo || more.length > 0) throw new Error(`"${fullName}" is no owner/name of a repository`);
  return { owner, repo };
}
