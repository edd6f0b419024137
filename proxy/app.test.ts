import { createHash, randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, sendRaw } from '../test/support/raw-http.ts';
import { createSiteStore, makeId, type SiteStore } from '../test/support/site-store.ts';
import { createProxy } from './app.ts';
import { type RunningServer, serve } from './serve.ts';

const HTML = '<!doctype html><h1>Hello</h1>'.repeat(20);
const BIG = randomBytes(3_000_000);
const CANARY = 'the secret of the neighbour';
const projectId = makeId();
const deploymentId = makeId();
let sites: SiteStore;
let server: RunningServer;
let now = 1_000_000;
const errors: unknown[] = [];

beforeAll(async () => {
  sites = await createSiteStore();
  await sites.serve('demo', projectId, {
    'index.html': HTML,
    'about.html': 'about',
    'docs/index.html': 'docs',
    '404.html': 'nothing here',
    'ü b.txt': 'umlaut',
    'assets/app-B1a2C3d4.js': 'console.log(1);'.repeat(20),
    'photo.jpg': randomBytes(1000),
    'big.bin': BIG,
    empty: '',
  });
  await sites.serve('neighbour', makeId(), { 'index.html': CANARY, 'secret.txt': CANARY });
  await sites.serve('app', makeId(), { 'index.html': 'the app', 'app.js': '1' });
  await sites.point('waiting', projectId, { state: 'waiting', deploymentId });
  await sites.point('failed', projectId, { state: 'failed', deploymentId, reason: 'build_failed' });
  await sites.point('blocked', projectId, { state: 'blocked', deploymentId });
  await sites.point('gone', projectId, { state: 'gone' });
  const app = createProxy({
    store: sites.store,
    domain: { host: 'localhost', shown: 'localhost:8000' },
    cacheBytes: 10_000_000,
    now: () => now,
    onError: (error) => errors.push(error),
  });
  server = await serve(app, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.stop(1000);
  sites.remove();
});

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  get(server.port, 'demo.localhost:8000', path, headers, method);
const askHost = (host: string, path = '/', headers: Record<string, string> = {}) =>
  get(server.port, host, path, headers);

describe('a page', () => {
  it('comes with type, length, etag and caching', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body.toString()).toBe(HTML);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(HTML.length),
      'cache-control': 'public, max-age=0, must-revalidate',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['etag']).toMatch(/^"[0-9a-f]{64}"$/);
    expect(headers).not.toHaveProperty('x-robots-tag');
  });

  it.each([
    ['/about', 'about'],
    ['/docs/', 'docs'],
    ['/%C3%BC%20b.txt', 'umlaut'],
    ['/about?x=1', 'about'],
    ['/empty', ''],
  ])('is found at %s', async (path, expected) => {
    const { status, body } = await ask(path);
    expect([status, body.toString()]).toEqual([200, expected]);
  });

  it('redirects to its clean address, once, with its query', async () => {
    const { status, headers } = await ask('/docs?x=%20y');
    expect([status, headers['location'], headers['cache-control']]).toEqual([
      307,
      '/docs/?x=%20y',
      'no-store',
    ]);
  });

  it('is noindex on previews', async () => {
    const live = await sites.publish(projectId, { 'index.html': HTML });
    await sites.point('preview', projectId, { state: 'live', live, recent: [] }, false);
    const { status, headers } = await askHost('preview.localhost');
    expect([status, headers['x-robots-tag']]).toEqual([200, 'noindex']);
  });

  it('of a hashed name is immutable', async () => {
    const { headers } = await ask('/assets/app-B1a2C3d4.js');
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('that is missing is the site’s 404 page, which nobody keeps', async () => {
    const { status, headers, body } = await ask('/nope.js');
    expect([status, body.toString(), headers['cache-control']]).toEqual([404, 'nothing here', 'no-store']);
    expect(headers).not.toHaveProperty('etag');
  });

  it('of a single-page app answers navigations, while a missing chunk is a 404 and no page', async () => {
    const navigation = await askHost('app.localhost', '/users/7', { accept: 'text/html' });
    expect([navigation.status, navigation.body.toString()]).toEqual([200, 'the app']);
    const chunk = await askHost('app.localhost', '/assets/old.js', { accept: '*/*' });
    expect(chunk.status).toBe(404);
    expect(chunk.body.toString()).not.toContain('the app');
  });
});

