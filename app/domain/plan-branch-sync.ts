/** A branch as the database has it; `deletedAt` is null while it lives. */
export interface RecordedBranch {
  readonly name: string;
  readonly generation: number;
  readonly deletedAt: Date | null;
}

export interface BranchSync<Branch> {
  /** Living ones that the repository does not have any more. */
  readonly gone: readonly Branch[];
  /** Ones that were gone and that the repository has again. */
  readonly back: readonly Branch[];
}

/**
 * What a repository's list of branches says about the recorded ones. An empty list says nothing: it is more likely
 * a repository that is being moved or restored than one whose sites should all go.
 */
export function planBranchSync<Branch extends RecordedBranch>(
  recorded: readonly Branch[],
  listed: ReadonlyMap<string, unknown>,
): BranchSync<Branch> {
  if (listed.size === 0) return { gone: [], back: [] };
  return {
    gone: recorded.filter(({ name, deletedAt }) => deletedAt === null && !listed.has(name)),
    back: recorded.filter(({ name, deletedAt }) => deletedAt !== null && listed.has(name)),
  };
}
