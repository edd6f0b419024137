import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  beginGithubSetup,
  completeGithubSetup,
  forgetGithubApp,
  type SetUpGithubResult,
} from '../../actions/set-up-github.ts';
import { newAppUrl } from '../../domain/github-urls.ts';
import { fillAppManifest } from '../../github/client/app-manifest.ts';
import { isAdministrator } from '../../http/caller.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import { sessionTokenOf } from '../../http/session-cookie.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { readForm } from '../form.ts';
import { answerDocument } from '../page.ts';
import { loadSetup, type SetupData } from './setup-data.ts';
import { installUrlOf, type Manifest, renderSetup } from './render-setup.ts';

export const SETUP_PATH = '/setup';
/** Of a code or a state that GitHub sends back: far above what they are. */
const MAX_RETURNED_LENGTH = 200;

type AppContext = Context<AppEnv>;

/** Where an administrator connects this Offshoot to GitHub, by making an App there with one click. */
export function addSetupPages(app: Hono<AppEnv>, dependencies: DashboardDependencies): void {
  app.get(SETUP_PATH, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const data = await loadSetup(context, dependencies);
    return answerSetup(context, data, await planManifest(context, data, dependencies));
  });

  app.get(`${SETUP_PATH}/github`, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    // What only looks at a link must not use its code up.
    if (context.req.method === 'HEAD') return context.body(null, 200);
    return answerReturn(context, dependencies);
  });

  app.post(`${SETUP_PATH}/forget`, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const { appId = '' } = await readForm(context);
    const isForgotten = /^\d{1,15}$/.test(appId) && (await forgetGithubApp(Number(appId), dependencies));
    return context.redirect(`${SETUP_PATH}?notice=${isForgotten ? 'forgotten' : 'changed'}`, 303);
  });
}

/** The form that goes to GitHub, with a state of its own; none where the environment names an App, or one is there. */
async function planManifest(
  context: AppContext,
  { app, webUrl, hook, organization }: SetupData,
  dependencies: DashboardDependencies,
): Promise<Manifest | undefined> {
  const sessionToken = sessionOf(context, dependencies);
  if (app.state === 'ready' || sessionToken === undefined) return undefined;
  const { appManifest, appUrl } = dependencies;
  const state = await beginGithubSetup(sessionToken, dependencies);
  return {
    action: newAppUrl(webUrl, organization.login, state),
    json: JSON.stringify(fillAppManifest(appManifest, appUrl, hook.url)),
  };
}

function answerSetup(
  context: AppContext,
  data: SetupData,
  manifest: Manifest | undefined,
): Response | Promise<Response> {
  const main = renderSetup(data, manifest);
  const formOrigin = manifest === undefined ? {} : { formOrigin: data.webUrl };
  return answerDocument(context, { title: 'GitHub', main, ...formOrigin });
}

/** GitHub sends somebody back with the code of the App that it has made. */
async function answerReturn(context: AppContext, dependencies: DashboardDependencies): Promise<Response> {
  const { code = '', state = '' } = context.req.query();
  const sessionToken = sessionOf(context, dependencies);
  const isTooLong = code.length > MAX_RETURNED_LENGTH || state.length > MAX_RETURNED_LENGTH;
  if (code === '' || state === '' || isTooLong || sessionToken === undefined) {
    return answerFailure(
      context,
      'GitHub’s page leads here with a code and a state; one of them is missing.',
    );
  }
  const result = await completeGithubSetup({ code, state, sessionToken }, dependencies);
  if (result.outcome === 'registered') return context.redirect(installUrlOf(result.registration), 303);
  return answerFailure(context, explainFailure(result));
}

function explainFailure(result: Exclude<SetUpGithubResult, { readonly outcome: 'registered' }>): string {
  switch (result.outcome) {
    case 'state_refused':
      return 'This was begun in another browser, more than an hour ago, or it has ended already. Nothing was changed.';
    case 'named_by_environment':
      return 'APP_ID names a GitHub App in the environment, and that one wins. Remove it there to set up another here.';
    case 'no_webhook_secret':
      return `GitHub has made “${result.registration.name}” without a webhook secret, so nothing of it was kept. Delete it on GitHub and begin again.`;
    case 'failed':
      return `${result.failure.message}. If GitHub shows an App that it has made, delete it there and begin again.`;
  }
}

const FAILED = 422;

async function answerFailure(context: AppContext, sentence: string): Promise<Response> {
  const main = html`<section class="narrow">
    <h1>GitHub is not connected</h1>
    <p class="notice failed" role="alert">${sentence}</p>
    <p><a class="button primary" href="${SETUP_PATH}">Begin again</a></p>
  </section>`;
  return answerDocument(context, { title: 'GitHub is not connected', icon: 'failed', main }, FAILED);
}

/** What binds the walk to a browser; programs, which send the token, have none. */
function sessionOf(context: AppContext, { appUrl }: DashboardDependencies): string | undefined {
  const token = sessionTokenOf(context.req.raw.headers, appUrl);
  return token === '' ? undefined : token;
}

function refuseCaller(context: AppContext): Response {
  return problem(context, 'forbidden', 'Only an administrator may connect this Offshoot to GitHub.');
}
