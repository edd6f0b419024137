import type { ManifestFile } from '../contracts/manifest.ts';

/** Of paths in a manifest: further down there is no folder to look into. */
const MAX_PATH_LENGTH = 1024;

/** Path → file. A map, since a tenant may call a file `__proto__`. */
export type SiteFiles = ReadonlyMap<string, ManifestFile>;

export interface SiteRequest {
  readonly method: string;
  /** Decoded, without the leading slash (target.ts). */
  readonly path: string;
  /** With its question mark, or ''. */
  readonly query: string;
  readonly accept: string | undefined;
  /** The Sec-Fetch-Mode header. */
  readonly fetchMode: string | undefined;
}

/** What to answer, before any byte is read. */
export type Intent =
  | { readonly kind: 'file'; readonly status: 200 | 404; readonly path: string; readonly file: ManifestFile }
  | { readonly kind: 'redirect'; readonly status: 307; readonly location: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'method-not-allowed' };

/**
 * What a site answers to a request: pure, from the request and the site's files alone.
 *
 * Every file has one clean address: `foo/index.html` is `/foo/`, `foo.html` is `/foo`, others are themselves.
 * Other ways to name it redirect there, in one hop, and only if that address serves this very file.
 */
export function resolve(request: SiteRequest, files: SiteFiles): Intent {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { kind: 'method-not-allowed' };
  const path = findFile(request.path, files);
  if (path === undefined) return resolveMissing(request, files);
  const address = cleanAddress(path, files);
  if (address !== request.path) {
    return { kind: 'redirect', status: 307, location: formatLocation(address, request.query) };
  }
  return fileIntent(200, path, files);
}

function findFile(path: string, files: SiteFiles): string | undefined {
  const candidates =
    path === '' || path.endsWith('/')
      ? [`${path}index.html`, `${path.slice(0, -1)}.html`]
      : [path, `${path}.html`, `${path}/index.html`];
  return candidates.find((candidate) => isServed(candidate, files));
}

/** Rules and dotfiles (but `.well-known`) are the site's own business, also if they were published by mistake. */
function isServed(path: string, files: SiteFiles): boolean {
  if (!files.has(path)) return false;
  if (path === '_headers' || path === '_redirects') return false;
  return !/(?:^|\/)\.(?!well-known\/)/.test(path);
}

function cleanAddress(path: string, files: SiteFiles): string {
  const short = path.endsWith('.html') ? path.slice(0, -'.html'.length) : path;
  const folder = /(?:^|\/)index$/.test(short) ? short.slice(0, -'index'.length) : undefined;
  const addresses = folder === undefined ? [short] : [folder];
  return addresses.find((address) => fileServedAt(address, files) === path) ?? path;
}

/** What a clean address serves without a redirect. */
function fileServedAt(address: string, files: SiteFiles): string | undefined {
  if (address === '' || address.endsWith('/')) return `${address}index.html`;
  return isServed(address, files) ? address : `${address}.html`;
}

function resolveMissing(request: SiteRequest, files: SiteFiles): Intent {
  const page = nearestNotFoundPage(request.path, files);
  if (page !== undefined) return fileIntent(404, page, files);
  if (files.has('index.html') && isNavigation(request) && !hasExtension(request.path)) {
    return fileIntent(200, 'index.html', files);
  }
  return { kind: 'not-found' };
}

/** The `404.html` of the path's own folder, or of the nearest one above it. */
function nearestNotFoundPage(path: string, files: SiteFiles): string | undefined {
  let end = path.lastIndexOf('/', MAX_PATH_LENGTH);
  while (end !== -1) {
    const page = `${path.slice(0, end)}/404.html`;
    if (files.has(page)) return page;
    end = end === 0 ? -1 : path.lastIndexOf('/', end - 1);
  }
  return files.has('404.html') ? '404.html' : undefined;
}

/** Someone opens a page. A script that asks for a chunk must get a 404, never a page with 200. */
function isNavigation({ fetchMode, accept }: SiteRequest): boolean {
  return fetchMode === undefined ? (accept?.includes('text/html') ?? false) : fetchMode === 'navigate';
}

function hasExtension(path: string): boolean {
  return /\.[^./]+$/.test(path);
}

function fileIntent(status: 200 | 404, path: string, files: SiteFiles): Intent {
  const file = files.get(path);
  return file === undefined ? { kind: 'not-found' } : { kind: 'file', status, path, file };
}

/** Manifest paths have no empty segments, so this never begins with two slashes (another host). */
function formatLocation(address: string, query: string): string {
  return `/${address.split('/').map(encodeURIComponent).join('/')}${query}`;
}
