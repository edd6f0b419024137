import { html } from 'hono/html';
import type { AliasState } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import { type DeploymentLine, renderOrigin, titleOf } from '../parts/deployment-row.ts';
import { hostOf } from './project-card.ts';
import type { ProjectHead } from '../parts/project-header.ts';
import { renderAliasState } from '../parts/status.ts';
import { renderTime } from '../parts/time.ts';

export interface ProductionShown {
  readonly project: ProjectHead & {
    readonly gitUrl: string | null;
    readonly productionBranch: string;
    readonly holdProduction: boolean;
  };
  readonly state: AliasState | null;
  readonly production: DeploymentLine | null;
}

/** What the project's one address shows, and since when. */
export function renderProduction({ project, state, production }: ProductionShown, now: number): Html {
  return html`<div class="head">
      <h2 id="production">Production</h2>
      ${state === null ? html`<span class="badge">Not deployed</span>` : renderAliasState(state)}
    </div>
    <p class="address"><a href="${project.url}">${hostOf(project.url)}</a></p>
    ${production === null ? renderNothing(project) : renderServed(state, production, now)}
    ${project.holdProduction ? html`<p class="faint">${HELD}</p>` : ''}`;
}

const HELD = 'Production is held: builds do not move it. Open a deployment and promote it.';

function renderServed(state: AliasState | null, line: DeploymentLine, now: number): Html {
  return html`<dl class="facts">
    <dt>${WORDS[state ?? 'gone']}</dt>
    <dd><a href="/deployments/${line.id}">${titleOf(line)}</a></dd>
    <dt>From</dt>
    <dd>${renderOrigin(line)}</dd>
    <dt>${line.finishedAt === null ? 'Asked for' : 'Deployed'}</dt>
    <dd>${renderTime(line.finishedAt ?? line.createdAt, now)}</dd>
  </dl>`;
}

const WORDS: Record<AliasState, string> = {
  live: 'Serves',
  waiting: 'Waits for',
  failed: 'First build',
  blocked: 'Waits for',
  gone: 'Served last',
};

function renderNothing({ gitUrl, productionBranch }: ProductionShown['project']): Html {
  if (gitUrl === null) return html`<p class="faint">Nothing is served yet: upload a folder.</p>`;
  return html`<p class="faint">Nothing is served yet: deploy <code>${productionBranch}</code>.</p>`;
}
