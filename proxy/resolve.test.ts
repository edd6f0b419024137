import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManifestFile } from '../contracts/manifest.ts';
import { resolve, type SiteFiles, type SiteRequest } from './resolve.ts';
import { parseTarget } from './target.ts';

const file: ManifestFile = { sha256: 'a'.repeat(64), sizeBytes: 1, contentType: 'text/html', variants: {} };
const site = (...paths: string[]): SiteFiles => new Map(paths.map((path) => [path, { ...file }]));
const ask = (path: string, more: Partial<SiteRequest> = {}): SiteRequest => ({
  method: 'GET',
  path,
  query: '',
  accept: '*/*',
  fetchMode: undefined,
  ...more,
});

/** `200 path`, `404 path`, `→ location`, or the kind. */
function show(request: SiteRequest, files: SiteFiles): string {
  const intent = resolve(request, files);
  if (intent.kind === 'file') return `${intent.status} ${intent.path}`;
  return intent.kind === 'redirect' ? `→ ${intent.location}` : intent.kind;
}

describe('a page', () => {
  const files = site(
    'index.html',
    'about.html',
    'docs/index.html',
    'both.html',
    'both/index.html',
    'a/app.js',
    'plain',
  );
  it.each([
    ['', '200 index.html'],
    ['index.html', '→ /'],
    ['index', '→ /'],
    ['about', '200 about.html'],
    ['about.html', '→ /about'],
    ['about/', '→ /about'],
    ['docs/', '200 docs/index.html'],
    ['docs', '→ /docs/'],
    ['docs/index.html', '→ /docs/'],
    ['docs/index', '→ /docs/'],
    ['both', '200 both.html'],
    ['both/', '200 both/index.html'],
    ['both.html', '→ /both'],
    ['both/index', '→ /both/'],
    ['a/app.js', '200 a/app.js'],
    ['a/app', 'not-found'],
    ['a/', 'not-found'],
    ['a', 'not-found'],
    ['plain', '200 plain'],
    ['plain/', 'not-found'],
    ['//', 'not-found'],
    ['/about', 'not-found'],
    ['docs//', 'not-found'],
    ['../index.html', 'not-found'],
    ['docs/../index.html', 'not-found'],
    ['a%2Fapp.js', 'not-found'],
    ['About', 'not-found'],
  ])('at %j gives %s', (path, expected) => {
    expect(show(ask(path), files)).toBe(expected);
  });

  it('has its own address though a clean one would be another file’s', () => {
    expect(show(ask('foo.html'), site('foo', 'foo.html'))).toBe('200 foo.html');
    expect(show(ask('foo'), site('foo', 'foo.html'))).toBe('200 foo');
    expect(show(ask('x.html'), site('x.html.html'))).toBe('200 x.html.html');
    expect(show(ask('x.html.html'), site('x.html', 'x.html.html'))).toBe('200 x.html.html');
    expect(show(ask('a.html'), site('a.html/index.html'))).toBe('→ /a.html/');
  });

  it('is redirected to with its query, escaped, and never to another host', () => {
    expect(show(ask('ü b.html', { query: '?x=1&y=%2F' }), site('ü b.html'))).toBe('→ /%C3%BC%20b?x=1&y=%2F');
    expect(show(ask('a?b.html'), site('a?b.html'))).toBe('→ /a%3Fb');
    expect(show(ask('/evil.com/index.html'), site('evil.com/index.html'))).toBe('not-found');
  });
});

describe('what is not there', () => {
  it.each([
    ['x/y', '404 404.html'],
    ['docs/x', '404 docs/404.html'],
    ['docs/deep/er/x.js', '404 docs/404.html'],
    ['docs', '404 404.html'],
    ['docs/', '404 docs/404.html'],
  ])('gets the nearest 404 page: %s', (path, expected) => {
    expect(show(ask(path), site('index.html', '404.html', 'docs/404.html'))).toBe(expected);
  });

  it('gets the 404 page also when a browser navigates', () => {
    expect(show(ask('x', { fetchMode: 'navigate' }), site('index.html', '404.html'))).toBe('404 404.html');
  });

  it.each<[Partial<SiteRequest>, string, string]>([
    [{ fetchMode: 'navigate' }, 'app/users/7', '200 index.html'],
    [{ accept: 'text/html,*/*' }, 'app', '200 index.html'],
    [{ accept: 'text/html', method: 'HEAD' }, 'app', '200 index.html'],
    [{ accept: '*/*' }, 'app', 'not-found'],
    [{ accept: undefined }, 'app', 'not-found'],
    [{ fetchMode: 'cors', accept: 'text/html' }, 'app', 'not-found'],
    [{ fetchMode: 'navigate' }, 'assets/chunk.js', 'not-found'],
    [{ fetchMode: 'navigate' }, 'v1.2/page', '200 index.html'],
    [{ accept: 'text/html', method: 'POST' }, 'app', 'method-not-allowed'],
  ])('falls back to a single-page app for navigations only: %j %s → %s', (more, path, expected) => {
    expect(show(ask(path, more), site('index.html', 'assets/app.js'))).toBe(expected);
  });

  it('gets no fallback without an index page', () => {
    expect(show(ask('app', { fetchMode: 'navigate' }), site('main.html'))).toBe('not-found');
  });
});

describe('what is never served', () => {
  const files = site(
    '.env',
    'a/.git/config',
    '_headers',
    '_redirects',
    '.well-known/security.txt',
    'a/_headers',
    '.html',
    'x/.html',
  );
  it.each(['.env', 'a/.git/config', '_headers', '_redirects', '', 'x/'])('%j', (path) => {
    expect(show(ask(path), files)).toBe('not-found');
  });
  it.each(['.well-known/security.txt', 'a/_headers'])('but %s is', (path) => {
    expect(show(ask(path), files)).toBe(`200 ${path}`);
  });
});

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s is not allowed', (method) => {
  expect(show(ask('', { method }), site('index.html'))).toBe('method-not-allowed');
});

it('serves files whose names are special to JavaScript as any other', () => {
  expect(show(ask('__proto__'), site('constructor', '__proto__'))).toBe('200 __proto__');
  expect(show(ask('toString'), site('index.html'))).toBe('not-found');
});

describe('for any site', () => {
  const segment = fc.constantFrom(
    'a',
    'b',
    'index',
    'index.html',
    'a.html',
    'b.html',
    '404.html',
    'ü?#%',
    'a.js',
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'));
  const request = fc.oneof(
    path,
    path.map((each) => `${each}/`),
    fc.constant(''),
    fc.string(),
  );

  it('a redirect leads in one hop to a file, on the same host', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path), request, (paths, asked) => {
        const files = site(...paths);
        const intent = resolve(ask(asked), files);
        if (intent.kind !== 'redirect') return;
        expect(intent.location).toMatch(/^\/(?![/\\])/);
        const target = parseTarget(intent.location);
        expect(target.ok && show(ask(target.path), files)).toMatch(/^200 /);
      }),
      { numRuns: 2000 },
    );
  });

  it('every file has an address that serves it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1 }), (paths) => {
        const files = site(...paths);
        for (const each of paths) {
          const first = resolve(ask(each), files);
          const target =
            first.kind === 'redirect' ? parseTarget(first.location) : { ok: true as const, path: each };
          expect(target.ok && show(ask(target.path), files)).toBe(`200 ${each}`);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
