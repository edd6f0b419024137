/** Where `npm start` listens when nobody says otherwise. */
export const DEFAULT_URL = 'http://localhost:9000';

/** A server and its token, as one place knows them. */
export interface KnownServer {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** The places where a server can be named, nearest first. */
export interface ServerSources {
  /** --url and --token. */
  readonly flags: KnownServer;
  /** OFFSHOOT_URL and OFFSHOOT_TOKEN. */
  readonly environment: KnownServer;
  /** What `offshoot login` has kept. */
  readonly config: KnownServer;
  /** What runs, or ran, on this machine: its data folder has the token. */
  readonly local: KnownServer;
}

export type Source = keyof ServerSources;

export interface ResolvedServer {
  readonly url: URL;
  readonly urlFrom: Source | 'default';
  readonly token: string | undefined;
  readonly tokenFrom: Source | undefined;
}

export type Resolution =
  | { readonly ok: true; readonly server: ResolvedServer }
  | { readonly ok: false; readonly from: Source; readonly message: string };

const ORDER: readonly Source[] = ['flags', 'environment', 'config', 'local'];

/**
 * Which server is meant. A token goes only to the server that it was given for: one that stands beside another
 * server's URL is not used.
 */
export function resolveServer(sources: ServerSources): Resolution {
  const known = { ...sources, environment: completeToken(sources) };
  const urlFrom = ORDER.find((source) => known[source].url !== undefined) ?? 'default';
  const url = parseServerUrl(urlFrom === 'default' ? DEFAULT_URL : (known[urlFrom].url ?? DEFAULT_URL));
  if (typeof url === 'string') return { ok: false, from: urlFrom as Source, message: url };
  const tokenFrom = ORDER.find((source) => isTokenFor(url, known[source]));
  const token = tokenFrom === undefined ? undefined : known[tokenFrom].token;
  return { ok: true, server: { url, urlFrom, token, tokenFrom } };
}

/** OFFSHOOT_TOKEN alone means the server on this machine, as it does for `npm start`. */
function completeToken({ environment, local }: ServerSources): KnownServer {
  const { url, token } = environment;
  return url === undefined && token !== undefined ? { url: local.url ?? DEFAULT_URL, token } : environment;
}

/** A flag changes who asks, whoever is asked; all others know their server. */
function isTokenFor(url: URL, known: KnownServer): boolean {
  if (known.token === undefined || known.url === undefined) return known.token !== undefined;
  const own = parseServerUrl(known.url);
  return typeof own !== 'string' && isSameServer(own, url);
}

/** All names of loopback are one machine. */
function isSameServer(one: URL, other: URL): boolean {
  const name = ({ protocol, hostname, port }: URL) =>
    `${protocol}//${isLoopback(hostname) ? 'localhost' : hostname}:${port}`;
  return name(one) === name(other);
}

export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** The URL of a server, or a sentence about what is wrong with it. */
export function parseServerUrl(text: string): URL | string {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${schemeFor(text)}://${text}`;
  if (!URL.canParse(full)) return `"${text}" is no address of a server: https://deploy.example.com is one.`;
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `"${text}" is no address of a server: it begins with https:// or http://.`;
  if (url.username !== '' || url.password !== '')
    return 'A server’s address has no user and password: the token is asked for apart.';
  [url.search, url.hash] = ['', ''];
  return url;
}

function schemeFor(host: string): 'http' | 'https' {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::|\/|$)/.test(host) ? 'http' : 'https';
}
