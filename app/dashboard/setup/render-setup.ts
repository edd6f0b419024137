import { html } from 'hono/html';
import type { GithubRegistration } from '../../domain/github-app.ts';
import type { Html } from '../html.ts';
import { renderConfirm } from '../parts/confirm.ts';
import type { AppData, SetupData } from './setup-data.ts';

/** What the form to GitHub holds. */
export interface Manifest {
  readonly action: string;
  readonly json: string;
}

type ReadyApp = Extract<AppData, { readonly state: 'ready' }>;

/** Where an App is given its repositories. */
export function installUrlOf({ htmlUrl }: GithubRegistration): string {
  return `${htmlUrl}/installations/new`;
}

export function renderSetup(data: SetupData, manifest: Manifest | undefined): Html {
  const { app } = data;
  return html`<div class="narrower">
    <h1>GitHub</h1>
    ${renderNotice(data.notice)} ${renderReach(data)}
    ${app.state === 'ready' ? renderApp(app) : renderNoApp(data, app, manifest)}
  </div>`;
}

const NOTICES: Readonly<Record<string, string>> = {
  forgotten: 'The App is forgotten here. On GitHub it is still there: delete it in its settings.',
  changed: 'It is another App by now. Nothing was changed.',
};

function renderNotice(notice: string | undefined): Html | '' {
  const sentence = notice === undefined ? undefined : NOTICES[notice];
  return sentence === undefined ? '' : html`<p class="notice" role="status">${sentence}</p>`;
}

function renderReach({ hook, isProxied, webUrl }: SetupData): Html | '' {
  const host = new URL(webUrl).host;
  if (isProxied) {
    return html`<p class="notice">
      Webhooks come through <code>WEBHOOK_PROXY_URL</code>, which is made for trying things out: for real work
      let ${host} reach Offshoot itself.
    </p>`;
  }
  if (hook.isReachable) return '';
  return html`<p class="notice failed">
    <b>${host} can’t reach ${new URL(hook.url).host}.</b> It has to send webhooks to it. Set
    <code>OFFSHOOT_URL</code> to the address that Offshoot has on the Internet. To try it out on this machine,
    open a channel at <a href="https://smee.io/new">smee.io</a>, set <code>WEBHOOK_PROXY_URL</code> to its
    address, and start Offshoot again.
  </p>`;
}

function renderApp(app: ReadyApp): Html {
  const { registration, appId, isOfEnvironment } = app;
  return html`<section class="card" aria-labelledby="app">
      <h2 id="app">${registration === null ? `App ${appId}` : html`<bdi>${registration.name}</bdi>`}</h2>
      ${renderProblem(app)}
      <p class="faint">
        ${isOfEnvironment ? html`Named by <code>APP_ID</code> in the environment` : 'Made on this page'}, id
        ${String(appId)}.
      </p>
      ${registration === null ? '' : renderLinks(registration)}
    </section>
    ${app.canSignIn ? '' : renderNoSignIn()} ${isOfEnvironment ? '' : renderForget(appId)}`;
}

function renderProblem({ problem }: ReadyApp): Html {
  if (problem === null)
    return html`<p class="notice ready" role="status">GitHub knows it, and takes its key.</p>`;
  return html`<p class="notice failed" role="alert">${problem}</p>`;
}

function renderLinks(registration: GithubRegistration): Html {
  return html`<div class="actions">
    <a class="button primary" href="${installUrlOf(registration)}">Install on repositories</a>
    <a class="button" href="${registration.htmlUrl}">Open on GitHub</a>
    <a class="button" href="/github/deliveries">See its webhooks</a>
  </div>`;
}

function renderNoSignIn(): Html {
  return html`<p class="notice">
    Nobody can sign in with GitHub: that needs <code>GITHUB_CLIENT_ID</code> and
    <code>GITHUB_CLIENT_SECRET</code> of the same App.
  </p>`;
}

function renderForget(appId: number): Html {
  return renderConfirm({
    id: 'forget-app',
    button: html`Forget this App`,
    title: 'Forget this App?',
    body: html`<p>
      Pushes deploy nothing any more, and nothing is reported to GitHub. Projects, sites and the App on GitHub
      stay.
    </p>`,
    action: '/setup/forget',
    confirm: 'Forget App',
    look: 'danger',
    fields: html`<input type="hidden" name="appId" value="${String(appId)}" />`,
  });
}

function renderNoApp(data: SetupData, app: AppData, manifest: Manifest | undefined): Html {
  return html`${
      app.state === 'unreadable' ? html`<p class="notice failed" role="alert">${app.message}</p>` : ''
    }
    <p class="lead">
      With a GitHub App, each push deploys by itself, and commits and pull requests show what became of it.
    </p>
    <p>
      Until then repositories are deployed by their Git URL, from this dashboard, the command line or a deploy
      hook.
    </p>
    <section class="card form" aria-labelledby="make">
      <h2 id="make">Make the App</h2>
      ${manifest === undefined ? renderNoBrowser() : renderForms(data, manifest)}
    </section>`;
}

function renderForms({ webUrl, organization }: SetupData, { action, json }: Manifest): Html {
  const { login } = organization;
  const owner = login === undefined ? 'your own account' : login;
  return html`<p>
      GitHub shows what the App may do, makes it under <b>${owner}</b>, and leads back here. Offshoot keeps
      its key encrypted.
    </p>
    <form method="post" action="${action}">
      <input type="hidden" name="manifest" value="${json}" />
      <button class="primary">Make the App on ${new URL(webUrl).host}</button>
    </form>
    ${renderOrganization(organization)}`;
}

/** A form of its own: where the manifest goes depends on it. */
function renderOrganization({ typed, login }: SetupData['organization']): Html {
  const mistake = typed !== '' && login === undefined;
  return html`<details ${typed === '' ? '' : html`open`}>
    <summary>For an organisation</summary>
    <form method="get" action="/setup">
      <div class="field">
        <label for="organization">Organisation</label>
        <span class="hint" id="organization-hint">As in its address on GitHub. Empty: your own account.</span>
        <input
          id="organization"
          name="organization"
          value="${typed}"
          aria-describedby="organization-hint${mistake ? ' organization-mistake' : ''}"
          ${mistake ? html`aria-invalid="true"` : ''}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
        />
        ${
          mistake
            ? html`<span class="wrong" id="organization-mistake"
                >Letters, digits and hyphens are expected, such as acme.</span
              >`
            : ''
        }
      </div>
      <button>Use this organisation</button>
    </form>
  </details>`;
}

function renderNoBrowser(): Html {
  return html`<p>Sign in with a browser to do it: GitHub leads back to the browser that began.</p>`;
}
