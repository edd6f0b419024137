import { labelOfHost } from '../contracts/host.ts';

/**
 * Which site a request is for.
 * `own`: a loopback name or address, which no site can have: the proxy's own host, for health checks.
 */
export type RequestedHost =
  | { readonly kind: 'site'; readonly label: string; readonly host: string }
  | { readonly kind: 'own' }
  | { readonly kind: 'foreign'; readonly host: string }
  | { readonly kind: 'malformed'; readonly message: string };

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/;
const PLAUSIBLE = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

/**
 * Reads the host from the raw request (RFC 9112, 3.2): exactly one Host header, and a target in absolute form
 * must agree with it. Frameworks join or prefer one of several, which is how one site's cache gets another's page.
 * @param rawHeaders names and values in turn, as Node has them
 */
export function readHost(rawHeaders: readonly string[], target: string, domain: string): RequestedHost {
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isHostHeader(rawHeaders[index] ?? '')) continue;
    if (host !== undefined) return { kind: 'malformed', message: 'More than one Host header.' };
    host = (rawHeaders[index + 1] ?? '').toLowerCase();
  }
  if (host === undefined) return { kind: 'malformed', message: 'The Host header is missing.' };
  if (!PLAUSIBLE.test(host)) return { kind: 'malformed', message: 'The Host header is malformed.' };
  if (!target.startsWith('/') && authorityOf(target) !== host) {
    return { kind: 'malformed', message: 'The request target and the Host header name different hosts.' };
  }
  const label = labelOfHost(host, domain);
  if (label !== undefined) return { kind: 'site', label, host };
  return LOOPBACK.test(host) || withoutPort(host) === domain ? { kind: 'own' } : { kind: 'foreign', host };
}

function isHostHeader(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}

/** The authority of a target in absolute form; undefined for anything else. */
function authorityOf(target: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(target)?.[1]?.toLowerCase();
}

function withoutPort(host: string): string {
  return host.replace(/:[0-9]+$/, '').replace(/\.$/, '');
}
