import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Access } from './access.ts';
import type { Authenticator, Caller } from './caller.ts';
import { isAllowedSource, isServedHost } from './host-check.ts';
import { type Problem, problem, PROBLEM_MEDIA_TYPE } from './problem.ts';
import { isUnavailable } from './unavailable.ts';

/** What the guards put on each request's context. */
export interface AppEnv extends Env {
  Variables: {
    caller: Caller;
    /** Of somebody of GitHub's, once they were asked for: see authorize.ts. */
    access: Access | undefined;
  };
}

/** A route that answers without a caller: `path` as in the route table, or its beginning when it ends in `/*`. */
export interface OpenRoute {
  readonly method: string;
  readonly path: string;
  readonly why: string;
  /** Its endpoints bound their bodies themselves. */
  readonly ownBounds?: true;
}

/** The whole list of what answers without a token or a session. A test walks the route table against it. */
export const OPEN_ROUTES: readonly OpenRoute[] = [
  { method: 'GET', path: '/healthz', why: 'load balancers and supervisors ask it' },
  { method: 'GET', path: '/openapi.json', why: 'it describes the program, not what it holds' },
  { method: 'GET', path: '/api', why: 'the reference page, made of the same document' },
  {
    method: '*',
    path: '/api/builder/*',
    why: 'builders prove themselves by their attempt token',
    ownBounds: true,
  },
  { method: 'PUT', path: '/api/storage/*', why: 'the URL is signed', ownBounds: true },
  {
    method: '*',
    path: '/api/hooks/*',
    why: 'the URL is the secret; other methods than POST do nothing, whoever asks',
    // What a CMS sends may be large; nobody reads it.
    ownBounds: true,
  },
  {
    method: 'POST',
    path: '/api/github/webhooks',
    why: 'GitHub signs what it sends',
    ownBounds: true,
  },
  { method: 'GET', path: '/login', why: 'strangers sign in here' },
  { method: 'POST', path: '/login', why: 'it asks for the token' },
  { method: 'GET', path: '/login/*', why: 'a link that is the secret, and the way to GitHub and back' },
  { method: 'GET', path: '/assets/*', why: 'style, scripts and icons: the same for everybody' },
];
/** Where browsers that are not signed in are sent to. */
export const LOGIN_PATH = '/login';

/** Bodies of the public API are a few settings; endpoints of builders bound their own. */
export const MAX_BODY_BYTES = 64 * 1024;
const RETRY_AFTER_SECONDS = '2';

export interface HttpGuardOptions {
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  readonly authenticators: readonly Authenticator[];
  /** What people see in a browser in place of a problem document. */
  readonly answerProblemPage?: (context: Context, problem: Problem) => Response | Promise<Response>;
  readonly randomId: () => string;
  readonly log: { error(fields: { readonly logId: string; readonly err: unknown }, message: string): void };
}

export interface HttpGuards {
  /** Puts the guards in front of everything; call it before any route is added. */
  mountOn(app: Hono<AppEnv>): void;
}

/**
 * What stands in front of every route: host check, origin check, authentication (default-deny), body bound,
 * and problem documents for all that goes wrong.
 */
export function createHttpGuards(options: HttpGuardOptions): HttpGuards {
  return {
    mountOn(app) {
      app.onError((error, context) => answerError(error, context, options));
      app.notFound((context) =>
        problem(context, 'not_found', `There is nothing at ${shown(context.req.path)}.`),
      );
      app.use(harden());
      if (options.answerProblemPage !== undefined) app.use(showProblems(options.answerProblemPage));
      app.use(methodNotAllowed({ app, onMethodNotAllowed: answerMethodNotAllowed }));
      app.use(checkHost(options.appUrl), checkOrigin(options.appUrl));
      app.use(authenticate(options.authenticators), limitBody());
    },
  };
}

/** The open route that this request is for; undefined when it needs a caller. */
function openRouteOf(method: string, path: string): OpenRoute | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return OPEN_ROUTES.find(
    (route) => (route.method === '*' || route.method === asked) && covers(route.path, path),
  );
}

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** No answer is kept by caches or guessed to be of another type, unless its route says more. */
function harden(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    await next();
    if (context.req.header('upgrade') !== undefined) return;
    const { headers } = context.res;
    if (!headers.has('x-content-type-options')) headers.set('x-content-type-options', 'nosniff');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}

/**
 * A problem in words for people: a browser that opens a page gets a page. What programs ask for, `/api` and `/logs`,
 * stays a problem document.
 */
function showProblems(
  answerPage: NonNullable<HttpGuardOptions['answerProblemPage']>,
): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    await next();
    const isProblem = context.res.headers.get('content-type') === PROBLEM_MEDIA_TYPE;
    if (!isProblem || !isForPeople(context)) return;
    const answer = context.res;
    const problem = (await answer.json()) as Problem;
    // Hono would merge the headers of the answer that it replaces into the new one.
    context.res = undefined;
    context.res = await answerPage(context, problem);
    for (const name of KEPT_HEADERS) {
      const value = answer.headers.get(name);
      if (value !== null) context.res.headers.set(name, value);
    }
  };
}

