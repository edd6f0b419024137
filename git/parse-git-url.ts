/** Longer URLs are refused: no server takes them, and they fill logs and rows. */
export const MAX_GIT_URL_LENGTH = 2048;

const HOST = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;
const SCHEMES = ['http:', 'https:', 'file:'] as const;

export interface GitUrl {
  /** `https:`, `http:` or `file:`, without credentials, query, fragment or trailing slash. */
  readonly href: string;
  /** `user:password`, decoded; null when the URL had none. Never logged, never in a command line. */
  readonly credentials: string | null;
  /** What people would call the repository: the last segment of its path without `.git`. */
  readonly nameHint: string;
  readonly isLocal: boolean;
}

export type ParsedGitUrl =
  | ({ readonly ok: true } & GitUrl)
  | { readonly ok: false; readonly message: string };

/**
 * Parses what a person gives as the address of a repository. `file://` and absolute paths are taken only
 * when `allowLocal` says so. Messages are sentences for that person and never repeat a password.
 */
export function parseGitUrl(text: string, options: { readonly allowLocal: boolean }): ParsedGitUrl {
  const problem = problemOfText(text);
  if (problem !== undefined) return refuse(problem);
  if (text.startsWith('/')) return parseLocal(pathToHref(text), options.allowLocal);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (!URL.canParse(text) || !SCHEMES.some((known) => known === `${scheme}:`)) return refuse(sayScheme(text));
  return scheme === 'file' ? parseLocal(text, options.allowLocal) : parseRemote(new URL(text));
}

/** The opposite of the parse: one URL that holds its credentials again, as a build spec needs it. */
export function formatGitUrl(href: string, credentials: string | null): string {
  if (credentials === null) return href;
  const [user, password] = splitCredentials(credentials);
  const url = new URL(href);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}

function problemOfText(text: string): string | undefined {
  if (text === '') return 'The Git URL is empty: give one such as https://github.com/owner/repository.';
  if (text.length > MAX_GIT_URL_LENGTH) return `The Git URL is longer than ${MAX_GIT_URL_LENGTH} characters.`;
  if (/[\p{Cc}\p{Zl}\p{Zp}\s]/u.test(text)) return 'The Git URL contains white space or control characters.';
  if (text.startsWith('-')) return 'The Git URL starts with a hyphen: give one that starts with https://.';
  return undefined;
}

function sayScheme(text: string): string {
  if (/^[^/]*@[^/]+:/.test(text) || /^(?:ssh|git\+ssh|ssh\+git):/i.test(text)) {
    return 'Git over SSH is not supported: give the https:// URL of the repository, with a token in it if it is private.';
  }
  if (/^[a-z0-9+.-]+:/i.test(text) && !/^(?:https?|file):/i.test(text)) {
    return 'Only https:// and http:// Git URLs are supported: give the https:// URL of the repository.';
  }
  return 'This is not a complete Git URL: give one such as https://github.com/owner/repository.';
}

function parseLocal(href: string, allowLocal: boolean): ParsedGitUrl {
  if (!allowLocal) {
    return refuse(
      'Repositories on this machine are not allowed: set OFFSHOOT_ALLOW_LOCAL_REPOSITORIES=true to allow file:// and private addresses.',
    );
  }
  if (!/^file:\/\/\//i.test(href))
    return refuse('A file:// URL needs an absolute path: file:///path/to/repository.');
  return finish(new URL(href), null);
}

function parseRemote(url: URL): ParsedGitUrl {
  url.hostname = url.hostname.replace(/\.$/, '');
  const isAddress = url.hostname.startsWith('[');
  if (!isAddress && !HOST.test(url.hostname)) return refuse('The host name of the Git URL is not valid.');
  const credentials = credentialsOf(url);
  if (credentials === undefined) {
    return refuse(
      'The user name or password in the Git URL is not valid: percent-encode its special characters.',
    );
  }
  return finish(url, credentials);
}

function finish(url: URL, credentials: string | null): ParsedGitUrl {
  if (url.search !== '' || url.hash !== '') {
    return refuse('The Git URL must not have a query (?) or a fragment (#).');
  }
  [url.username, url.password] = ['', ''];
  const path = decode(url.pathname);
  if (path === undefined || /\p{Cc}/u.test(path)) return refuse('The path of the Git URL is not valid.');
  const isLocal = url.protocol === 'file:';
  return {
    ok: true,
    href: url.href.replace(/\/+$/, ''),
    credentials,
    nameHint: nameOf(path, url.hostname),
    isLocal,
  };
}

/** undefined when they can't be sent: Basic authentication has no way to say a colon in a user name. */
function credentialsOf(url: URL): string | null | undefined {
  if (url.username === '' && url.password === '') return null;
  const [user, password] = [decode(url.username), decode(url.password)];
  if (user === undefined || password === undefined || user.includes(':')) return undefined;
  return /\p{Cc}/u.test(user + password) ? undefined : `${user}:${password}`;
}

/** At the first colon, as Basic authentication does. */
function splitCredentials(credentials: string): [user: string, password: string] {
  const at = credentials.indexOf(':');
  return at === -1 ? [credentials, ''] : [credentials.slice(0, at), credentials.slice(at + 1)];
}

function nameOf(path: string, host: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.git');
  const name = segments.at(-1)?.replace(/\.git$/, '') ?? '';
  return name === '' ? host || 'repository' : name;
}

function pathToHref(path: string): string {
  return `file://${path.split('/').map(encodeURIComponent).join('/').replace(/^\/+/, '/')}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(message: string): ParsedGitUrl {
  return { ok: false, message };
}
