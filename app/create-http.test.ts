import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ApiRoom, openApiRoom, TOKEN } from '../test/support/api-room.ts';
import { OPEN_ROUTES } from './http/guards.ts';

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
});
afterAll(() => room.dispose());

const OF_BUILDERS = /^\/api\/(?:builder|storage)\//;

/** The real route table, without the guards, which stand in front of everything. */
function handlers() {
  return room.app.routes.filter(({ method, path }) => method !== 'ALL' || path !== '/*');
}

describe('default-deny', () => {
  it('answers 401 without a token on every route that is not on the short list of open ones', async () => {
    const closed = handlers().filter(({ method, path }) => !isListed(method, path));
    expect(closed.length).toBeGreaterThan(10);
    for (const { method, path } of closed) {
      const address = path.replaceAll(/:\w+/g, 'aaaaaaaaaaaaaaaaaaaa');
      const { status } = await room.server.send(method === 'ALL' ? 'POST' : method, address);
      expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 401`);
    }
  });

  it('leaves no route of builders open: each asks for its own proof', async () => {
    const own = handlers().filter(({ path }) => OF_BUILDERS.test(path));
    expect(new Set(own.map(({ path }) => path)).size).toBeGreaterThan(5);
    for (const { method, path } of own) {
      const { status } = await room.server.send(method, path.replace('*', 'projects/x'), { json: {} });
      expect([401, 403], `${method} ${path}`).toContain(status);
    }
  });

  function isListed(method: string, path: string): boolean {
    return OPEN_ROUTES.some(
      (route) =>
        (route.method === '*' || route.method === method) &&
        (route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path),
    );
  }
});

describe('a WebSocket', () => {
  const LOG = '/logs/aaaaaaaaaaaaaaaaaaaa';

  it.each([
    ['without a token', {}, 401],
    [
      'from a preview, whatever token it holds',
      { authorization: `Bearer ${TOKEN}`, origin: 'http://a.localhost:8000' },
      403,
    ],
    ['by a name that was rebound', { authorization: `Bearer ${TOKEN}`, host: 'evil.test' }, 421],
    ['for a log that is not there', { authorization: `Bearer ${TOKEN}` }, 404],
  ])('is refused %s', async (_what, headers: Record<string, string>, status) => {
    expect(await handshake(LOG, headers)).toBe(status);
  });

  /** The status of the answer; 101 when it opened. */
  function handshake(path: string, headers: Record<string, string>): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${room.server.port}${path}`, { headers });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (request, response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      });
    });
  }
});
