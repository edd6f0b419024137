import type { Database } from '../../db/database.ts';
import { type DueReport, listDueInstallations, listDueReports } from '../../db/github-due.ts';
import { isRefusal } from '../../domain/github/is-refusal.ts';
import { pickReport } from '../../domain/github/pick-report.ts';
import { type GithubFailure, type GithubResult, isPassing } from '../../domain/github-failure.ts';
import type { WriteOptions } from '../../github/client/call-github.ts';
import { type PaceDependencies, paceWrite } from '../../github/client/pace-writes.ts';
import type { JobSender } from '../../jobs/queue.ts';
import type { GithubConnection } from '../github-connection.ts';
import { type ReadyConnection, reportComment, type ReportCommentDependencies } from './report-comment.ts';
import {
  reportGithubDeployment,
  type ReportGithubDeploymentDependencies,
} from './report-github-deployment.ts';
import { reportStatus, type ReportStatusDependencies } from './report-status.ts';

export interface ReportDeploymentsDependencies
  extends ReportCommentDependencies, ReportGithubDeploymentDependencies, ReportStatusDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
  readonly now: () => number;
}

/** Installations that are told at once; the others are told in the next round. */
const MAX_INSTALLATIONS = 50;
/** Of one job, which the queue gives up after two minutes. A job for each write would come at the pace of its polls. */
const MAX_JOB_MS = 60_000;
/** A wait that a job sits out: longer ones belong to another job. */
const MAX_WAIT_MS = 2000;
/** After a failure for which GitHub named no time. */
const RETRY_MS = 10_000;
/** While the App itself is refused: somebody has to mend it. */
const BROKEN_RETRY_MS = 60_000;
const SECOND_MS = 1000;

/**
 * Makes GitHub show how deployments are doing: commit statuses, GitHub deployments and comments of pull requests. What
 * holds now is shown, however much there was before it, and what there is to say is read from the database before each
 * write. One write of each installation at a time, as soon as it is allowed; the job comes again while there is more.
 */
export async function reportDeployments(
  dependencies: ReportDeploymentsDependencies,
  signal?: AbortSignal,
): Promise<void> {
  const { githubPace } = dependencies;
  const endsAt = (await githubPace.readTime()) + MAX_JOB_MS;
  for (;;) {
    const nextAt = await tellEach(dependencies);
    if (nextAt === undefined) return;
    const at = await githubPace.readTime();
    const waitMs = Math.max(0, nextAt - at);
    const isLast = at + waitMs > endsAt || waitMs > MAX_WAIT_MS || signal?.aborted === true;
    if (isLast) return comeAgain(waitMs, dependencies);
    await githubPace.sleep(waitMs);
  }
}

/** Jobs that wait for as long become one: each push sends one, and all of them are about everything. */
async function comeAgain(waitMs: number, { db, jobs }: ReportDeploymentsDependencies): Promise<void> {
  const startAfter = Math.max(1, Math.ceil(waitMs / SECOND_MS));
  const once = { oncePerSeconds: 1, key: String(startAfter) };
  await jobs.send(db, 'report-deployments', {}, { startAfter, ...once });
}

/** When the next write may be made; undefined when there is nothing to tell, or nobody to tell it as. */
async function tellEach(dependencies: ReportDeploymentsDependencies): Promise<number | undefined> {
  const { db, github } = dependencies;
  const due = await listDueInstallations(db, MAX_INSTALLATIONS);
  if (due.length === 0) return undefined;
  const connection = await github.read();
  if (connection.state !== 'ready') return undefined;
  const nextAt = await Promise.all(due.map((id) => tellInstallation(id, connection, dependencies)));
  return Math.min(...nextAt);
}

/** When the installation may be told more: epoch milliseconds of the pace's clock. */
async function tellInstallation(
  installationId: number,
  connection: ReadyConnection,
  dependencies: ReportDeploymentsDependencies,
): Promise<number> {
  const { githubPace } = dependencies;
  // Times that GitHub names are kept beside those of the pace, so they are counted by its clock.
  const now = await followClock(dependencies);
  const write = async (options: Pick<WriteOptions, 'pauseBetweenWrites'>) =>
    tellNext(installationId, connection, { ...options, now }, dependencies);
  const paced = await paceWrite(installationId, write, githubPace);
  if (paced.outcome === 'wait') return paced.until;
  const at = await githubPace.readTime();
  return paced.result.ok ? at + SECOND_MS : waitAfter(installationId, paced.result.failure, at, githubPace);
}

async function followClock({ githubPace, now }: ReportDeploymentsDependencies): Promise<() => number> {
  const ahead = (await githubPace.readTime()) - now();
  return () => now() + ahead;
}

/** Read inside of the turn: what another process has told in its own is not said again, nor anything older. */
async function tellNext(
  installationId: number,
  connection: ReadyConnection,
  options: WriteOptions,
  dependencies: ReportDeploymentsDependencies,
): Promise<GithubResult<unknown>> {
  const report = pickReport(await listDueReports(dependencies.db, installationId));
  if (report === undefined) return { ok: true, value: undefined };
  return tell(report, { installationId, connection, options }, dependencies);
}

async function tell(
  report: DueReport,
  { installationId, connection, options }: Turn,
  dependencies: ReportDeploymentsDependencies,
): Promise<GithubResult<unknown>> {
  const client = connection.clients.installation(installationId);
  switch (report.kind) {
    case 'status':
      return reportStatus(report, client, options, dependencies);
    case 'deployment':
      return reportGithubDeployment(report, client, options, dependencies);
    case 'comment':
      return reportComment(report, { client, appId: connection.app.appId }, options, dependencies);
  }
}

interface Turn {
  readonly installationId: number;
  readonly connection: ReadyConnection;
  readonly options: WriteOptions;
}

/** A refusal for good is written down by now. All others are of the whole installation, and all processes see them. */
async function waitAfter(
  installationId: number,
  failure: GithubFailure,
  at: number,
  { store }: PaceDependencies,
): Promise<number> {
  if (isPassing(failure) && failure.retryAt !== null) return failure.retryAt;
  if (isRefusal(failure)) return at + SECOND_MS;
  const until = at + (isPassing(failure) ? RETRY_MS : BROKEN_RETRY_MS);
  await store.silence(installationId, until);
  return until;
}
