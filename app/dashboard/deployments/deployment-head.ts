import { html } from 'hono/html';
import { offerActions } from '../../domain/offer-actions.ts';
import type { DeploymentData } from './deployment-data.ts';
import { renderAction } from './deployment-questions.ts';
import type { Html } from '../html.ts';
import { formatWho, refOf, shortCommit, titleOf } from '../parts/deployment-row.ts';
import { renderStatus } from '../parts/status.ts';
import { renderTime } from '../parts/time.ts';

/** What the deployment is, in what state, and what can be done with it now. */
export function renderDeploymentHead(data: DeploymentData, now: number): Html {
  const { line, pinned } = data;
  return html`<div class="head deployment-head">
    <div>
      <h1>${titleOf(line)}</h1>
      <p class="origin">
        ${renderStatus(line.status)}
        ${pinned ? html`<span class="tag" title="Retention never removes it">Pinned</span>` : ''}
        <span class="ref"
          >${line.refKind === 'branch' ? '' : html`${line.refKind.replace('-', ' ')} `}${refOf(line)}</span
        >
        ${renderCommit(data)}
        <span>${formatWho(line)}</span>
        ${renderTime(line.createdAt, now)}
      </p>
    </div>
    <div class="actions">${offered(data).map((action) => renderAction(action, data, now))}</div>
  </div>`;
}

/** The commit in short, which leads to it where its host has a page of it. */
export function renderCommit({ line: { commit }, commitUrl }: DeploymentData): Html | '' {
  if (commit === null) return '';
  const code = html`<code>${shortCommit(commit)}</code>`;
  return commitUrl === null ? code : html`<a href="${commitUrl}" title="${commit}">${code}</a>`;
}

function offered(data: DeploymentData) {
  const { line, isPublished, cancelRequested, pinned, production, isTrusted, hasSandbox } = data;
  if (!data.mayDeploy) return [];
  const { id, createdAt, status, source, commit } = line;
  return offerActions({
    id,
    createdAt,
    status,
    source,
    commit,
    isTrusted,
    hasSandbox,
    isPublished,
    cancelRequested,
    pinned,
    production: servedByProduction({ line, production }),
  });
}

/** What production serves now, this deployment or another. */
export function servedByProduction({ line, production }: Pick<DeploymentData, 'line' | 'production'>) {
  if (production.state !== 'live') return null;
  return production.deploymentId === line.id ? line : production.other;
}