describe('codings', () => {
  const decode = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
  it.each(['br', 'zstd', 'gzip'] as const)('%s gives the same bytes under its own etag', async (coding) => {
    const plain = await ask('/');
    const { headers, body } = await ask('/', { 'accept-encoding': coding });
    expect(headers['content-encoding']).toBe(coding);
    expect(decode[coding](body).toString()).toBe(HTML);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['etag']).toBe(plain.headers['etag']?.replace(/"$/, `-${coding}"`));
  });

  it('are not for pictures, which then do not vary', async () => {
    const { headers } = await ask('/photo.jpg', { 'accept-encoding': 'br, gzip' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('vary');
  });
});

describe('conditional requests', () => {
  it('are answered 304 without a body, with what caches need', async () => {
    const { headers } = await ask('/', { 'accept-encoding': 'br' });
    const again = await ask('/', { 'accept-encoding': 'br', 'if-none-match': headers['etag'] ?? '' });
    expect(again.status).toBe(304);
    expect(again.body.length).toBe(0);
    expect(again.headers).toMatchObject({
      etag: headers['etag'],
      'cache-control': headers['cache-control'],
      vary: 'accept-encoding',
    });
    expect(again.headers).not.toHaveProperty('content-length');
  });

  it('of another coding are answered in full', async () => {
    const { headers } = await ask('/', { 'accept-encoding': 'br' });
    expect((await ask('/', { 'if-none-match': headers['etag'] ?? '' })).status).toBe(200);
  });

  it('fail when If-Match names another version', async () => {
    expect((await ask('/', { 'if-match': '"other"' })).status).toBe(412);
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=-5', BIG.length - 5, BIG.length - 1],
    ['bytes=2999990-', 2_999_990, BIG.length - 1],
  ])('%s of a big file are its bytes %i to %i', async (range, start, end) => {
    const { status, headers, body } = await ask('/big.bin', { range, 'accept-encoding': 'br' });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end}/${BIG.length}`);
    expect(headers['content-length']).toBe(String(end - start + 1));
    expect(body.equals(BIG.subarray(start, end + 1))).toBe(true);
  });

  it('of a small file are of its plain bytes', async () => {
    const { status, headers, body } = await ask('/', { range: 'bytes=0-14', 'accept-encoding': 'br' });
    expect([status, body.toString()]).toEqual([206, '<!doctype html>']);
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it('behind the end are 416 with the size', async () => {
    const { status, headers } = await ask('/big.bin', { range: `bytes=${BIG.length}-` });
    expect([status, headers['content-range']]).toEqual([416, `bytes */${BIG.length}`]);
  });

  it('of another version are the whole file', async () => {
    const { headers } = await ask('/about');
    const range = 'bytes=0-0';
    expect((await ask('/about', { range, 'if-range': headers['etag'] ?? '' })).status).toBe(206);
    expect((await ask('/about', { range, 'if-range': '"old"' })).status).toBe(200);
  });

  it('are ignored by HEAD and for several parts', async () => {
    expect((await ask('/big.bin', { range: 'bytes=0-1' }, 'HEAD')).status).toBe(200);
    expect((await ask('/big.bin', { range: 'bytes=0-1,5-6' })).status).toBe(200);
  });
});

describe('methods', () => {
  it.each(['/', '/big.bin', '/nope', '/docs'])(
    'HEAD %s says what GET would, without the body',
    async (path) => {
      const [full, head] = [await ask(path), await ask(path, {}, 'HEAD')];
      const comparable = ({ date: _date, ...headers }: Readonly<Record<string, string>>) => headers;
      expect(head.status).toBe(full.status);
      expect(head.body.length).toBe(0);
      expect(comparable(head.headers)).toEqual(comparable(full.headers));
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    '%s is refused, and told what works',
    async (method) => {
      const { status, headers } = await ask('/', { 'content-length': '0' }, method);
      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    },
  );
});

describe('hosts without a site', () => {
  it('wait, with a page that turns into the site', async () => {
    const { status, headers, body } = await askHost('waiting.localhost:8000');
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      'retry-after': '2',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
    });
    expect(body.toString()).toContain('waiting.localhost');
    expect(body.toString()).toContain(deploymentId);
    await sites.serve('waiting', projectId, { 'index.html': 'here it is' });
    now += 1000;
    const site = await askHost('waiting.localhost:8000');
    expect([site.status, site.body.toString()]).toEqual([200, 'here it is']);
  });

  it.each([
    ['failed', 404, 'build_failed'],
    ['blocked', 503, 'approved'],
    ['gone', 410, 'removed'],
    ['nobody', 404, 'nobody.localhost'],
  ])('%s answers %i and says why', async (label, status, text) => {
    const answer = await askHost(`${label}.localhost`);
    expect(answer.status).toBe(status);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body.toString()).toContain(text);
  });

  it.each([
    ['waiting-3', 'building', '1000'],
    ['failed', 'the-build-failed', '5000'],
    ['blocked', 'waiting-for-approval', '5000'],
    ['nobody', 'there-is-no-site-here', '1000'],
  ])('%s looks for what comes next, and knows itself by its header', async (label, page, looksMs) => {
    await sites.point('waiting-3', projectId, { state: 'waiting', deploymentId });
    const { headers, body } = await askHost(`${label}.localhost`);
    expect(headers['offshoot-page']).toBe(page);
    expect(body.toString()).toContain(`data-page="${page}"`);
    expect(body.toString()).toContain(`data-looks="${looksMs}"`);
    expect(body.toString()).toContain('location.reload()');
  });

  it('gone looks no more', async () => {
    expect((await askHost('gone.localhost')).body.toString()).not.toContain('<script>');
  });

  it.each(['style', 'script'])('allow exactly the %s that they have', async (tag) => {
    await sites.point('waiting-2', projectId, { state: 'waiting', deploymentId });
    const { headers, body } = await askHost('waiting-2.localhost');
    const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(body.toString()) ?? [];
    const hash = createHash('sha256').update(content).digest('base64');
    expect(content).not.toBe('');
    expect(headers['content-security-policy']).toContain(`${tag}-src 'sha256-${hash}'`);
  });
});

