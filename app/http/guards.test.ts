import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveForTest, type TestServer } from '../../test/support/api-client.ts';
import { administratorByToken } from './caller.ts';
import { type AppEnv, createHttpGuards, MAX_BODY_BYTES } from './guards.ts';

const TOKEN = 'a-token-of-an-administrator-0123456789';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const logged: { logId: string; err: unknown }[] = [];
let server: TestServer;

beforeAll(async () => {
  const app = new Hono<AppEnv>();
  createHttpGuards({
    appUrl: new URL('http://deploy.example.com'),
    authenticators: [administratorByToken(TOKEN)],
    answerProblemPage: (context, { code, status }) =>
      context.html(`<h1>${code}</h1>`, status as ContentfulStatusCode, { 'x-page': 'yes' }),
    randomId: () => 'id-of-the-log-entry-',
    log: { error: (fields) => logged.push(fields) },
  }).mountOn(app);
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/thing', (context) => context.json({ caller: context.get('caller') }));
  app.post('/thing', async (context) => context.json({ length: (await context.req.text()).length }));
  app.post('/api/builder/logs', async (context) =>
    context.json({ length: (await context.req.text()).length }),
  );
  app.get('/broken', () => {
    throw new Error('password=hunter2 in a query');
  });
  server = await serveForTest(app.fetch);
});
afterAll(() => server.close());

function expectProblem(
  answer: { status: number; headers: object; body: unknown },
  status: number,
  code: string,
) {
  expect(answer).toMatchObject({
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: { status, code, type: `/api#problem-${code}` },
  });
}

