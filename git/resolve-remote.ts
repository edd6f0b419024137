import { lookup as systemLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isPublicAddress } from './check-address.ts';
import { parseGitUrl } from './parse-git-url.ts';
import { planProxy } from './plan-proxy.ts';
import type { GitConfig } from './run-git.ts';
import { trustedAuthorities } from './trusted-authorities.ts';

export const MAX_REDIRECTS = 5;
const MAX_ADDRESSES = 16;
const TAIL = '/info/refs?service=git-upload-pack';
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface ResolveRemoteOptions {
  /** Allows file:// and addresses that are not public. */
  readonly allowLocal: boolean;
  /** From pickGitEnvironment: proxies. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** All addresses of a name; the system's resolver by default. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Which addresses may be connected to when local ones are not allowed; isPublicAddress by default. */
  readonly isPublic?: (address: string) => boolean;
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
    const route = await planRoute(new URL(href), options);
    const location = await askForRedirect(href, credentials, route, options);
    if (location === undefined) return { ok: true, remote: remoteOf(href, credentials, route) };
    const next = checkRedirect(href, location, options.allowLocal);
    if (new URL(next).origin !== new URL(href).origin) credentials = null;
    href = next;
  }
  throw new Refusal(`${start} redirects more than ${MAX_REDIRECTS} times.`);
}

interface Route {
  readonly addresses: readonly string[];
  readonly proxy: string | undefined;
}

async function planRoute(url: URL, options: ResolveRemoteOptions): Promise<Route> {
  const proxy = planProxy(url, options.environment);
  const addresses = await addressesOf(url, options).catch((error: unknown) => {
    if (proxy !== undefined) return []; // only the proxy may know this name
    throw error;
  });
  if (!options.allowLocal && !addresses.every(options.isPublic ?? isPublicAddress)) {
    throw new Refusal(
      `${url.hostname} is not a public host: it leads to a loopback, private or reserved address. Set OFFSHOOT_ALLOW_LOCAL_REPOSITORIES=true to allow that.`,
    );
  }
  return { addresses, proxy };
}

async function addressesOf(url: URL, options: ResolveRemoteOptions): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host)) return [host];
  const addresses = await unlessAborted((options.lookup ?? lookupAll)(host), options.signal);
  if (addresses.length === 0) throw new Refusal(`${host} has no address.`);
  return addresses.slice(0, MAX_ADDRESSES);
}

async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
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
  const agent = agentFor(href, route, options.environment);
  const request = module.get(href + TAIL, { headers, signal: options.signal, agent }, (response) => {
    const isRedirect = REDIRECTS.has(response.statusCode ?? 0);
    resolve(isRedirect ? (response.headers.location ?? '') : undefined);
    response.destroy();
  });
  request.on('error', reject);
  return promise.finally(() => request.destroy());
}

/** Connects to nothing but the checked addresses, or to the proxy. */
function agentFor(href: string, route: Route, environment: Readonly<Record<string, string>>): http.Agent {
  const isTls = href.startsWith('https:');
  const { proxy } = route;
  const way =
    proxy === undefined
      ? { lookup: lookupPinned(route.addresses) }
      : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  return isTls ? new https.Agent({ ...way, ca: trustedAuthorities(environment) }) : new http.Agent(way);
}

function lookupPinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, { all }, done) => {
    if (all === true) done(null, found);
    else done(null, found[0]?.address ?? '', found[0]?.family);
  };
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
  const isName = !ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, ''));
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

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return await Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

class Refusal extends Error {}

function explain(error: unknown, href: string, signal: AbortSignal): string {
  if (error instanceof Refusal) return error.message;
  const host = new URL(href).hostname;
  if (signal.aborted) return `${host} did not answer in time: ask again later.`;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `The host ${host} was not found: check the Git URL.`;
  const isCertificate = /CERT|SIGNATURE|SSL|TLS/.test(code);
  if (isCertificate) return `The TLS certificate of ${host} is not trusted (${code}).`;
  return `${host} can't be reached (${code || 'no reason given'}): check the Git URL or ask again later.`;
}
