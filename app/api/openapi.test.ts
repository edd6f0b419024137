import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { OPEN_ROUTES } from '../http/guards.ts';
import { PROBLEM_CODES } from '../http/problem.ts';

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
});
afterAll(() => room.dispose());

/** What of the composed app is served but no part of the public API: what builders and GitHub call, and pages. */
const NOT_PUBLIC =
  /^\/api\/(?:builder|storage|hooks|github\/webhooks)(?:\/|$)|^\/(?!api\b|logs\/|healthz$|openapi\.json$)/;

interface Route {
  readonly method: string;
  readonly path: string;
}

/** The real route table, without the guards, which stand in front of everything. */
function handlers(): Route[] {
  return room.app.routes.filter(({ method, path }) => method !== 'ALL' || path !== '/*');
}

describe('the OpenAPI document', () => {
  it('describes every route, and nothing that is no route', async () => {
    const documented = (await room.client.schema()).operations();
    const served = handlers().filter(({ path }) => !NOT_PUBLIC.test(path));
    const names = new Set(served.map(({ method, path }) => `${method} ${path}`));
    expect(documented.map((operation) => operation.replaceAll(/\{(\w+)\}/g, ':$1')).toSorted()).toEqual(
      [...names].toSorted(),
    );
  });

  it('is OpenAPI 3.1 and says where it is served and how callers prove themselves', async () => {
    const { body } = await room.client.call('GET', '/openapi.json');
    expect(body).toMatchObject({
      openapi: '3.1.0',
      servers: [{ url: 'http://deploy.example.com' }],
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    });
  });

  it('says that an operation needs no token exactly where the guards let it through', async () => {
    const { body } = await room.client.call<{ paths: Record<string, Record<string, { security?: [] }>> }>(
      'GET',
      '/openapi.json',
    );
    const open = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { security }]) =>
        security === undefined ? [] : [`${method.toUpperCase()} ${path}`],
      ),
    );
    const expected = OPEN_ROUTES.filter((route) => !NOT_PUBLIC.test(route.path));
    expect(open.toSorted()).toEqual(expected.map((route) => `${route.method} ${route.path}`).toSorted());
  });

  it('gives every operation its own name', async () => {
    const { body } = await room.client.call<{
      paths: Record<string, Record<string, { operationId: string }>>;
    }>('GET', '/openapi.json');
    const ids = Object.values(body.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the reference page', () => {
  it('shows every operation and every problem code', async () => {
    const page = await readPage();
    for (const operation of (await room.client.schema()).operations()) {
      expect(page.body).toContain(operation.split(' ')[1]);
    }
    for (const code of PROBLEM_CODES) expect(page.body).toContain(`id="problem-${code}"`);
  });

  it('links to nothing that is missing', async () => {
    const { body } = await readPage();
    const targets = [...body.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    const ids = new Set([...body.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    expect(targets.filter((target) => !ids.has(target))).toEqual([]);
    expect(targets.length).toBeGreaterThan(30);
  });

  it('needs no script and no other server, and its policy lets its one style through', async () => {
    const { body, policy } = await readPage();
    expect(body).not.toMatch(/<script|<link|<img|<iframe|style="|\son[a-z]+="|javascript:/i);
    expect([...body.matchAll(/(?:src|href)="(?!#|\/)/g)]).toEqual([]);
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toMatch(/^default-src 'none';/);
  });

  async function readPage() {
    const { status, headers, body } = await room.client.call<string>('GET', '/api');
    expect(status).toBe(200);
    return { body, policy: String(headers['content-security-policy']) };
  }
});
