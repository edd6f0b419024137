import { html } from 'hono/html';
import { isShownAt } from '../../domain/choose-address.ts';
import { isFinal } from '../../domain/transition.ts';
import type { AliasKind } from '../../domain/words.ts';
import type { DeploymentData, HostData } from './deployment-data.ts';
import type { Html } from '../html.ts';
import { type DeploymentLine, shortCommit, titleOf } from '../parts/deployment-row.ts';
import { hostOf } from '../projects/project-card.ts';
import { renderTime } from '../parts/time.ts';

/** Each host that the deployment has to do with, production always, and what it shows now. */
export function renderHosts(data: DeploymentData, now: number): Html {
  const { hosts, production } = data;
  const isAmong = hosts.some(({ kind }) => kind === 'production');
  const all = [production, ...hosts.filter(({ kind }) => kind !== 'production').toReversed()];
  return html`<ul class="hosts">
    ${all.map(
      (host) =>
        html`<li>
          <span class="kind">${KINDS[host.kind]}</span>
          <a href="${host.url}">${hostOf(host.url)}</a>
          <span class="shows">${renderShows(host, data, now)}</span>
          ${host.kind === 'production' && !isAmong ? html`<span class="faint">${NOT_MOVED}</span>` : ''}
        </li>`,
    )}
  </ul>`;
}

const KINDS: Record<AliasKind, string> = {
  production: 'Production',
  branch: 'Branch',
  'pull-request': 'Pull request',
  deployment: 'Only this one',
};
const NOT_MOVED = 'Previews do not move it.';

function renderShows(host: HostData, { line }: DeploymentData, now: number): Html | string {
  const isThis = host.deploymentId === line.id;
  switch (host.state) {
    case 'live':
      if (isShownAt(line, host)) return html`<span class="badge ready">Shows this deployment</span>`;
      return host.other === null ? 'Shows another deployment.' : html`Shows ${renderOther(host.other, now)}`;
    case 'waiting':
      return isThis ? 'Waits for this deployment.' : html`Waits for ${renderFirst(host, now)}`;
    case 'failed':
      return isThis
        ? 'Nothing is served: this was its first build.'
        : 'Nothing is served: its first build failed.';
    case 'blocked':
      return 'Nothing is served: its first build needs approval.';
    case 'gone':
      return isFinal(line.status) ? 'Nothing is served.' : 'Nothing is served yet.';
  }
}

function renderFirst({ other }: HostData, now: number): Html | string {
  return other === null ? 'its first build.' : renderOther(other, now);
}

function renderOther(line: DeploymentLine, now: number): Html {
  const commit = line.commit === null ? '' : html` <code>${shortCommit(line.commit)}</code>`;
  return html`<a href="/deployments/${line.id}">${titleOf(line)}</a>${commit},
    ${renderTime(line.createdAt, now)}`;
}
