import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Authenticator, Caller } from './caller.ts';
import { isAllowedSource, isServedHost } from './host-check.ts';
import { problem } from './problem.ts';
import { isUnavailable } from './unavailable.ts';

/** What the guards put on each request's context. */
export interface AppEnv extends Env {
  Variables: { caller: Caller };
}

/** A route that answers without a caller: `path` as in the route table, or its beginning when it ends in `/*`. */
export interface OpenRoute {
  readonly method: string;
  readonly path: string;
  readonly why: string;
}

/** The whole list of what answers without a token or a session. A test walks the route table against it. */
export const OPEN_ROUTES: readonly OpenRoute[] = [
  { method: 'GET', path: '/healthz', why: 'load balancers and supervisors ask it' },
  { method: 'GET', path: '/openapi.json', why: 'it describes the program, not what it holds' },
  { method: 'GET', path: '/api', why: 'the reference page, made of the same document' },
  { method: '*', path: '/api/builder/*', why: 'builders prove themselves by their attempt token' },
  { method: 'PUT', path: '/api/storage/*', why: 'the URL is signed' },
];

/** Bodies of the public API are a few settings; endpoints of builders bound their own. */
export const MAX_BODY_BYTES = 64 * 1024;
const RETRY_AFTER_SECONDS = '2';

export interface HttpGuardOptions {
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  readonly authenticators: readonly Authenticator[];
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
      app.use(methodNotAllowed({ app, onMethodNotAllowed: answerMethodNotAllowed }));
      app.use(harden(), checkHost(options.appUrl), checkOrigin(options.appUrl));
      app.use(authenticate(options.authenticators), limitBody());
    },
  };
}

/** Whether this request needs no caller. */
function isOpen(method: string, path: string): boolean {
  const asked = method === 'HEAD' ? 'GET' : method;
  return OPEN_ROUTES.some(
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
    };
    if (isAllowedSource(source, appUrl)) return next();
    const detail = `A browser may send this request from pages of ${appUrl.origin} only. Programs send no Origin header.`;
    return problem(context, 'forbidden_origin', detail);
  };
}

function authenticate(authenticators: readonly Authenticator[]): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    if (isOpen(context.req.method, context.req.path)) return next();
    for (const authenticator of authenticators) {
      const caller = await authenticator(context.req.raw.headers);
      if (caller === undefined) continue;
      context.set('caller', caller);
      return next();
    }
    const detail = 'Send the header "Authorization: Bearer <token>" with the value of OFFSHOOT_TOKEN.';
    return problem(context, 'unauthorized', detail, {
      headers: { 'www-authenticate': 'Bearer realm="offshoot"' },
    });
  };
}

function limitBody(): MiddlewareHandler<AppEnv> {
  const onError = (context: Context) =>
    problem(context, 'payload_too_large', `A body here has at most ${MAX_BODY_BYTES} bytes.`);
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError });
  return async (context, next) =>
    isOpen(context.req.method, context.req.path) ? next() : limit(context, next);
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
