import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { authenticate, checkAccess, nameCaller } from './auth.ts';
import type { Caller } from './auth.ts';
import type { AnswerFault } from './faults.ts';
import { checkLimits, checkPace, rateHeaders } from './limits.ts';
import { checkRequest, missingInAnswer } from './openapi.ts';
import { notFound, Refusal } from './refusal.ts';
import type { FieldError } from './refusal.ts';
import type { Answer, Call, Route, Routes } from './route.ts';
import { findRepository } from './state.ts';
import { note } from './world.ts';
import type { SeenRequest, World } from './world.ts';

type Env = { Bindings: HttpBindings };
type Raw = Context<Env>;

/** Path parameters that may hold slashes, spelt out or as `%2F`. */
const WITH_SLASHES = new Set(['branch', 'basehead', 'path', 'ref']);

/** GitHub's API as one HTTP app: who asks, what may go wrong, what is allowed, whether it fits, then the route. */
export function createRest(world: World, routes: Routes): Hono<Env> {
  const app = new Hono<Env>();
  // Longer paths first: `/commits/{ref}/statuses` would be a ref otherwise.
  const byLength = Object.entries(routes).toSorted(([a], [b]) => b.split('/').length - a.split('/').length);
  for (const [operation, route] of byLength) {
    const [method = '', template = ''] = operation.split(' ');
    app.on(method, toPattern(template), (c) => answer(world, operation, route, c));
  }
  app.all('*', (c) => refuseUnknownRoute(world, c));
  return app;
}

function toPattern(template: string): string {
  return template.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => `:${name}${WITH_SLASHES.has(name) ? '{.+}' : ''}`,
  );
}

async function answer(world: World, operation: string, route: Route, c: Raw) {
  const seen = see(world, c);
  if (world.faults.isDown) return cut(c);
  const text = await c.req.text();
  let caller: Caller = { kind: 'anonymous' };
  let fault: AnswerFault | undefined;
  try {
    checkUserAgent(c);
    caller = authenticate(world, c.req.header('authorization'));
    seen.caller = nameCaller(caller);
    checkLimits(world, caller, seen);
    const call = prepare(world, { operation, needs: route.needs, caller, text, c, seen });
    checkPace(world, caller, seen);
    fault = world.faults.decideAnswer(seen.method, seen.path);
    if (fault === 'delay') await sleep(world.faults.delayMs);
    refuseByFault(world, caller, fault, seen);
    const served = route.serve(call);
    requireComplete(operation, served);
    if (fault === 'lateServerError') throw new Refusal(502, 'Server Error');
    if (fault === 'lostReply') return cut(c);
    return reply(served, seen, rateHeaders(world, caller));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (fault === 'lostReply') return cut(c);
    if (isMalformed(error)) note(world, seen, 'invalid-request', JSON.stringify(error.body));
    const { status, headers } = error;
    return reply({ status, body: error.body, headers }, seen, rateHeaders(world, caller));
  }
}

/** Not every 422 is the caller's mistake: a commit may be gone, and a context may have had its thousand statuses. */
function isMalformed({ status, message, more }: Refusal): boolean {
  const errors = (more['errors'] ?? []) as readonly FieldError[];
  return (
    status === 422 &&
    (message.startsWith('Invalid request.') || errors.some(({ field }) => field !== undefined))
  );
}

interface Asked {
  readonly operation: string;
  readonly needs: Route['needs'];
  readonly caller: Caller;
  readonly text: string;
  readonly c: Raw;
  readonly seen: SeenRequest;
}

