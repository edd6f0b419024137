import type { Context, Hono } from 'hono';
import {
  beginGithubSignIn,
  completeGithubSignIn,
  type GithubSignInDependencies,
  type GithubSignInResult,
} from '../actions/github-sign-in.ts';
import { endSession } from '../actions/sign-in.ts';
import { isPassing } from '../domain/github-failure.ts';
import { SIGN_IN_CALLBACK_PATH } from '../domain/github-urls.ts';
import type { AppEnv } from '../http/guards.ts';
import {
  endedSignInCookie,
  sessionCookie,
  sessionTokenOf,
  signInCookie,
  signInSecretOf,
} from '../http/session-cookie.ts';
import { answerLogin, GITHUB_LOGIN_PATH, localPath } from './login.ts';

/** Of a code or a state that GitHub sends back: far above what they are. */
const MAX_RETURNED_LENGTH = 200;
/** Of where somebody wanted to go: it is kept while they are at GitHub. */
const MAX_NEXT_LENGTH = 2000;

/** Signing in with GitHub: the way to its page, and back. */
export function addGithubLoginRoutes(app: Hono<AppEnv>, dependencies: GithubSignInDependencies): void {
  app.get(GITHUB_LOGIN_PATH, async (context) => {
    // What only looks at a link begins nothing.
    if (context.req.method === 'HEAD') return context.body(null, 200);
    // A page of a preview must not exchange somebody's session for another one.
    if (!OWN_SITES.includes(context.req.header('sec-fetch-site') ?? 'none'))
      return context.redirect('/login', 303);
    const next = localPath(context.req.query('next'));
    const begun = await beginGithubSignIn(next.length > MAX_NEXT_LENGTH ? '/' : next, dependencies);
    if (begun === undefined)
      return answerLogin(context, { mistake: NOT_CONNECTED, status: 409 }, dependencies);
    context.header('set-cookie', signInCookie(begun.secret, begun.expiresAt, dependencies.appUrl));
    return context.redirect(begun.url, 303);
  });

  app.get(SIGN_IN_CALLBACK_PATH, async (context) => {
    // What only looks at a link must not use its code up.
    if (context.req.method === 'HEAD') return context.body(null, 200);
    return answerReturn(context, dependencies);
  });
}

async function answerReturn(
  context: Context<AppEnv>,
  dependencies: GithubSignInDependencies,
): Promise<Response> {
  const { appUrl } = dependencies;
  const { state = '', code, error } = context.req.query();
  const secret = signInSecretOf(context.req.raw.headers, appUrl) ?? '';
  const isTooLong = [state, code ?? '', error ?? '', secret].some(
    (text) => text.length > MAX_RETURNED_LENGTH,
  );
  const result: GithubSignInResult = isTooLong
    ? { outcome: 'state_refused' }
    : await completeGithubSignIn({ state, code, error, secret }, dependencies);
  context.header('set-cookie', endedSignInCookie(appUrl));
  if (result.outcome !== 'signed_in') return answerLogin(context, explain(result), dependencies);
  // Whoever was signed in here before is not any more.
  const before = sessionTokenOf(context.req.raw.headers, appUrl);
  if (before !== undefined) await endSession(before, dependencies);
  const { token, expiresAt } = result.session;
  context.header('set-cookie', sessionCookie(token, expiresAt, appUrl), { append: true });
  return context.redirect(result.next, 303);
}

/** Who may begin: our own pages, and people who type or bookmark the address. */
const OWN_SITES: readonly string[] = ['same-origin', 'none'];

const NOT_CONNECTED = 'This Offshoot has no GitHub App that people could sign in with.';

const NOT_AGREED = 'At GitHub it was not agreed to, so nobody is signed in.';

/** What it means stands in GitHub's documentation: a callback URL that the App does not have, or an App that is suspended. */
function sayError(error: string | undefined): string {
  return `GitHub has sent no code, but “${error ?? 'nothing'}”. Look at the App’s settings there, at its callback URL first.`;
}

function explain(result: Exclude<GithubSignInResult, { readonly outcome: 'signed_in' }>) {
  switch (result.outcome) {
    case 'state_refused':
      return {
        mistake:
          'This was begun in another browser, more than ten minutes ago, or it has ended already. Sign in again.',
      };
    case 'no_code':
      return { mistake: result.error === 'access_denied' ? NOT_AGREED : sayError(result.error) };
    case 'not_connected':
      return { mistake: NOT_CONNECTED, status: 409 as const };
    case 'failed':
      return {
        mistake: `${result.failure.message}. Sign in again.`,
        status: isPassing(result.failure) ? (503 as const) : (403 as const),
      };
  }
}
