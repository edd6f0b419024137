import { html } from 'hono/html';
import type { SiteDomain } from '../../../contracts/site-domain.ts';
import type { DeploymentLineRow } from '../../db/deployment-lines.ts';
import type { ListedProject } from '../../db/project-listing.ts';
import type { AliasState } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import {
  type DeploymentLine,
  deploymentLineOf,
  refOf,
  shortCommit,
  titleOf,
} from '../parts/deployment-row.ts';
import { type ProjectHead, projectHeadOf } from '../parts/project-header.ts';
import { renderAliasState, renderStatus } from '../parts/status.ts';
import { renderTime } from '../parts/time.ts';

/** A project as the first page shows it. Times are epoch milliseconds. */
export interface ProjectCard extends ProjectHead {
  /** Of its production host; null before anything was deployed to it. */
  readonly state: AliasState | null;
  /** What the production host serves, or waits for. */
  readonly production: DeploymentLine | null;
  readonly latest: readonly DeploymentLine[];
  readonly createdAt: number;
}

export function projectCardOf(
  { project, state, deployment }: ListedProject,
  latest: readonly DeploymentLineRow[],
  domain: SiteDomain,
): ProjectCard {
  return {
    ...projectHeadOf(project, domain),
    state,
    production: deployment && deploymentLineOf(deployment),
    latest: latest.map(deploymentLineOf),
    createdAt: project.createdAt.getTime(),
  };
}

/** When something happened to it last. */
export function lastActivityOf({ latest, createdAt }: ProjectCard): number {
  return latest[0]?.createdAt ?? createdAt;
}

/** An item of `<ul class="cards">`. */
export function renderProjectCard(card: ProjectCard, now: number): Html {
  const { slug, name, url, state } = card;
  return html`<li class="card project">
    <div class="head">
      <h2><a href="/projects/${slug}">${name}</a></h2>
      ${state === null ? html`<span class="badge">Not deployed</span>` : renderAliasState(state)}
    </div>
    <a class="site" href="${url}">${hostOf(url)}</a>
    ${renderProduction(card, now)} ${renderLatest(card, now)}
  </li>`;
}

/** A site's address as people say it. */
export function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '');
}

function renderProduction({ state, production, slug }: ProjectCard, now: number): Html {
  if (production === null) {
    return html`<p class="serving faint">
      Nothing is served yet. <a href="/projects/${slug}">Deploy it</a>
    </p>`;
  }
  const what = state === 'live' ? 'Serves' : 'Waits for';
  return html`<p class="serving">
    ${what} <a href="/deployments/${production.id}">${titleOf(production)}</a>
    <span class="origin">
      ${
        production.commit === null || production.commitSubject === null
          ? ''
          : html`<code>${shortCommit(production.commit)}</code>`
      }
      ${renderTime(production.finishedAt ?? production.createdAt, now)}
    </span>
  </p>`;
}

function renderLatest({ latest }: ProjectCard, now: number): Html | '' {
  if (latest.length === 0) return '';
  return html`<ul class="latest" aria-label="Last deployments">
    ${latest.map(
      (line) =>
        html`<li>
          ${renderStatus(line.status)} <a href="/deployments/${line.id}">${refOf(line)}</a>
          ${renderTime(line.createdAt, now)}
        </li>`,
    )}
  </ul>`;
}
