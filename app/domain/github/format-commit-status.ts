import type { FailureReason } from '../../../contracts/phases.ts';
import { explainFailure } from '../explain-failure.ts';
import type { DeploymentStatus } from '../words.ts';
import { toLine } from './neutralise-text.ts';

/** GitHub refuses longer ones. */
export const MAX_DESCRIPTION_LENGTH = 140;

export interface ReportedDeployment {
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  /** What went wrong, why it was skipped, or why its approval was refused; masked. */
  readonly message: string | null;
}

/** The body of `POST /repos/{owner}/{repo}/statuses/{sha}`. */
export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly context: string;
  readonly description: string;
  readonly target_url: string;
}

/**
 * What the commit says of the deployment. A branch may require the status, so whatever is over has an end: skipped is
 * a success (there was nothing to do), while what was canceled or superseded was never tried, and no success.
 */
export function formatCommitStatus(
  deployment: ReportedDeployment,
  projectSlug: string,
  pageUrl: string,
): CommitStatus {
  return {
    state: stateOf(deployment),
    context: `offshoot/${projectSlug}`,
    description: describeDeployment(deployment),
    target_url: pageUrl,
  };
}

function stateOf({ status, reason }: ReportedDeployment): CommitStatus['state'] {
  switch (status) {
    case 'queued':
    case 'launching':
    case 'building':
    case 'blocked':
      return 'pending';
    case 'ready':
    case 'skipped':
      return 'success';
    case 'canceled':
    case 'superseded':
      return 'error';
    case 'failed':
      return isOurFault(reason) ? 'error' : 'failure';
  }
}

/** GitHub's two words for it: `failure` is the commit's, `error` is that nobody knows what the commit is worth. */
export function isOurFault(reason: FailureReason | null): boolean {
  return reason === null || reason === 'lost' || reason === 'launch_failed' || reason === 'clone_failed';
}

/** One sentence about the deployment, as statuses of commits and of GitHub's deployments show it. */
export function describeDeployment({ status, reason, message }: ReportedDeployment): string {
  if (status === 'failed') {
    const title = reason === null ? 'It failed' : explainFailure(reason).title;
    return toLine(message === null ? `${title}.` : `${title}: ${message}`, MAX_DESCRIPTION_LENGTH);
  }
  if ((status === 'skipped' || status === 'blocked') && message !== null)
    return toLine(message, MAX_DESCRIPTION_LENGTH);
  return SENTENCES[status];
}

const SENTENCES: Readonly<Record<Exclude<DeploymentStatus, 'failed'>, string>> = {
  queued: 'It waits for a builder.',
  launching: 'A builder is starting.',
  building: 'The build runs.',
  ready: 'It was built and published.',
  canceled: 'It was canceled before it was done.',
  superseded: 'A newer deployment took its place before it was built.',
  blocked: 'It comes from a fork: somebody with write permission has to approve this commit.',
  skipped: 'Nothing was built, because the commit asks for that.',
};
