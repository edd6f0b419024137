import { html } from 'hono/html';
import type { AliasState } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import { type DeploymentLine, renderOrigin, titleOf } from './deployment-row.ts';
import { hostOf } from './project-card.ts';
import type { ProjectHead } from './project-header.ts';
import { renderAliasState } from './status.ts';
import { renderTime } from './time.ts';

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
  return html`<p class="served">
    ${state === 'live' ? '' : html`${WORDS[state ?? 'gone']} `}<a href="/deployments/${line.id}"
      >${titleOf(line)}</a
    >
    ${renderOrigin(line)}
    <span class="faint">${renderTime(line.finishedAt ?? line.createdAt, now)}</span>
  </p>`;
}

const WORDS: Record<Exclude<AliasState, 'live'>, string> = {
  waiting: 'Its first build is on its way:',
  failed: 'Nothing is served yet, because the first build failed:',
  blocked: 'It waits for an approval:',
  gone: 'Nothing is served. The last was',
};

function renderNothing({ gitUrl, productionBranch }: ProductionShown['project']): Html {
  if (gitUrl === null) return html`<p class="faint">Nothing is served yet: upload a folder.</p>`;
  return html`<p class="faint">Nothing is served yet: deploy <code>${productionBranch}</code>.</p>`;
}
