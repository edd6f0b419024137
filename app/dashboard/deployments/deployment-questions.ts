import { html } from 'hono/html';
import type { DeploymentAction } from '../../domain/offer-actions.ts';
import type { DeploymentData } from './deployment-data.ts';
import type { Html } from '../html.ts';
import { type Confirm, renderConfirm } from '../parts/confirm.ts';
import { type DeploymentLine, refOf, shortCommit, titleOf } from '../parts/deployment-row.ts';
import { hostOf } from '../projects/project-card.ts';
import { renderTime } from '../parts/time.ts';

/** A button for one action, which asks first and says what will move. */
export function renderAction(action: DeploymentAction, data: DeploymentData, now: number): Html {
  const path = `/deployments/${data.line.id}`;
  return renderConfirm({ id: `ask-${action}`, ...QUESTIONS[action](data, path, now) });
}

type Question = Omit<Confirm, 'id'>;

const QUESTIONS: Record<DeploymentAction, (data: DeploymentData, path: string, now: number) => Question> = {
  approve: (data, path) => ({
    button: 'Approve this commit',
    title: 'Build this commit of a fork?',
    body: renderApproval(data),
    action: `${path}/approve`,
    confirm: 'Approve and build',
    look: 'primary',
  }),
  cancel: (_data, path) => ({
    button: 'Cancel',
    title: 'Cancel this deployment?',
    body: 'Its build ends, and nothing is published. Every address goes on showing what it shows now.',
    action: `${path}/cancel`,
    confirm: 'Cancel the deployment',
    keep: 'Let it run',
    look: 'danger',
  }),
  promote: (data, path, now) => ({
    button: 'Promote to production',
    title: 'Promote this deployment to production?',
    body: renderMove(data, now),
    action: `${path}/promote`,
    confirm: 'Promote',
    fields: renderSeen(data),
    look: 'primary',
  }),
  'roll-back': (data, path, now) => ({
    button: 'Roll back to this',
    title: 'Roll production back to this deployment?',
    body: renderMove(data, now),
    action: `${path}/promote`,
    confirm: 'Roll back',
    fields: renderSeen(data),
    look: 'primary',
  }),
  redeploy: (data, path) => ({
    button: 'Redeploy',
    title: 'Build this commit again?',
    body: renderRebuild(data),
    action: `${path}/redeploy`,
    confirm: 'Redeploy',
  }),
  pin: (_data, path) => ({
    button: 'Pin',
    title: 'Pin this deployment?',
    body: 'It stays, with its files and its own address, however many newer ones there are, until it is unpinned. No address changes what it shows.',
    action: `${path}/pin`,
    confirm: 'Pin',
  }),
  unpin: (_data, path) => ({
    button: 'Unpin',
    title: 'Unpin this deployment?',
    body: 'It is removed like any other from then on: when enough newer ones of its branch are there, unless something serves it. No address changes what it shows.',
    action: `${path}/unpin`,
    confirm: 'Unpin',
  }),
};

/** What production shows, what it will show, and what comes of that. */
function renderMove({ line, project, production }: DeploymentData, now: number): Html {
  const host = html`<strong>${hostOf(production.url)}</strong>`;
  const { other } = production;
  return html`<p>
      ${
        production.state === 'live' && other !== null
          ? html`${host} now shows ${renderNamed(other, now)}.`
          : html`${host} shows nothing yet.`
      }
      It will show ${renderNamed(line, now, 'this one: ')}.
    </p>
    <p>
      Nothing is built; it takes about a second. Builds that were asked for before this will not move
      production.
      ${
        project.holdProduction
          ? 'Production is held: only another promotion moves it after that.'
          : html`The next deployment of <code>${project.productionBranch}</code> that is asked for will.`
      }
    </p>`;
}

/** "Title" (commit, age): enough to know it from others. */
function renderNamed(line: DeploymentLine, now: number, before = ''): Html {
  const commit = line.commit === null ? '' : html`<code>${shortCommit(line.commit)}</code>, `;
  const name =
    before === ''
      ? html`<a href="/deployments/${line.id}">${titleOf(line)}</a>`
      : html`<bdi>${titleOf(line)}</bdi>`;
  return html`${before}${name} (${commit}${renderTime(line.createdAt, now)})`;
}

/** What production served when this was asked: when it has moved on by the time of the answer, nothing is done. */
function renderSeen({ production: { state, deploymentId } }: DeploymentData): Html {
  return html`<input type="hidden" name="seen" value="${state === 'live' ? (deploymentId ?? '') : ''}" />`;
}

/** Whoever approves is to know what they let run, where, and with what. */
function renderApproval({ line, commitUrl }: DeploymentData): Html {
  const short = html`<code>${shortCommit(line.commit ?? '')}</code>`;
  const commit = commitUrl === null ? short : html`<a href="${commitUrl}">${short}</a>`;
  return html`<p>
      Commit ${commit} was written by somebody who may not write to the repository. Its commands run on this
      machine, in a sandbox with access to the internet: read the change first.
    </p>
    <p>
      The build gets none of the project’s environment variables, writes no cache, and takes offshoot.json
      from the base branch. Only this commit is approved; the next one of pull request
      <code>${refOf(line)}</code> waits again.
    </p>`;
}

function renderRebuild({ line, project, isBranchThere, hosts }: DeploymentData): Html {
  const all = isBranchThere || line.refKind === 'pull-request' ? hosts : [];
  const moved = all.filter(
    ({ kind }) => kind !== 'deployment' && !(kind === 'production' && project.holdProduction),
  );
  const commit = html`<code>${shortCommit(line.commit ?? '')}</code>`;
  return html`<p>Commit ${commit} is built again with the settings of this deployment, as a new one.</p>
    ${
      moved.length === 0
        ? html`<p>It gets an address of its own; no other address moves.</p>`
        : html`<p>
            If it gets ready, and nothing newer of <code>${refOf(line)}</code> was asked for meanwhile,
            ${renderHosts(moved)} will show it, even if a newer commit is shown there now.
          </p>`
    }`;
}

function renderHosts(hosts: readonly { readonly url: string }[]): Html {
  return html`${hosts.map(
    ({ url }, index) => html`${index === 0 ? '' : ' and '}<strong>${hostOf(url)}</strong>`,
  )}`;
}
