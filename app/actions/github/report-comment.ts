import { branchSlugOf, formatLabel } from '../../../contracts/host.ts';
import { type SiteDomain, siteUrl } from '../../../contracts/site-domain.ts';
import { listLiveLabels } from '../../db/alias-listing.ts';
import type { Database } from '../../db/database.ts';
import {
  type CommentDeployment,
  type DueComment,
  listCommentDeployments,
  markCommentAsked,
  markCommentRefused,
  markCommentShown,
} from '../../db/github-comments.ts';
import { COMMENT_MARKER, type CommentRow, formatComment } from '../../domain/github/format-comment.ts';
import { isRefusal } from '../../domain/github/is-refusal.ts';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from '../../github/client/app-octokit.ts';
import type { WriteOptions } from '../../github/client/call-github.ts';
import { keepPullRequestComment } from '../../github/client/keep-pull-request-comment.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import { type LogStore, LogStoreUnavailable } from '../../logs/stores/log-store.ts';
import type { GithubConnectionState } from '../github-connection.ts';

export interface ReportCommentDependencies {
  readonly db: Database;
  readonly logs: Pick<LogStore, 'readTail'>;
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
}

export type ReadyConnection = Extract<GithubConnectionState, { readonly state: 'ready' }>;

/** Of the log of each build that failed; the comment shows fewer where there is no room. */
const LOG_LINES = 50;
const LOG_BYTES = 32 * 1024;
/** How soon a comment is written again that lacks a log, because logs could not be read. */
const LOG_RETRY_SECONDS = 60;

/** Makes a pull request have the one comment that tells what holds for all projects of its repository. */
export async function reportComment(
  due: DueComment,
  { client, appId }: { readonly client: Octokit; readonly appId: number },
  options: WriteOptions,
  dependencies: ReportCommentDependencies,
): Promise<GithubResult<unknown>> {
  const { db } = dependencies;
  const { rows, isWhole } = await readRows(due, dependencies);
  const body = formatComment({ isOpen: due.isOpen, rows });
  await markCommentAsked(db, due);
  const place = placeOfRepository(due.fullName);
  const comment = { number: due.number, marker: COMMENT_MARKER, body, appId };
  const kept = await keepPullRequestComment(client, place, comment, options);
  if (!kept.ok) {
    if (isRefusal(kept.failure)) await markCommentRefused(db, due, kept.failure.message);
    return kept;
  }
  const againSeconds = isWhole ? null : LOG_RETRY_SECONDS;
  await markCommentShown(db, { ...due, shown: due.shows, commentId: kept.value.id, againSeconds });
  return kept;
}

async function readRows(due: DueComment, dependencies: ReportCommentDependencies) {
  const { db, logs } = dependencies;
  const shown = await listCommentDeployments(db, due);
  const labels = new Map(shown.map((deployment) => [deployment.id, labelOf(deployment, due)]));
  const live = await listLiveLabels(db, [...labels.values()]);
  const tails = await Promise.all(shown.map((deployment) => readTail(deployment, logs)));
  const rows = shown.map((deployment, index) => {
    const label = labels.get(deployment.id) ?? '';
    return rowOf(deployment, live.has(label) ? label : undefined, tails[index] ?? [], dependencies);
  });
  return { rows, isWhole: !tails.includes(undefined) };
}

/** The host on which people look at the pull request. */
function labelOf({ projectId: id, slug: project }: CommentDeployment, due: DueComment): string {
  if (!due.isTrusted) return formatLabel({ kind: 'pull-request', project, number: due.number });
  return formatLabel({ kind: 'branch', project, slug: branchSlugOf(due.headRef, { id, slug: project }) });
}

function rowOf(
  { id, slug, status, reason, message, commit, updatedAt }: CommentDeployment,
  label: string | undefined,
  logLines: readonly string[],
  { appUrl, domain }: ReportCommentDependencies,
): CommentRow {
  return {
    project: slug,
    status,
    reason,
    message,
    commit,
    previewUrl: label === undefined ? null : siteUrl(label, domain),
    deploymentUrl: new URL(`/deployments/${id}`, appUrl).href,
    updatedAt: new Date(updatedAt),
    logLines,
  };
}

/** As stored, and so masked. Undefined while logs can't be read: the comment doesn't wait for them. */
async function readTail(
  { id, status }: CommentDeployment,
  logs: ReportCommentDependencies['logs'],
): Promise<readonly string[] | undefined> {
  if (status !== 'failed') return [];
  try {
    const lines = await logs.readTail({ deploymentId: id, limit: LOG_LINES, maxBytes: LOG_BYTES });
    return lines.map(({ text }) => text);
  } catch (error) {
    if (error instanceof LogStoreUnavailable) return undefined;
    throw error;
  }
}
