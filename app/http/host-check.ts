const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const HOST_HEADER = /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?$/i;
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether the app answers to this Host header: the host of OFFSHOOT_URL or a loopback name, at any port. All
 * other names are refused, because a page of a stranger's domain that resolves to this machine (DNS rebinding)
 * would otherwise count as same-origin.
 */
export function isServedHost(host: string | undefined, appUrl: URL): boolean {
  const name = HOST_HEADER.exec(host ?? '')?.[1]?.toLowerCase();
  return name !== undefined && (name === appUrl.hostname || LOOPBACK_NAMES.has(name));
}

/** What of a request tells where it comes from. Browsers set Origin and Sec-Fetch-Site; pages can't forge them. */
export interface RequestSource {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** A WebSocket handshake is a GET, but no same-origin policy protects it. */
  readonly upgrade: string | undefined;
  readonly hasCookies: boolean;
}

/**
 * Whether a browser may send this request. Requests that change something, and WebSockets, come from our own
 * pages only: previews are sites of strangers on the same registrable domain, so SameSite cookies alone would
 * let them in. Programs send neither header, and no cookies, and are judged by their token.
 */
export function isAllowedSource(source: RequestSource, appUrl: URL): boolean {
  if (SAFE_METHODS.has(source.method) && source.upgrade === undefined) return true;
  if (source.origin !== undefined) return isOwnOrigin(source.origin, source.host, appUrl);
  if (source.fetchSite === undefined) return !source.hasCookies;
  return source.fetchSite === 'same-origin' || source.fetchSite === 'none';
}

function isOwnOrigin(origin: string, host: string | undefined, appUrl: URL): boolean {
  if (origin === appUrl.origin) return true;
  const name = HOST_HEADER.exec(host ?? '')?.[1]?.toLowerCase() ?? '';
  return LOOPBACK_NAMES.has(name) && origin === `http://${host?.toLowerCase()}`;
}
