/** GitHub's merge queue tries on branches of this name what the branch would be like that others are merged into. */
const MERGE_QUEUE = 'gh-readonly-queue/';

/** Its branches are built and reported; nobody visits them, so they have no host. */
export function isMergeQueueBranch(branch: string): boolean {
  return branch.startsWith(MERGE_QUEUE);
}
