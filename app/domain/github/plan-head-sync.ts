/** Each becomes a question to GitHub; what is left comes in the next round. */
export const MAX_HEAD_SYNCS = 100;

/** A branch as it is recorded. */
export interface HeadRecord {
  readonly name: string;
  /** Null where it was deleted, or where a folder was uploaded last. */
  readonly commit: string | null;
  readonly deletedAt: Date | null;
}

/**
 * The recorded branches that GitHub's list of heads (branch to commit) shows elsewhere, for `sync-branch` to ask about:
 * a webhook was lost, or has not come yet. Branches that were never seen are left alone, or the first look at an old
 * repository would build all of it; so are uploaded ones, of which the repository knows nothing. An empty list is more
 * likely a repository that is being moved than one without a branch.
 */
export function planHeadSync(recorded: readonly HeadRecord[], heads: ReadonlyMap<string, string>): string[] {
  if (heads.size === 0) return [];
  return recorded
    .filter(({ name, commit, deletedAt }) => {
      const head = heads.get(name);
      if (deletedAt !== null) return head !== undefined;
      return commit !== null && head !== commit;
    })
    .map(({ name }) => name)
    .slice(0, MAX_HEAD_SYNCS);
}
