import type { FailureReason } from '../../contracts/phases.ts';
import type { AttemptStatus } from './words.ts';

/** How an attempt can end without an answer of its builder. */
export type Interruption = 'lost' | 'launch_failed' | 'released' | 'canceled';

export interface InterruptedDeployment {
  /** Attempts that may still be started, this one not counted. */
  readonly attemptsLeft: number;
  readonly cancelRequested: boolean;
  /** Whoever uploads brings the output, and nobody but him can begin again. */
  readonly isUpload: boolean;
}

export type AttemptEnd =
  | { readonly event: 'requeue'; readonly attempt: AttemptStatus; readonly attemptsLeft: number }
  | { readonly event: 'fail'; readonly attempt: AttemptStatus; readonly reason: FailureReason }
  | { readonly event: 'cancel'; readonly attempt: AttemptStatus };

/**
 * What an interrupted attempt means for its deployment. A lost machine costs one attempt; handing a build back
 * (the app shuts down) costs none; somebody who asked to cancel never sees it start again. An upload that is handed back
 * is given up by its uploader: it would wait in the queue for ever.
 */
export function decideAttemptEnd(interruption: Interruption, deployment: InterruptedDeployment): AttemptEnd {
  const attempt = interruption === 'launch_failed' ? 'failed' : interruption;
  const { attemptsLeft, cancelRequested, isUpload } = deployment;
  if (interruption === 'canceled' || cancelRequested) return { event: 'cancel', attempt };
  if (interruption === 'released') {
    if (isUpload) return { event: 'cancel', attempt };
    return { event: 'requeue', attempt, attemptsLeft: attemptsLeft + 1 };
  }
  if (attemptsLeft > 0 && !isUpload) return { event: 'requeue', attempt, attemptsLeft };
  return { event: 'fail', attempt, reason: interruption };
}

export interface OpenAttempt {
  readonly status: 'launching' | 'running';
  readonly leaseExpired: boolean;
  readonly cancelOverdue: boolean;
}

/**
 * Is an attempt over that says nothing? `builder` is what its launcher sees. A builder that is gone never comes
 * back, so its lease need not run out; one that runs but lost its lease is stopped.
 */
export function decideInterruption(
  attempt: OpenAttempt,
  builder: 'running' | 'gone' | 'unknown' | 'not-started',
): Interruption | undefined {
  if (attempt.cancelOverdue) return 'canceled';
  if (builder === 'gone') return 'lost';
  if (!attempt.leaseExpired) return undefined;
  const neverStarted = attempt.status === 'launching' && builder === 'not-started';
  return neverStarted ? 'launch_failed' : 'lost';
}
