/** The two repositories that a pull request is between, by GitHub's ids. */
export interface PullRequestSides {
  /** Null where it was deleted: only a fork can be, while the pull request is still there. */
  readonly headRepositoryId: number | null;
  readonly baseRepositoryId: number;
}

/**
 * Whether the commits of a pull request were pushed to the repository itself, by somebody who may write to it. Who
 * opened it, and what GitHub calls them (`author_association`), says nothing about that.
 */
export function isTrusted({ headRepositoryId, baseRepositoryId }: PullRequestSides): boolean {
  return headRepositoryId === baseRepositoryId;
}
