import { html } from 'hono/html';
import type { AttemptStatus, RefKind, Requester } from '../../domain/words.ts';
import { formatDuration } from '../browser/relative-time.ts';
import type { DeploymentData, ReportProblems } from './deployment-data.ts';
import { renderCommit } from './deployment-head.ts';
import { formatBytes, formatCount } from '../format.ts';
import type { Html } from '../html.ts';
import { renderTime } from '../parts/time.ts';

/** What is known of the deployment, in short. */
export function renderFacts(data: DeploymentData, now: number): Html {
  return html`<dl class="facts card">
    ${factsOf(data, now).map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

type Fact = readonly [name: string, value: Html | string];

function factsOf(data: DeploymentData, now: number): Fact[] {
  const { line, environment, framework, attempts, output, reportProblems } = data;
  const facts: (Fact | undefined)[] = [
    ['Asked for', html`${renderTime(line.createdAt, now)} ${sayRequester(line.requestedBy)}`],
    ['Source', renderSource(data)],
    line.commit === null ? undefined : ['Commit', renderCommitFact(data)],
    ['Environment', environment === 'production' ? 'Production' : 'Preview'],
    line.startedAt === null
      ? undefined
      : [line.source === 'upload' ? 'Upload' : 'Build', renderTook(data, now)],
    attempts.length < 2 ? undefined : ['Attempts', sayAttempts(attempts)],
    output === null || line.source === 'upload' ? undefined : ['Framework', framework ?? 'None was found'],
    output === null ? undefined : ['Output', renderOutput(output)],
    data.isTrusted ? undefined : ['Trust', NOT_TRUSTED],
    ...sayReportProblems(reportProblems),
    ['Id', html`<code>${line.id}</code>`],
  ];
  return facts.filter((fact) => fact !== undefined);
}

const NOT_TRUSTED = 'A fork’s code: its build gets no environment variables, and writes no cache.';
/** What GitHub does not show, or shows as it was. */
function sayReportProblems({ status, deployment, comment }: ReportProblems): Fact[] {
  const facts: (Fact | undefined)[] = [
    status === null ? undefined : ['Commit status', `not told: ${status}`],
    deployment === null ? undefined : ['GitHub deployment', `not told: ${deployment}`],
    comment === null ? undefined : ['Pull request comment', `not written: ${comment}`],
  ];
  return facts.filter((fact) => fact !== undefined);
}

function sayRequester(requester: Requester | null): string {
  if (requester === null) return '';
  switch (requester.kind) {
    case 'administrator':
      return 'by the administrator';
    case 'deploy-hook':
      return `by the deploy hook “${requester.name}”`;
    case 'push':
      return requester.login === null ? 'by a push' : `by a push of ${requester.login}`;
    case 'github-user':
      return `by ${requester.login}`;
  }
}

const REF_WORDS: Record<RefKind, string> = {
  branch: 'Branch',
  tag: 'Tag',
  commit: 'Commit',
  'pull-request': 'Pull request',
};

function renderSource({ line: { source, refKind, ref }, project }: DeploymentData): Html {
  const kind = source === 'upload' ? 'Uploaded folder, as' : REF_WORDS[refKind];
  if (refKind === 'pull-request') return html`${kind} <code>#${ref}</code> of a fork`;
  if (refKind !== 'branch') return html`${kind} <code>${ref}</code>`;
  return html`${kind} <a href="${branchPath(project.slug, ref)}"><code>${ref}</code></a>`;
}

/** Where all deployments of a branch are. */
export function branchPath(slug: string, branch: string): string {
  return `/projects/${slug}/deployments?${new URLSearchParams({ branch }).toString()}`;
}

function renderCommitFact(data: DeploymentData): Html {
  const { commitAuthor } = data.line;
  return html`${renderCommit(data)}${commitAuthor === null ? '' : html` by ${commitAuthor}`}`;
}

function renderTook({ line: { startedAt, finishedAt, status } }: DeploymentData, now: number): Html | string {
  const since = startedAt ?? now;
  if (finishedAt !== null) return formatDuration(finishedAt - since);
  if (status === 'queued') return 'Waits for another attempt';
  return html`<span data-running-since="${since}">${formatDuration(now - since)}</span>`;
}

function sayAttempts(attempts: readonly AttemptStatus[]): string {
  return `${attempts.length}: ${attempts.map((status) => ATTEMPTS[status]).join(', then ')}`;
}

const ATTEMPTS: Record<AttemptStatus, string> = {
  launching: 'starting',
  running: 'running',
  published: 'published',
  failed: 'failed',
  canceled: 'canceled',
  lost: 'lost',
  released: 'handed back',
};

function renderOutput({ fileCount, sizeBytes }: NonNullable<DeploymentData['output']>): Html {
  return html`<a href="#output">${formatCount(fileCount, 'file')}</a>, ${formatBytes(sizeBytes)}`;
}
