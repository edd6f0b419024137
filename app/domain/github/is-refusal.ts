import { type GithubFailure, isPassing } from '../github-failure.ts';

/**
 * Whether GitHub will never do what it was asked: a thousand statuses of a commit, a locked conversation, an archived
 * repository, a missing permission. While the App itself is refused, or suspended, nothing is known of what it asked.
 */
export function isRefusal(failure: GithubFailure): boolean {
  return !isPassing(failure) && failure.kind !== 'unauthorized' && failure.kind !== 'suspended';
}
