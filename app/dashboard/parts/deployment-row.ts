import { html } from 'hono/html';
import type { DeploymentRow } from '../../db/deployments.ts';
import type { DeploymentSource, DeploymentStatus, RefKind, Requester } from '../../domain/words.ts';
import { formatDuration } from '../browser/relative-time.ts';
import type { Html } from '../html.ts';
import { renderStatus } from './status.ts';
import { renderTime } from './time.ts';

/** One deployment as lists show it. Times are epoch milliseconds. */
export interface DeploymentLine {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly refKind: RefKind;
  readonly ref: string;
  readonly source: DeploymentSource;
  readonly commit: string | null;
  readonly commitSubject: string | null;
  readonly commitAuthor: string | null;
  readonly requestedBy: Requester | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

type DeploymentColumns = Pick<
  DeploymentRow,
  Exclude<keyof DeploymentLine, 'createdAt' | 'startedAt' | 'finishedAt'>
> & {
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
};

const SHORT_COMMIT_LENGTH = 7;

export function deploymentLineOf(row: DeploymentColumns): DeploymentLine {
  const { id, status, refKind, ref, source, commit, commitSubject, commitAuthor, requestedBy } = row;
  return {
    id,
    status,
    refKind,
    ref,
    source,
    commit,
    commitSubject,
    commitAuthor,
    requestedBy,
    createdAt: row.createdAt.getTime(),
    startedAt: row.startedAt?.getTime() ?? null,
    finishedAt: row.finishedAt?.getTime() ?? null,
  };
}

/** What else a list tells of a deployment. */
export interface RowNotes {
  /** Production serves it now. */
  readonly isCurrent?: boolean;
  /** The name of its project, in a list of several. */
  readonly project?: string;
}

/** An item of `<ul class="deployments">`. */
export function renderDeploymentRow(
  line: DeploymentLine,
  now: number,
  { isCurrent = false, project }: RowNotes = {},
): Html {
  return html`<li>
    <span class="state">${renderStatus(line.status)} ${renderTook(line, now)}</span>
    <span class="what">
      <a href="/deployments/${line.id}">${titleOf(line)}</a>
      ${isCurrent ? html`<span class="tag">Live in production</span>` : ''} ${renderOrigin(line, project)}
    </span>
    <span class="age">${renderTime(line.createdAt, now)}</span>
  </li>`;
}

/** Where a deployment comes from: branch, commit and person. */
export function renderOrigin(line: DeploymentLine, project?: string): Html {
  return html`<span class="origin">
    ${project === undefined ? '' : html`<b>${project}</b>`} ${renderRef(line)} ${renderCommit(line)}
    <span>${formatWho(line)}</span>
  </span>`;
}

/** What people would call it: the first line of its commit's message, once that is known. */
export function titleOf({ commitSubject, commit, source }: DeploymentLine): string {
  if (commitSubject !== null && commitSubject.trim() !== '') return commitSubject;
  if (source === 'upload') return 'Uploaded folder';
  return commit === null ? 'Deployment' : `Commit ${shortCommit(commit)}`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, SHORT_COMMIT_LENGTH);
}

/** Who made the change, or else who asked for the deployment; always a hook that did. */
export function formatWho({ commitAuthor, requestedBy }: DeploymentLine): string {
  const hook = requestedBy?.kind === 'deploy-hook' ? `hook ${requestedBy.name}` : undefined;
  if (commitAuthor !== null) return hook === undefined ? commitAuthor : `${commitAuthor}, through ${hook}`;
  if (requestedBy !== null && 'login' in requestedBy) return requestedBy.login ?? requestedBy.kind;
  return hook ?? requestedBy?.kind ?? '';
}

/** The branch or tag, the number of a fork's pull request, or the commit that was asked for by name, short. */
export function refOf({ refKind, ref }: Pick<DeploymentLine, 'refKind' | 'ref'>): string {
  if (refKind === 'pull-request') return `#${ref}`;
  return refKind === 'commit' ? shortCommit(ref) : ref;
}

function renderRef(line: DeploymentLine): Html | '' {
  if (line.refKind === 'commit' && line.ref === line.commit) return '';
  return html`<span class="ref"
    >${line.refKind === 'branch' ? '' : html`${line.refKind.replace('-', ' ')} `}${refOf(line)}</span
  >`;
}

function renderCommit({ commit }: DeploymentLine): Html | '' {
  return commit === null ? '' : html`<code>${shortCommit(commit)}</code>`;
}

/** How long its build took, or takes so far. */
function renderTook({ startedAt, finishedAt }: DeploymentLine, now: number): Html | '' {
  if (startedAt === null) return '';
  if (finishedAt !== null) return html`<span class="faint">${formatDuration(finishedAt - startedAt)}</span>`;
  return html`<span class="faint" data-running-since="${startedAt}"
    >${formatDuration(now - startedAt)}</span
  >`;
}
