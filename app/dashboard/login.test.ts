import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { Visitor } from '../../test/support/visitor.ts';
import { LOGIN_LINK_LIFETIME_MS, SESSION_LIFETIME_MS } from '../actions/sign-in.ts';
import { localPath } from './login.ts';

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
});
afterAll(() => room.dispose());

async function makeLink(): Promise<string> {
  const { body } = await room.client.call<{ url: string }>('POST', '/api/login-links');
  return new URL(body.url).pathname;
}

describe('somebody who is not signed in', () => {
  it('is led to the login page and, signed in, back to where they wanted to go', async () => {
    const visitor = new Visitor(room.server);
    const { status, headers } = await visitor.get('/projects/x?page=2');
    expect([status, headers['location']]).toEqual([303, '/login?next=%2Fprojects%2Fx%3Fpage%3D2']);
    const form = await visitor.get(String(headers['location']));
    expect(form.body).toContain('name="next" value="/projects/x?page=2"');
  });

  it('is told that a token is wrong, and gets no session', async () => {
    const { status, headers, body } = await new Visitor(room.server).post('/login', { token: 'wrong' });
    expect([status, headers['set-cookie']]).toEqual([403, undefined]);
    expect(body).toContain('That is not the token');
  });

  it('gets problem documents as a program, and a page that says what is wrong in a browser', async () => {
    const program = await room.server.send('GET', '/projects/x');
    expect(program).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    const page = await (await new Visitor(room.server).signIn()).get('/nowhere');
    expect(page).toMatchObject({ status: 404, headers: { 'content-type': 'text/html; charset=UTF-8' } });
    expect(page.body).toContain('There is nothing at /nowhere');
  });
});

describe('a login link', () => {
  it('signs in once', async () => {
    const link = await makeLink();
    const [first, second] = [new Visitor(room.server), new Visitor(room.server)];
    expect((await first.get(link)).headers['location']).toBe('/');
    expect((await first.get('/')).status).toBe(200);
    expect((await second.get(link)).status).toBe(403);
    expect((await second.get('/')).status).toBe(303);
  });

  it('leads who is signed in to the projects, however often they open it', async () => {
    const link = await makeLink();
    const visitor = new Visitor(room.server);
    await visitor.get(link);
    expect((await visitor.get(link)).headers['location']).toBe('/');
  });

  it('is not used up by a preview that asks for its head', async () => {
    const link = await makeLink();
    expect((await room.server.send('HEAD', link)).status).toBe(200);
    expect((await new Visitor(room.server).get(link)).status).toBe(303);
  });

  it('is worth nothing after a quarter of an hour', async () => {
    const link = await makeLink();
    room.clock.now += LOGIN_LINK_LIFETIME_MS + 1;
    expect((await new Visitor(room.server).get(link)).status).toBe(403);
  });

  it('is given to nobody but the administrator', async () => {
    expect((await room.server.send('POST', '/api/login-links')).status).toBe(401);
  });
});

describe('a session', () => {
  it('is a cookie that scripts and other sites do not get', async () => {
    const { headers } = await new Visitor(room.server).get(await makeLink());
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^offshoot_session=[a-z0-9]{40};.* Path=\/;.*HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('ends with a sign-out, also for a copy of its cookie', async () => {
    const visitor = await new Visitor(room.server).signIn();
    const { headers } = await visitor.post('/login', {});
    expect(headers['set-cookie']).toBeUndefined();
    const out = await visitor.post('/logout');
    expect([out.status, out.headers['location']]).toEqual([303, '/login']);
    expect((await visitor.get('/')).status).toBe(303);
  });

  it('ends by itself after 30 days', async () => {
    const visitor = await new Visitor(room.server).signIn();
    room.clock.now += SESSION_LIFETIME_MS + 1;
    expect((await visitor.get('/')).status).toBe(303);
  });

  it.each([
    ['a preview', { origin: 'http://site.example.com', 'sec-fetch-site': 'same-site' }],
    ['a stranger', { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ])('does not let %s send its forms', async (_who, headers) => {
    const visitor = await new Visitor(room.server).signIn();
    expect((await visitor.post('/logout', {}, headers)).status).toBe(403);
    expect((await visitor.get('/')).status).toBe(200);
  });
});

describe('localPath', () => {
  it.each([
    ['/projects/a?b=c', '/projects/a?b=c'],
    ['//evil.test/', '/'],
    ['/\\evil.test/', '/'],
    ['/.//evil.test', '/evil.test'],
    ['https://evil.test/', '/'],
    ['/\t/evil.test', '/'],
    ['javascript:alert(1)', '/'],
    ['', '/'],
    [undefined, '/'],
  ])('%j leads to %j', (wanted, path) => {
    expect(localPath(wanted)).toBe(path);
  });
});