describe('authentication', () => {
  it.each([
    ['no header', {}],
    ['an empty header', { authorization: '' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['the token cut short', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['the token and more', { authorization: `Bearer ${TOKEN}x` }],
    ['the token and another word', { authorization: `Bearer ${TOKEN} x` }],
    ['another letter case', { authorization: `Bearer ${TOKEN.toUpperCase()}` }],
  ])('refuses %s', async (_what, headers: Record<string, string>) => {
    const answer = await server.send('GET', '/thing', { headers });
    expectProblem(answer, 401, 'unauthorized');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="offshoot"');
  });

  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `])('takes %j', async (authorization) => {
    const answer = await server.send('GET', '/thing', { headers: { authorization } });
    expect(answer.body).toEqual({ caller: { kind: 'administrator' } });
  });

  it('tells a stranger nothing about which addresses exist', async () => {
    expectProblem(await server.send('GET', '/nothing-here'), 401, 'unauthorized');
    expectProblem(await server.send('DELETE', '/thing'), 401, 'unauthorized');
  });

  it('answers open routes to anybody, by GET and HEAD only', async () => {
    expect((await server.send('GET', '/healthz')).status).toBe(200);
    expect((await server.send('HEAD', '/healthz')).status).toBe(200);
    expectProblem(await server.send('POST', '/healthz'), 401, 'unauthorized');
    expectProblem(await server.send('GET', '/healthz/'), 401, 'unauthorized');
  });

  it.each([
    '/api/builder/../../thing',
    '/api/builder/%2e%2e/%2e%2e/thing',
    '//api/builder/x',
    '/api/builderx',
  ])('opens nothing else to the path %s', async (path) => {
    expect((await server.send('GET', path)).status).not.toBe(200);
  });
});

describe('the host check', () => {
  it.each(['deploy.example.com', 'localhost:1', '127.0.0.1', '[::1]:9000'])('answers to %s', async (host) => {
    expect((await server.send('GET', '/thing', { headers: { ...AUTHORIZED, host } })).status).toBe(200);
  });

  it.each(['evil.test', 'site.localhost:8000', '10.0.0.1'])('refuses %s, open routes too', async (host) => {
    const answer = await server.send('GET', '/healthz', { headers: { host } });
    expectProblem(answer, 421, 'misdirected_request');
  });
});

describe('the origin check', () => {
  it('refuses changes from pages of others, whatever token they hold', async () => {
    const headers = { ...AUTHORIZED, origin: 'http://site.localhost:8000' };
    expectProblem(await server.send('POST', '/thing', { headers }), 403, 'forbidden_origin');
  });

  it('lets our own pages change things', async () => {
    const headers = { ...AUTHORIZED, origin: 'http://deploy.example.com' };
    expect((await server.send('POST', '/thing', { headers })).status).toBe(200);
  });
});

describe('errors', () => {
  it('says 404 where nothing is', async () => {
    const answer = await server.send('GET', '/nothing-here', { headers: AUTHORIZED });
    expectProblem(answer, 404, 'not_found');
    expect(answer.body).toMatchObject({ detail: 'There is nothing at /nothing-here.' });
  });

  it('says 405 and what is allowed', async () => {
    const answer = await server.send('DELETE', '/thing', { headers: AUTHORIZED });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers['allow']).toBe('GET, HEAD, POST');
  });

  it('keeps the cause of an internal error for the log and gives its id', async () => {
    const answer = await server.send('GET', '/broken', { headers: AUTHORIZED });
    expectProblem(answer, 500, 'internal_error');
    expect(answer.body).toMatchObject({ logId: 'id-of-the-log-entry-' });
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect(logged.at(-1)?.logId).toBe('id-of-the-log-entry-');
    expect(String(logged.at(-1)?.err)).toContain('hunter2');
  });
});

describe('the body bound', () => {
  const tooLong = 'x'.repeat(MAX_BODY_BYTES + 1);

  it('takes a body up to it', async () => {
    const raw = 'x'.repeat(MAX_BODY_BYTES);
    expect((await server.send('POST', '/thing', { headers: AUTHORIZED, raw })).body).toEqual({
      length: MAX_BODY_BYTES,
    });
  });

  it('refuses a longer one, announced or chunked', async () => {
    expectProblem(
      await server.send('POST', '/thing', { headers: AUTHORIZED, raw: tooLong }),
      413,
      'payload_too_large',
    );
    const chunked = await fetch(`http://127.0.0.1:${server.port}/thing`, {
      method: 'POST',
      headers: AUTHORIZED,
      body: new Blob([tooLong]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
  });

  it('leaves the endpoints of builders to their own bounds', async () => {
    const answer = await server.send('POST', '/api/builder/logs', { raw: tooLong });
    expect(answer.body).toEqual({ length: MAX_BODY_BYTES + 1 });
  });
});

describe('a browser that opens a page', () => {
  const PAGE = { accept: 'text/html,application/xhtml+xml' };

  it.each([
    ['of nothing', 'GET', '/nowhere', 404, 'not_found'],
    ['by a wrong method', 'DELETE', '/thing', 405, 'method_not_allowed'],
    ['that fails', 'GET', '/broken', 500, 'internal_error'],
  ])('%s gets a page', async (_what, method, path, status, code) => {
    const answer = await server.send(method, path, { headers: { ...AUTHORIZED, ...PAGE } });
    expect(answer).toMatchObject({
      status,
      body: `<h1>${code}</h1>`,
      headers: { 'content-type': 'text/html; charset=UTF-8', 'x-page': 'yes', 'cache-control': 'no-store' },
    });
  });

  it('keeps what the problem said to programs in headers', async () => {
    const answer = await server.send('DELETE', '/thing', { headers: { ...AUTHORIZED, ...PAGE } });
    expect(answer.headers['allow']).toContain('POST');
  });

  it.each(['/api/nothing', '/logs/nothing'])('gets a problem document of %s all the same', async (path) => {
    expectProblem(await server.send('GET', path, { headers: { ...AUTHORIZED, ...PAGE } }), 404, 'not_found');
  });

  it('is led to the login page, and a form that it sends is not', async () => {
    const opened = await server.send('GET', '/thing?a=b', { headers: PAGE });
    expect([opened.status, opened.headers['location']]).toEqual([303, '/login?next=%2Fthing%3Fa%3Db']);
    expect((await server.send('POST', '/thing', { headers: PAGE })).status).toBe(401);
  });
});

describe('an open route', () => {
  it('takes no larger bodies than others', async () => {
    const raw = 'x'.repeat(MAX_BODY_BYTES + 1);
    expectProblem(await server.send('POST', '/login', { raw }), 413, 'payload_too_large');
  });

  it('whose body nobody reads may be called with a larger one', async () => {
    const raw = 'x'.repeat(MAX_BODY_BYTES + 1);
    expectProblem(await server.send('POST', '/api/hooks/x', { raw }), 404, 'not_found');
  });
});
