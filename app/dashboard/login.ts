import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { html } from 'hono/html';
import { createSession, endSession, redeemLoginLink, type SignInDependencies } from '../actions/sign-in.ts';
import type { GithubConnection } from '../actions/github-connection.ts';
import { canSignInWithGithub } from '../actions/github-sign-in.ts';
import { isSameSecret } from '../http/caller.ts';
import { type AppEnv, LOGIN_PATH } from '../http/guards.ts';
import {
  callerBySession,
  endedSessionCookie,
  sessionCookie,
  sessionTokenOf,
} from '../http/session-cookie.ts';
import type { Html } from './html.ts';
import { answerDocument } from './page.ts';

export interface LoginDependencies extends SignInDependencies {
  readonly appUrl: URL;
  /** OFFSHOOT_TOKEN. */
  readonly token: string;
  readonly github: Pick<GithubConnection, 'read'>;
}

export const GITHUB_LOGIN_PATH = `${LOGIN_PATH}/github`;

/** Signing in, by a link that works once or by the administrator's token, and out. */
export function addLoginRoutes(app: Hono<AppEnv>, dependencies: LoginDependencies): void {
  const { appUrl } = dependencies;
  const isSignedIn = callerBySession(dependencies);

  app.get(LOGIN_PATH, (context) => answerLogin(context, {}, dependencies));
  app.post(LOGIN_PATH, async (context) => {
    const { token, next } = await context.req.parseBody();
    if (typeof token !== 'string' || !isSameSecret(token.trim(), dependencies.token)) {
      return answerLogin(context, { mistake: 'That is not the token of this Offshoot.' }, dependencies);
    }
    const session = await createSession(dependencies);
    context.header('set-cookie', sessionCookie(session.token, session.expiresAt, appUrl));
    return context.redirect(localPath(next), 303);
  });
  app.get(`${LOGIN_PATH}/:token`, async (context) => {
    // Link previews ask by HEAD; they must not use the link up.
    if (context.req.method === 'HEAD') return context.body(null, 200);
    const session = await redeemLoginLink(context.req.param('token'), dependencies);
    if (session !== undefined) {
      context.header('set-cookie', sessionCookie(session.token, session.expiresAt, appUrl));
      return context.redirect('/', 303);
    }
    // The link is opened again by somebody whom it has signed in.
    if ((await isSignedIn(context.req.raw.headers)) !== undefined) return context.redirect('/', 303);
    const mistake = 'This link was used before, or it is older than a quarter of an hour.';
    return answerLogin(context, { mistake }, dependencies);
  });
  app.post('/logout', async (context) => {
    const token = sessionTokenOf(context.req.raw.headers, appUrl);
    if (token !== undefined) await endSession(token, dependencies);
    context.header('set-cookie', endedSessionCookie(appUrl));
    return context.redirect(LOGIN_PATH, 303);
  });
}

/** A path of ours: whatever a link says, signing in leads nowhere else. */
export function localPath(wanted: unknown): string {
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return '/';
  const origin = 'http://offshoot.invalid';
  const url = URL.canParse(wanted, origin) ? new URL(wanted, origin) : undefined;
  if (url?.origin !== origin) return '/';
  // `/.//evil.test` is a path here, and a host when a browser follows it.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

export interface LoginProblem {
  readonly mistake?: string;
  /** 403 by default. */
  readonly status?: ContentfulStatusCode;
}

/** The page where strangers sign in, with what went wrong where something did. */
export async function answerLogin(
  context: Context,
  { mistake, status = 403 }: LoginProblem,
  dependencies: Pick<LoginDependencies, 'github'>,
): Promise<Response> {
  const next = localPath(context.req.query('next'));
  const hasGithub = await canSignInWithGithub(dependencies);
  const main = html`<section class="narrow card">
    <h1>Sign in</h1>
    ${mistake === undefined ? '' : html`<p class="notice failed" role="alert" id="mistake">${mistake}</p>`}
    ${hasGithub ? renderGithub(next) : ''} ${renderTokenForm(next, mistake, hasGithub)}
  </section>`;
  const document = { title: 'Sign in', main, isPublic: true };
  return answerDocument(context, document, mistake === undefined ? 200 : status);
}

/** A link: browsers hold the policy for forms against where a form is led on to, too. */
function renderGithub(next: string): Html {
  const query = next === '/' ? '' : `?next=${encodeURIComponent(next)}`;
  return html`<p>
      <a class="button primary" href="${GITHUB_LOGIN_PATH}${query}">Sign in with GitHub</a>
    </p>
    <p class="faint">
      What you may do with a repository there you may do here: read it to see its deployments, write to it to
      deploy, and administer it to change settings and secrets.
    </p>`;
}

function renderTokenForm(next: string, mistake: string | undefined, hasGithub: boolean): Html {
  return html`<form method="post" action="${LOGIN_PATH}">
      <input type="hidden" name="next" value="${next}" />
      <label for="token">Administrator’s token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        ${hasGithub ? '' : html`autofocus`}
        ${mistake === undefined ? '' : html`aria-invalid="true" aria-describedby="mistake"`}
      />
      <button class="${hasGithub ? '' : 'primary'}">Sign in</button>
    </form>
    <p class="faint">
      It is the value of <code>OFFSHOOT_TOKEN</code>, which <code>npm start</code> keeps in the file
      <code>token</code> of its data folder. Where the command line is set up, <code>npx offshoot open</code>
      opens this page signed in.
    </p>`;
}