/** Everything between a request and its route: may it, and does it fit? */
function prepare(world: World, { operation, needs, caller, text, c, seen }: Asked): Call {
  const params: Record<string, string | number> = { ...c.req.param() };
  const query: Record<string, string> = c.req.query();
  const repository = 'repo' in params ? findByPath(world, params, seen) : undefined;
  if (typeof needs === 'string') checkKind(caller, needs);
  else if (repository !== undefined) checkAccess(world.state, caller, repository, needs);
  const body = parseBody(text);
  const problems = checkRequest(operation, { params, query, body });
  if (problems.length > 0) throw new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`);
  const url = new URL(`${world.urls.api}${seen.path}`);
  return {
    world,
    caller,
    params,
    query,
    body: (body ?? {}) as Record<string, unknown>,
    headers: c.req.raw.headers,
    url,
    repository,
  };
}

/** A repository by its name; who asks by a name that it had once is sent to its number, which never changes. */
function findByPath(world: World, { owner, repo }: Record<string, string | number>, seen: SeenRequest) {
  const fullName = `${owner}/${repo}`;
  const found = findRepository(world.state, fullName);
  if (found !== undefined) return found;
  const id = world.state.formerNames.get(fullName.toLowerCase());
  if (id === undefined || !world.state.repositories.has(id)) throw notFound();
  const url = `${world.urls.api}/repositories/${id}${seen.path
    .split('/')
    .slice(4)
    .map((part) => `/${part}`)
    .join('')}`;
  const isReading = seen.method === 'GET';
  const words = isReading ? 'Moved Permanently' : 'Temporary Redirect';
  throw new Refusal(isReading ? 301 : 307, words, { url }, { Location: url });
}

function checkKind(caller: Caller, needed: 'app' | 'installation' | 'user' | 'anyone'): void {
  if (needed === 'anyone' || caller.kind === needed) return;
  if (needed === 'app') throw new Refusal(401, 'A JSON web token could not be decoded');
  if (caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  throw new Refusal(403, 'Resource not accessible by integration');
}

function checkUserAgent(c: Raw): void {
  if ((c.req.header('user-agent') ?? '') !== '') return;
  throw new Refusal(
    403,
    'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
  );
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}

/** The faults that keep a request from being served at all. */
function refuseByFault(
  world: World,
  caller: Caller,
  fault: AnswerFault | undefined,
  seen: SeenRequest,
): void {
  if (fault === 'serverError') throw new Refusal(502, 'Server Error');
  if (fault !== 'forbidden' && fault !== 'tooMany') return;
  const seconds = world.faults.retryAfterSeconds;
  world.limiter.forbid(nameCaller(caller), `${seen.method} ${seen.path}`, world.now(), seconds);
  throw new Refusal(
    fault === 'forbidden' ? 403 : 429,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    {},
    { 'retry-after': String(seconds) },
  );
}

/** A field that GitHub always sends and we do not is a bug of ours, which a reader's test should not have to find. */
function requireComplete(operation: string, { status = 200, body }: Answer): void {
  const missing = missingInAnswer(operation, status, body);
  if (missing.length > 0) throw new Error(`The answer to ${operation} has no ${missing.join(', ')}`);
}

function see(world: World, c: Raw): SeenRequest {
  const url = new URL(c.req.url);
  const seen = {
    atMs: world.now(),
    method: c.req.method,
    path: url.pathname + url.search,
    caller: 'anonymous',
    status: 0,
  };
  world.requests.push(seen);
  return seen;
}

function refuseUnknownRoute(world: World, c: Raw): Response {
  const seen = see(world, c);
  note(world, seen, 'unknown-route', `${seen.method} ${seen.path} is not served here`);
  return reply({ status: 404, body: notFound().body }, seen, {});
}

function reply(
  { status = 200, body, headers }: Answer,
  seen: SeenRequest,
  rates: Record<string, string>,
): Response {
  seen.status = status;
  const all = { ...rates, 'X-GitHub-Media-Type': 'github.v3; format=json', ...headers };
  if (body === undefined) return new Response(null, { status, headers: all });
  const isText = typeof body === 'string';
  return new Response(isText ? body : JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      ...all,
    },
  });
}

function cut(c: Raw): Response {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}
