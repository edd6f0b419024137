import { lookup as systemLookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { isPublicAddress } from './check-address.ts';
import { planProxy } from './plan-proxy.ts';

const MAX_ADDRESSES = 16;

export interface RouteOptions {
  /** Allows loopback, private and reserved addresses. */
  readonly allowPrivate: boolean;
  /** Proxies, and the authorities of `GIT_SSL_CAINFO`: what Git is given too. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** All addresses of a name; the system's resolver by default. */
  readonly lookup?: ((host: string) => Promise<readonly string[]>) | undefined;
  /** Which addresses may be connected to when private ones are not allowed; isPublicAddress by default. */
  readonly isPublic?: ((address: string) => boolean) | undefined;
}

/** How a URL is reached: what was checked is what is connected to. */
export interface Route {
  /** Empty where only the proxy knows the name. */
  readonly addresses: readonly string[];
  readonly proxy: string | undefined;
}

export type PlannedRoute =
  | { readonly ok: true; readonly route: Route }
  | { readonly ok: false; readonly problem: 'not_public' | 'no_address' };

/**
 * Looks a URL's host up and checks all of its addresses: one that is not public refuses the whole, since nobody knows
 * which of them would be connected to. Through an HTTP proxy the proxy looks names up: what we see is checked, but
 * nothing can be pinned; the proxy's own rules are the guard then. Throws what the resolver says, and the signal's
 * reason.
 */
export async function planRoute(url: URL, options: RouteOptions): Promise<PlannedRoute> {
  const proxy = planProxy(url, options.environment);
  const addresses = await addressesOf(hostOf(url), options).catch((error: unknown) => {
    if (proxy !== undefined && !options.signal.aborted) return []; // only the proxy may know this name
    throw error;
  });
  if (addresses.length === 0 && proxy === undefined) return { ok: false, problem: 'no_address' };
  const isAllowed = options.allowPrivate || addresses.every(options.isPublic ?? isPublicAddress);
  return isAllowed ? { ok: true, route: { addresses, proxy } } : { ok: false, problem: 'not_public' };
}

/** A URL's host without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

async function addressesOf(host: string, options: RouteOptions): Promise<readonly string[]> {
  if (ipaddr.isValid(host)) return [host];
  const addresses = await unlessAborted((options.lookup ?? lookupAll)(host), options.signal);
  return addresses.slice(0, MAX_ADDRESSES);
}

async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return await Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