const KEPT_HEADERS = ['allow', 'retry-after', 'www-authenticate'];

/** Whether a browser shows the answer to somebody as a page. */
function isForPeople(context: Context): boolean {
  const { path } = context.req;
  const isForPrograms = path.startsWith('/api/') || path.startsWith('/logs/');
  return !isForPrograms && (context.req.header('accept') ?? '').includes('text/html');
}

function checkHost(appUrl: URL): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    if (isServedHost(context.req.header('host'), appUrl)) return next();
    const detail = `This server answers to ${appUrl.host} and to loopback names. If you reach it by another name, set OFFSHOOT_URL to it.`;
    return problem(context, 'misdirected_request', detail);
  };
}

function checkOrigin(appUrl: URL): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const source = {
      method: context.req.method,
      host: context.req.header('host'),
      origin: context.req.header('origin'),
      fetchSite: context.req.header('sec-fetch-site'),
      upgrade: context.req.header('upgrade'),
      hasCookies: context.req.header('cookie') !== undefined,
    };
    if (isAllowedSource(source, appUrl)) return next();
    const detail = `A browser may send this request from pages of ${appUrl.origin} only. Programs send no Origin header.`;
    return problem(context, 'forbidden_origin', detail);
  };
}

function authenticate(authenticators: readonly Authenticator[]): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    if (openRouteOf(context.req.method, context.req.path) !== undefined) return next();
    for (const authenticator of authenticators) {
      const caller = await authenticator(context.req.raw.headers);
      if (caller === undefined) continue;
      context.set('caller', caller);
      return next();
    }
    return refuseStranger(context);
  };
}

/** People are led to where they sign in, programs are told how. */
export function refuseStranger(context: Context): Response {
  if (isForPeople(context) && context.req.method === 'GET') return context.redirect(loginPath(context), 303);
  const detail = 'Send the header "Authorization: Bearer <token>" with the value of OFFSHOOT_TOKEN.';
  return problem(context, 'unauthorized', detail, {
    headers: { 'www-authenticate': 'Bearer realm="offshoot"' },
  });
}

function limitBody(): MiddlewareHandler<AppEnv> {
  const onError = (context: Context) =>
    problem(context, 'payload_too_large', `A body here has at most ${MAX_BODY_BYTES} bytes.`);
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError });
  return async (context, next) =>
    openRouteOf(context.req.method, context.req.path)?.ownBounds === true ? next() : limit(context, next);
}

/** The login page, which leads back to where somebody wanted to go. */
function loginPath(context: Context): string {
  const { pathname, search } = new URL(context.req.url);
  const wanted = pathname + search;
  return wanted === '/' ? LOGIN_PATH : `${LOGIN_PATH}?next=${encodeURIComponent(wanted)}`;
}

function answerMethodNotAllowed(context: Context, methods: readonly string[]): Response {
  const allow = methods.join(', ');
  const detail = `${shown(context.req.path)} takes ${allow}, not ${context.req.method}.`;
  return problem(context, 'method_not_allowed', detail, { headers: { allow } });
}

function answerError(error: Error, context: Context, options: HttpGuardOptions): Response {
  const expected = error instanceof HTTPException ? answerHttpException(error, context) : undefined;
  if (expected !== undefined) return expected;
  const logId = options.randomId();
  options.log.error({ logId, err: error }, `${context.req.method} ${context.req.path} failed`);
  if (isUnavailable(error)) {
    const detail = `A server that Offshoot needs is out of reach. Ask again in a moment; its log has the cause under the id ${logId}.`;
    return problem(context, 'unavailable', detail, {
      logId,
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
    });
  }
  const detail = `The cause is in the server's log under the id ${logId}. Trying again may help.`;
  return problem(context, 'internal_error', detail, { logId });
}

/** What hono's validators throw; undefined for statuses that they don't use. */
function answerHttpException(error: HTTPException, context: Context): Response | undefined {
  if (error.status === 400) {
    return problem(
      context,
      'invalid_json',
      'The body could not be read as JSON. Check quotes, commas and braces.',
    );
  }
  if (error.status === 415) {
    return problem(context, 'unsupported_media_type', 'Send the body with "Content-Type: application/json".');
  }
  return undefined;
}

const MAX_SHOWN_PATH_LENGTH = 200;

/** A stranger's path inside a sentence: bounded. */
function shown(path: string): string {
  return path.length > MAX_SHOWN_PATH_LENGTH ? `${path.slice(0, MAX_SHOWN_PATH_LENGTH)}…` : path;
}
