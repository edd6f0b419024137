import type { Database } from '../../db/database.ts';
import { type DueReport, listDueReports, markReported, markReportRefused } from '../../db/github-reports.ts';
import { formatCommitStatus } from '../../domain/github/format-commit-status.ts';
import { type GithubFailure, isPassing } from '../../domain/github-failure.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import type { GithubClients } from '../../github/client/app-octokit.ts';
import { type PaceDependencies, paceWrite } from '../../github/client/pace-writes.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import { setCommitStatus } from '../../github/client/set-commit-status.ts';
import type { JobSender } from '../../jobs/queue.ts';
import type { GithubConnection } from '../github-connection.ts';

export interface ReportDeploymentsDependencies extends CallOptions {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
}

/** Installations that one job tells; there is another one for the rest. */
const MAX_INSTALLATIONS = 50;
/** After a failure for which GitHub named no time. */
const RETRY_MS = 10_000;
/** While the App itself is refused: somebody has to mend it. */
const BROKEN_RETRY_MS = 60_000;

/**
 * Makes commits at GitHub show how their deployments are doing: the present state, however many there were before it.
 * One write for each installation that has something to say, then the job comes again as soon as the next may be made.
 */
export async function reportDeployments(dependencies: ReportDeploymentsDependencies): Promise<void> {
  const { db, jobs, github, now } = dependencies;
  const due = await listDueReports(db, MAX_INSTALLATIONS);
  if (due.length === 0) return;
  const connection = await github.read();
  if (connection.state !== 'ready') return;
  const nextAt = await Promise.all(due.map((report) => tell(report, connection.clients, dependencies)));
  const delayMs = Math.max(0, Math.min(...nextAt) - now());
  await jobs.send(db, 'report-deployments', {}, { startAfter: Math.ceil(delayMs / 1000) });
}

/** When the installation may be told more: epoch milliseconds. */
async function tell(
  report: DueReport,
  clients: GithubClients,
  dependencies: ReportDeploymentsDependencies,
): Promise<number> {
  const { db, now, githubPace, appUrl } = dependencies;
  const page = new URL(`/deployments/${report.id}`, appUrl).href;
  const { target_url: targetUrl, ...status } = formatCommitStatus(report, report.slug, page);
  const write = async () =>
    setCommitStatus(
      clients.installation(report.installationId),
      placeOfRepository(report.fullName),
      { ...status, targetUrl, commit: report.commit },
      { now },
    );
  const paced = await paceWrite(report.installationId, write, githubPace);
  if (paced.outcome === 'wait') return paced.until;
  if (!paced.result.ok) return readFailure(report, paced.result.failure, dependencies);
  await markReported(db, report);
  return now();
}

async function readFailure(
  { id, installationId }: DueReport,
  failure: GithubFailure,
  { db, now, githubPace }: ReportDeploymentsDependencies,
): Promise<number> {
  const isBroken = failure.kind === 'unauthorized' || failure.kind === 'suspended';
  if (!isBroken && !isPassing(failure)) {
    await markReportRefused(db, id, failure.message);
    return now();
  }
  if (!isBroken && failure.retryAt !== null) return failure.retryAt;
  // Kept where all processes see it, since others may have a job of this kind as well.
  const until = (await githubPace.readTime()) + (isBroken ? BROKEN_RETRY_MS : RETRY_MS);
  await githubPace.store.silence(installationId, until);
  return until;
}
