import { html } from 'hono/html';
import { formatLabel } from '../../../contracts/host.ts';
import { type SiteDomain, siteUrl } from '../../../contracts/site-domain.ts';
import type { ListedBranch } from '../../db/branch-listing.ts';
import type { ProjectRow } from '../../db/projects.ts';
import type { AliasState } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import { type DeploymentLine, deploymentLineOf, titleOf } from '../parts/deployment-row.ts';
import { hostOf } from './project-card.ts';
import { renderAliasState, renderStatus } from '../parts/status.ts';
import { renderTime, renderTimeLeft } from '../parts/time.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A branch as the project's page shows it. */
export interface BranchLine {
  readonly name: string;
  readonly url: string;
  readonly isProduction: boolean;
  /** Of its host; null before its first deployment is written to it. */
  readonly state: AliasState | null;
  readonly latest: DeploymentLine | null;
  /** When its host and its deployments go away, epoch milliseconds; null while the repository has the branch. */
  readonly expiresAt: number | null;
}

export function branchLineOf(
  { branch, state, latest }: ListedBranch,
  project: Pick<ProjectRow, 'slug' | 'productionBranch'>,
  { domain, previewDays }: { readonly domain: SiteDomain; readonly previewDays: number },
): BranchLine {
  const { name, slug, deletedAt } = branch;
  return {
    name,
    url: siteUrl(formatLabel({ kind: 'branch', project: project.slug, slug }), domain),
    isProduction: name === project.productionBranch,
    state,
    latest: latest && deploymentLineOf(latest),
    expiresAt: deletedAt && deletedAt.getTime() + previewDays * DAY_MS,
  };
}

/** An item of `<ul class="branches">`. */
export function renderBranchRow(branch: BranchLine, now: number): Html {
  const { name, url, isProduction, state, expiresAt } = branch;
  return html`<li>
    <span class="what">
      <b>${name}</b>
      ${isProduction ? html`<span class="tag">Production branch</span>` : ''}
      ${expiresAt === null ? '' : renderGone(expiresAt, now)}
      <a class="host" href="${url}">${hostOf(url)}</a>
    </span>
    <span class="state">${state === null ? '' : renderAliasState(state)}</span>
    <span class="newest">${renderNewest(branch, now)}</span>
  </li>`;
}

function renderGone(expiresAt: number, now: number): Html {
  return html`<span class="tag">Gone from the repository</span>
    <span class="faint">kept ${renderTimeLeft(expiresAt, now)}</span>`;
}

/** The state of the newest deployment, where its host does not say it already. */
function renderNewest({ latest }: BranchLine, now: number): Html | '' {
  if (latest === null) return '';
  return html`<a href="/deployments/${latest.id}">${titleOf(latest)}</a>
    <span class="origin">
      ${latest.status === 'ready' ? '' : renderStatus(latest.status)} ${renderTime(latest.createdAt, now)}
    </span>`;
}
