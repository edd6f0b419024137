import http from 'node:http';
import https from 'node:https';
import ipaddr from 'ipaddr.js';
import { explainNetworkError } from '../network/explain-network-error.ts';
import { hostOf, planRoute, type Route, type RouteOptions } from '../network/plan-route.ts';
import { routeAgent } from '../network/route-agent.ts';
import { parseGitUrl } from './parse-git-url.ts';
import type { GitConfig } from './run-git.ts';

export const MAX_REDIRECTS = 5;
const TAIL = '/info/refs?service=git-upload-pack';
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface ResolveRemoteOptions extends Omit<RouteOptions, 'allowPrivate'> {
  /** Allows file:// and addresses that are not public. */
  readonly allowLocal: boolean;
}

export interface Remote {
  /** What Git is run with: after all redirects, without credentials. */
  readonly href: string;
  readonly isLocal: boolean;
  /** For runGit's `config`: the pinned addresses, the proxy, and the credentials if they still belong there. */
  readonly config: GitConfig;
}

export type ResolvedRemote =
  | { readonly ok: true; readonly remote: Remote }
  | { readonly ok: false; readonly message: string };

/**
 * Finds where a repository really is, before Git is allowed to go there: every host on the way must have
 * public addresses only, redirects are followed here, each hop checked, and Git gets the checked addresses
 * (so a name that changes in between, DNS rebinding, moves nothing) and follows no redirect itself.
 *
 * Through an HTTP proxy the proxy looks names up: what we see is checked, but nothing can be pinned; the
 * proxy's own rules are the guard then. `url` may hold credentials. Never throws.
 */
export async function resolveRemote(url: string, options: ResolveRemoteOptions): Promise<ResolvedRemote> {
  const parsed = parseGitUrl(url, options);
  if (!parsed.ok) return parsed;
  if (parsed.isLocal) return { ok: true, remote: { href: parsed.href, isLocal: true, config: [] } };
  try {
    return await follow(parsed.href, parsed.credentials, options);
  } catch (error) {
    return { ok: false, message: explain(error, parsed.href, options.signal) };
  }
}

async function follow(
  start: string,
  startCredentials: string | null,
  options: ResolveRemoteOptions,
): Promise<ResolvedRemote> {
  let [href, credentials] = [start, startCredentials];
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const route = await routeTo(new URL(href), options);
    const location = await askForRedirect(href, credentials, route, options);
    if (location === undefined) return { ok: true, remote: remoteOf(href, credentials, route) };
    const next = checkRedirect(href, location, options.allowLocal);
    if (new URL(next).origin !== new URL(href).origin) credentials = null;
    href = next;
  }
  throw new Refusal(`${start} redirects more than ${MAX_REDIRECTS} times.`);
}

async function routeTo(url: URL, options: ResolveRemoteOptions): Promise<Route> {
  const planned = await planRoute(url, { ...options, allowPrivate: options.allowLocal });
  if (planned.ok) return planned.route;
  if (planned.problem === 'no_address') throw new Refusal(`${hostOf(url)} has no address.`);
  throw new Refusal(
    `${url.hostname} is not a public host: it leads to a loopback, private or reserved address. Set OFFSHOOT_ALLOW_LOCAL_REPOSITORIES=true to allow that.`,
  );
}

/** The Location of a redirect, or undefined when the server answers itself, well or not: Git will tell. */
function askForRedirect(
  href: string,
  credentials: string | null,
  route: Route,
  options: ResolveRemoteOptions,
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const headers = {
    'user-agent': 'git/offshoot',
    ...(credentials === null ? {} : { authorization: basic(credentials) }),
  };
  const module = href.startsWith('https:') ? https : http;
  const agent = routeAgent(new URL(href), route, options.environment);
  const request = module.get(href + TAIL, { headers, signal: options.signal, agent }, (response) => {
    const isRedirect = REDIRECTS.has(response.statusCode ?? 0);
    resolve(isRedirect ? (response.headers.location ?? '') : undefined);
    response.destroy();
  });
  request.on('error', reject);
  return promise.finally(() => request.destroy());
}

/** The repository that a redirect names. Git itself would refuse one that does not keep the asked path's end. */
function checkRedirect(from: string, location: string, allowLocal: boolean): string {
  const base = from + TAIL;
  const target = URL.canParse(location, base) ? new URL(location, base).href : undefined;
  if (target === undefined || location === '' || !target.endsWith(TAIL)) {
    throw new Refusal(
      `${from} redirects to something that is no Git repository: give the repository's own URL.`,
    );
  }
  const parsed = parseGitUrl(target.slice(0, -TAIL.length), { allowLocal });
  if (!parsed.ok || parsed.isLocal) throw new Refusal(`${from} redirects to a URL that is not allowed.`);
  if (from.startsWith('https:') && parsed.href.startsWith('http:')) {
    throw new Refusal(`${from} redirects from https to http, which would give up its protection.`);
  }
  return parsed.href;
}

function remoteOf(href: string, credentials: string | null, { addresses, proxy }: Route): Remote {
  const url = new URL(href);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const isName = !ipaddr.isValid(hostOf(url));
  const config: [string, string][] = [['http.proxy', proxy ?? '']];
  if (proxy === undefined && isName) {
    const listed = addresses.map((address) => (address.includes(':') ? `[${address}]` : address));
    config.push(['http.curloptResolve', `${url.hostname}:${port}:${listed.join(',')}`]);
  }
  if (credentials !== null) {
    config.push([`http.${url.origin}/.extraHeader`, `Authorization: ${basic(credentials)}`]);
  }
  return { href, isLocal: false, config };
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

class Refusal extends Error {}

function explain(error: unknown, href: string, signal: AbortSignal): string {
  if (error instanceof Refusal) return error.message;
  const host = new URL(href).hostname;
  if (signal.aborted) return `${host} did not answer in time: ask again later.`;
  return explainNetworkError(error, host, 'Git URL');
}
