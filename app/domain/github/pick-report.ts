import { isFinal } from '../transition.ts';
import type { DeploymentStatus } from '../words.ts';

/** What GitHub does not show as it is, as far as it counts for the order of writes. */
export type RankedReport =
  | {
      readonly kind: 'status';
      readonly status: DeploymentStatus;
      readonly reportedStatus: DeploymentStatus | null;
    }
  | { readonly kind: 'comment'; readonly isOver: boolean }
  | { readonly kind: 'deployment'; readonly shows: DeploymentStatus | 'replaced' };

/** From the first to the last. An installation has one write a second, and a push with a pull request wants ten. */
const ORDER = [
  /** What merges wait for, and what says in one write whether it went well. */
  'ended status',
  /** Address and end of the log of all projects, in one write. */
  'ended comment',
  /** “View deployment”; two writes where GitHub has not heard of it yet. */
  'ended deployment',
  /** That the push was seen. */
  'first status',
  'comment',
  /** It costs two writes, and says what the status says. */
  'deployment',
  'later status',
  /** Tidying: a newer one stands above it already. */
  'replaced deployment',
] as const;

/** What to tell an installation next, of the first that is due of each kind; undefined when nothing is. */
export function pickReport<Report extends RankedReport>(reports: readonly Report[]): Report | undefined {
  return reports.toSorted((a, b) => rankReport(a) - rankReport(b)).at(0);
}

/** The smaller, the sooner: what is over comes before all that is under way, which may be over when its turn comes. */
export function rankReport(report: RankedReport): number {
  return ORDER.indexOf(placeOf(report));
}

function placeOf(report: RankedReport): (typeof ORDER)[number] {
  switch (report.kind) {
    case 'status':
      if (isFinal(report.status)) return 'ended status';
      return report.reportedStatus === null ? 'first status' : 'later status';
    case 'comment':
      return report.isOver ? 'ended comment' : 'comment';
    case 'deployment':
      return placeOfDeployment(report.shows);
  }
}

function placeOfDeployment(shows: DeploymentStatus | 'replaced'): (typeof ORDER)[number] {
  if (shows === 'replaced' || shows === 'superseded') return 'replaced deployment';
  return isFinal(shows) ? 'ended deployment' : 'deployment';
}
