import type { Database } from '../../db/database.ts';
import { type DueStatus, markReported, markReportRefused } from '../../db/github-reports.ts';
import { formatCommitStatus } from '../../domain/github/format-commit-status.ts';
import { isRefusal } from '../../domain/github/is-refusal.ts';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from '../../github/client/app-octokit.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import { setCommitStatus } from '../../github/client/set-commit-status.ts';

export interface ReportStatusDependencies {
  readonly db: Database;
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
}

/** Makes a commit show how its deployment is doing. One write. */
export async function reportStatus(
  due: DueStatus,
  client: Octokit,
  options: CallOptions,
  { db, appUrl }: ReportStatusDependencies,
): Promise<GithubResult<unknown>> {
  const page = new URL(`/deployments/${due.id}`, appUrl).href;
  const { target_url: targetUrl, ...status } = formatCommitStatus(due, due.slug, page);
  const wanted = { ...status, targetUrl, commit: due.commit };
  const result = await setCommitStatus(client, placeOfRepository(due.fullName), wanted, options);
  if (result.ok) await markReported(db, due);
  else if (isRefusal(result.failure)) await markReportRefused(db, due.id, result.failure.message);
  return result;
}
