import type { ProjectRow } from '../../db/projects.ts';
import type { PullRequestRow } from '../../db/pull-requests.ts';
import type { PullRequestState } from '../../domain/github/decide-pull-request.ts';

/** What GitHub says of a pull request, with all that is recorded of it. */
export interface ToldPullRequest extends PullRequestState {
  readonly authorLogin: string;
}

/** A pull request of one project, which the transaction has locked. */
export interface HeldPullRequest {
  readonly project: ProjectRow;
  readonly recorded: PullRequestRow | undefined;
  readonly told: ToldPullRequest;
  /** Whoever did it; null where only GitHub's answer told of it. */
  readonly senderLogin: string | null;
}
