import type { Complete } from '../../contracts/build-report.ts';
import type { AttemptStatus } from './words.ts';

/** What a builder's last report makes of its attempt. */
export type ReportedEnd = 'published' | 'failed' | 'canceled' | 'released';

/** Somebody who asked to cancel sees neither a late artifact go live nor a failure: the build was canceled. */
export function decideReport(result: Complete['result'], cancelRequested: boolean): ReportedEnd {
  return cancelRequested && result !== 'released' ? 'canceled' : result;
}

/**
 * Whether a report about an ended attempt only repeats how it ended (its answer was lost). Any other one comes
 * from a builder that was given up.
 */
export function isRepeated(status: AttemptStatus, end: ReportedEnd): boolean {
  return status === end;
}
