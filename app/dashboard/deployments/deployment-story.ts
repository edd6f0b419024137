import { html } from 'hono/html';
import { chooseAddress, isShownAt } from '../../domain/choose-address.ts';
import { explainFailure } from '../../domain/explain-failure.ts';
import { explainStatus } from '../../domain/explain-status.ts';
import { plainLine } from '../browser/log/text.ts';
import type { DeploymentData } from './deployment-data.ts';
import { branchPath } from './deployment-facts.ts';
import { renderHosts } from './deployment-hosts.ts';
import type { Html } from '../html.ts';
import { hostOf } from '../projects/project-card.ts';

/** What has become of the deployment, the one address to look at, and what to do. */
export function renderStory(data: DeploymentData, now: number): Html {
  const { line, reason } = data;
  const hasFailed = line.status === 'failed' && reason !== null;
  return html`<div class="card ${hasFailed ? 'failed' : ''}">
    ${hasFailed ? renderFailure(data) : renderCourse(data)} ${renderAddress(data)}
    <h2 class="minor">Addresses</h2>
    ${renderHosts(data, now)}
  </div>`;
}

/** What screen readers are told when it changes, in one sentence. */
export function sayStatus(data: DeploymentData): string {
  const { reason, line } = data;
  if (line.status === 'failed' && reason !== null) return `Failed: ${explainFailure(reason).title}.`;
  return explainStatus(situationOf(data)).says;
}

function renderFailure({ reason, message }: DeploymentData): Html {
  if (reason === null) return html``;
  const { title, means, cures } = explainFailure(reason);
  return html`<h2>${title}</h2>
    ${message === null ? '' : html`<p class="said">${nameTurns(message)}</p>`}
    <p class="faint">${means} <code>${reason}</code></p>
    <h2 class="minor">What to do</h2>
    <ul class="cures">
      ${cures.map((cure) => html`<li>${markSettings(cure)}</li>`)}
    </ul>`;
}

/** What a repository says in a message of ours may hold letters that turn our words: the log names them, and so do we. */
function nameTurns(message: string): string {
  return message.split('\n').map(plainLine).join('\n');
}

/** Names of variables, keys and files stand out. The texts are ours. */
function markSettings(text: string): Html {
  const parts = text.split(/(OFFSHOOT_[A-Z_]+(?:=\w+)?|NODE_OPTIONS=\S+|offshoot\.json|CI=true|"\w+")/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

function renderCourse(data: DeploymentData): Html {
  const { says, next } = explainStatus(situationOf(data));
  const { message, line } = data;
  return html`<p>${line.status === 'ready' ? sayServed(data) : says}</p>
    ${message !== null && TELLING.has(line.status) ? html`<p class="said">${nameTurns(message)}</p>` : ''}
    ${next === null ? '' : html`<p class="faint">${next}</p>`}
    ${line.status === 'superseded' && line.refKind === 'branch' ? renderNewer(data) : ''}`;
}

function renderNewer({ line, project }: DeploymentData): Html {
  return html`<p><a href="${branchPath(project.slug, line.ref)}">The deployments of ${line.ref}</a></p>`;
}

/** Of what is ready people want to know first whether everybody sees it. */
function sayServed({ line, production, hosts }: DeploymentData): string {
  if (isShownAt(line, production)) return 'This is what production shows now.';
  const isShownByBranch = hosts.some((host) => host.kind === 'branch' && isShownAt(line, host));
  const where = isShownByBranch
    ? 'Its branch shows it; production'
    : 'It is kept at an address of its own; production';
  return `${where} shows ${production.state === 'live' ? 'another deployment' : 'nothing yet'}.`;
}

/** Where the message says more than the status: why it waits, or why nothing was built. */
const TELLING: ReadonlySet<string> = new Set([
  'queued',
  'launching',
  'building',
  'blocked',
  'skipped',
  'failed',
]);

function renderAddress({ line, hosts }: DeploymentData): Html | '' {
  const chosen = chooseAddress(line, hosts);
  if (chosen === undefined) return '';
  const { url } = chosen.host;
  return html`<p class="address">
    <a href="${url}">${hostOf(url)}</a>
    ${chosen.when === 'later' ? html`<span class="faint">It will be shown here once it is ready.</span>` : ''}
  </p>`;
}

function situationOf({ line, cancelRequested, isPublished, queue, attempts, hasSandbox }: DeploymentData) {
  return { hasSandbox, status: line.status, cancelRequested, isPublished, queue, attempt: attempts.length };
}