describe('health', () => {
  it('is answered on a loopback name only', async () => {
    expect((await askHost('localhost:8000', '/healthz')).body.toString()).toBe('ok\n');
    expect((await askHost('127.0.0.1', '/healthz')).status).toBe(200);
    expect((await ask('/healthz')).body.toString()).toBe('nothing here');
    expect((await askHost('localhost', '/')).status).toBe(404);
    expect((await askHost('evil.com', '/healthz')).status).toBe(404);
  });
});

describe('hostile requests', () => {
  it.each([
    'GET / HTTP/1.1\r\nhost: demo.localhost\r\nhost: neighbour.localhost\r\n',
    'GET http://neighbour.localhost/ HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\nhost: <b>\r\n',
    'GET / HTTP/1.1\r\nhost: demo.localhost, neighbour.localhost\r\n',
    'GET / HTTP/1.1\r\nhost: demo.localhost:80:80\r\n',
    'GET /%00 HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET /%zz HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET /..\\x HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET /%5c..%5cx HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET * HTTP/1.1\r\nhost: demo.localhost\r\n',
    'OPTIONS * HTTP/1.1\r\nhost: demo.localhost\r\n',
    'GET /a\u0001b HTTP/1.1\r\nhost: demo.localhost\r\n',
  ])('%j is 400', async (head) => {
    const { status, body } = await sendRaw(server.port, `${head}connection: close\r\n\r\n`);
    expect(status).toBe(400);
    expect(body.toString()).not.toContain(CANARY);
    expect(body.toString()).not.toContain('<b>');
  });

  it('an overlong address is 414', async () => {
    expect((await ask(`/${'a'.repeat(9000)}`)).status).toBe(414);
  });

  it.each([
    '/../neighbour/index.html',
    '/..%2f..%2fneighbour',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//neighbour.localhost/secret.txt',
    '/.%2e/secret.txt',
    '/projects/x/blobs',
    '/secret.txt',
    '/__proto__',
    '/constructor',
  ])('%s stays within the site', async (path) => {
    const { status, body } = await ask(path);
    expect([status, body.toString()]).toEqual([404, 'nothing here']);
  });

  it('an absolute target of the same host is answered', async () => {
    const { status, body } = await sendRaw(
      server.port,
      'GET http://demo.localhost/about HTTP/1.1\r\nhost: demo.localhost\r\nconnection: close\r\n\r\n',
    );
    expect([status, body.toString()]).toEqual([200, 'about']);
  });
});

describe('older deployments', () => {
  it('keep their hashed assets reachable, and nothing else', async () => {
    const old = await sites.publish(projectId, {
      'assets/old-A1b2C3d4.js': 'old chunk',
      'old.html': 'old page',
    });
    const live = await sites.publish(projectId, { 'index.html': 'new', '404.html': 'nothing' });
    await sites.point('skew', projectId, { state: 'live', live, recent: [old] });
    const chunk = await askHost('skew.localhost', '/assets/old-A1b2C3d4.js');
    expect([chunk.status, chunk.body.toString()]).toEqual([200, 'old chunk']);
    expect(chunk.headers['cache-control']).toContain('immutable');
    expect((await askHost('skew.localhost', '/old')).status).toBe(404);
    expect((await askHost('skew.localhost', '/assets/other-A1b2C3d4.js')).status).toBe(404);
  });
});

describe('while storage fails', () => {
  it('memory answers what it has, and the rest is 503 with Retry-After and a report', async () => {
    const hidden = `${sites.root}-hidden`;
    const projects = join(sites.root, 'projects');
    await sites.serve('cold', projectId, { 'index.html': 'never seen' });
    expect((await ask('/about')).status).toBe(200);
    renameSync(projects, hidden);
    now += 5000;
    errors.length = 0;
    const [warm, cold] = [await ask('/about'), await askHost('cold.localhost')];
    renameSync(hidden, projects);
    expect(warm.body.toString()).toBe('about');
    expect([cold.status, cold.headers['retry-after'], errors.length]).toEqual([503, '2', 1]);
    expect((await askHost('cold.localhost')).body.toString()).toBe('never seen');
  });
});
