import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiRoom } from '../../test/support/api-room.ts';
import { openSignInRoom, type SignInRoom } from '../../test/support/sign-in-room.ts';
import { Visitor } from '../../test/support/visitor.ts';
import { SIGN_IN_LIFETIME_MS } from '../actions/github-sign-in.ts';
import { sessions } from '../db/schema.ts';
import { githubSessions, githubSignIns } from '../db/sign-in-schema.ts';

const HOUR_MS = 3_600_000;

let room: SignInRoom;
beforeAll(async () => {
  room = await openSignInRoom();
  room.github.createRepository('ada/shop');
  room.github.install('ada');
});
afterAll(() => room.dispose());

async function begin(path = '/login/github') {
  const visitor = new Visitor(room.server);
  const { status, headers } = await visitor.get(path);
  return { visitor, status, url: new URL(String(headers['location'])) };
}

describe('the login page', () => {
  it('offers GitHub where the App is connected, and leads on to where somebody wanted to go', async () => {
    const { body } = await new Visitor(room.server).get('/login?next=%2Fprojects%2Fshop');
    expect(body).toContain('href="/login/github?next=%2Fprojects%2Fshop"');
    expect(body).toContain('Administrator’s token');
  });

  it('offers the token alone where there is no App', async () => {
    const bare = await openApiRoom();
    const visitor = new Visitor(bare.server);
    expect((await visitor.get('/login')).body).not.toContain('GitHub');
    expect(await visitor.get('/login/github')).toMatchObject({ status: 409 });
    await bare.dispose();
  });
});

describe('signing in with GitHub', () => {
  it('asks the GitHub of the App, with a state and PKCE by S256', async () => {
    const { status, url, visitor } = await begin();
    expect([status, url.origin, url.pathname]).toEqual([303, room.github.webUrl, '/login/oauth/authorize']);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: room.github.app.clientId,
      redirect_uri: 'http://deploy.example.com/login/github/callback',
      state: expect.stringMatching(/^[a-z0-9]{40}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(visitor.cookie('offshoot_sign_in')).toMatch(/^[a-z0-9]{60}$/);
  });

  it('shows who is signed in, leads where they wanted to go, and signs out', async () => {
    room.github.signIn('ada');
    const { visitor, url } = await begin('/login/github?next=%2Fprojects%2Fx%3Fpage%3D2');
    const { status, headers } = await visitor.get(await room.followToGithub(url));
    expect([status, headers['location']]).toEqual([303, '/projects/x?page=2']);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^offshoot_sign_in=;/),
      expect.stringMatching(/^offshoot_session=[a-z0-9]{40};.* Path=\/;.*HttpOnly; SameSite=Lax$/),
    ]);
    const page = await visitor.get('/');
    expect(page.body).toContain('<bdi>ada</bdi>');
    expect(page.body).not.toContain('href="/setup"');
    await visitor.post('/logout');
    expect((await visitor.get('/')).headers['location']).toBe('/login');
  });

  it.each(['https://evil.test/', '//evil.test', '/\\evil.test'])('never leads to %s', async (next) => {
    room.github.signIn('ada');
    const { visitor, url } = await begin(`/login/github?next=${encodeURIComponent(next)}`);
    expect((await visitor.get(await room.followToGithub(url))).headers['location']).toBe('/');
  });

  it('takes what GitHub sends back once', async () => {
    room.github.signIn('ada');
    const { visitor, url } = await begin();
    const secret = visitor.cookie('offshoot_sign_in') ?? '';
    const back = await room.followToGithub(url);
    expect((await visitor.get(back)).status).toBe(303);
    const again = await new Visitor(room.server).get(back, { cookie: `offshoot_sign_in=${secret}` });
    expect([again.status, again.headers['set-cookie']]).toEqual([
      403,
      [expect.stringMatching(/^offshoot_sign_in=;/)],
    ]);
  });

  it('takes it in the browser that began alone, and leaves it to that one', async () => {
    room.github.signIn('ada');
    const { visitor, url } = await begin();
    const back = await room.followToGithub(url);
    const other = (await begin()).visitor;
    const stolen = await other.get(back);
    expect([stolen.status, other.cookie('offshoot_session')]).toEqual([403, undefined]);
    expect((await new Visitor(room.server).get(back)).status).toBe(403);
    expect((await visitor.get(back)).status).toBe(303);
  });

  it('is over after ten minutes, and swept out', async () => {
    const { visitor, url } = await begin();
    const back = await room.followToGithub(url);
    room.clock.now += SIGN_IN_LIFETIME_MS + 1;
    expect((await visitor.get(back)).body).toContain('more than ten minutes ago');
    await begin();
    expect(await room.db.select().from(githubSignIns)).toHaveLength(1);
  });

  it('is no use to who has only seen the code: GitHub wants the verifier', async () => {
    room.github.signIn('ada');
    const [seen, other] = [await begin(), await begin()];
    const code = new URLSearchParams((await room.followToGithub(seen.url)).split('?')[1]).get('code') ?? '';
    const own = new URL(await room.followToGithub(other.url), 'http://x');
    own.searchParams.set('code', code);
    const { status, body } = await other.visitor.get(own.pathname + own.search);
    expect(status).toBe(403);
    expect(body).toContain('The code passed is incorrect or expired.');
  });

  it('tells who has not agreed that nobody is signed in', async () => {
    room.github.signIn('ada', 'no');
    const { visitor, url } = await begin();
    const { status, body } = await visitor.get(await room.followToGithub(url));
    expect(status).toBe(403);
    expect(body).toContain('not agreed');
    expect(visitor.cookie('offshoot_session')).toBeUndefined();
  });

  it('says what GitHub says when the App does not lead back here', async () => {
    const { visitor, url } = await begin();
    url.searchParams.set('redirect_uri', 'http://elsewhere.example.com/');
    const { status, body } = await visitor.get(await room.followToGithub(url));
    expect(status).toBe(403);
    expect(body).toContain('“redirect_uri_mismatch”');
  });

  it('is not begun or used up by what only looks at a link', async () => {
    room.github.signIn('ada');
    const { visitor, url } = await begin();
    const back = await room.followToGithub(url);
    expect((await visitor.send('HEAD', back)).status).toBe(200);
    const looked = await room.server.send('HEAD', '/login/github');
    expect([looked.status, looked.headers['set-cookie']]).toEqual([200, undefined]);
    expect((await visitor.get(back)).status).toBe(303);
  });

  it('says what is wrong when GitHub is away, as something that passes', async () => {
    room.github.signIn('ada');
    const { visitor, url } = await begin();
    const back = await room.followToGithub(url);
    room.github.faults.set({ seed: 1, answers: { serverError: 1 } });
    const { status, body } = await visitor.get(back);
    room.github.faults.set({});
    expect(status).toBe(503);
    expect(body).toContain('GitHub answered 502');
  });

  it('takes the place of whoever was signed in before in this browser', async () => {
    room.github.signIn('ada');
    const visitor = await new Visitor(room.server).signIn();
    const before = visitor.cookie('offshoot_session') ?? '';
    const { headers } = await visitor.get('/login/github');
    await visitor.get(await room.followToGithub(headers['location']));
    expect((await visitor.get('/')).body).toContain('<bdi>ada</bdi>');
    const copy = await new Visitor(room.server).get('/', { cookie: `offshoot_session=${before}` });
    expect(copy.status).toBe(303);
  });
});

describe('a session of somebody of GitHub', () => {
  it('ends when GitHub’s token does, after eight hours', async () => {
    room.clock.now = Date.now();
    const visitor = await room.signIn('ada');
    room.clock.now += 8 * HOUR_MS - 60_000;
    expect((await visitor.get('/')).status).toBe(200);
    room.clock.now += 2 * 60_000;
    expect((await visitor.get('/')).headers['location']).toBe('/login');
    room.clock.now = Date.now();
  });

  it('keeps the token sealed, and no secret of the browser', async () => {
    const visitor = await room.signIn('ada');
    const stored = JSON.stringify(await room.db.select().from(githubSessions));
    const tokens = [...room.github.state.tokens.keys()].filter((token) => token.startsWith('ghu_'));
    expect(tokens.length).toBeGreaterThan(0);
    for (const secret of [...tokens, visitor.cookie('offshoot_session') ?? 'none'])
      expect(stored).not.toContain(secret);
  });

  it('ends at the next question when somebody takes the App’s authorization back at GitHub', async () => {
    const visitor = await room.signIn('hopper');
    const rows = () => room.db.select().from(githubSessions).where(eq(githubSessions.login, 'hopper'));
    expect(await rows()).toHaveLength(1);
    for (const token of room.github.state.tokens.keys())
      if (token.startsWith('ghu_')) room.github.state.tokens.delete(token);
    expect((await visitor.get('/')).headers['location']).toBe('/login');
    expect(await rows()).toEqual([]);
  });

  it('is no row of the administrator’s sessions, which a program of before would take it for', async () => {
    const before = await room.db.$count(sessions);
    await room.signIn('ada');
    expect(await room.db.$count(sessions)).toBe(before);
  });

  it('is one of ten of the same person at most', async () => {
    const first = await room.signIn('grace');
    for (let count = 0; count < 10; count += 1) {
      room.clock.now += 1;
      await room.signIn('grace');
    }
    const rows = await room.db.select().from(githubSessions);
    expect(rows.filter(({ login }) => login === 'grace')).toHaveLength(10);
    expect((await first.get('/')).headers['location']).toBe('/login');
  });

  it('makes no login link, which would be the administrator’s session', async () => {
    const visitor = await room.signIn('ada');
    const answer = await visitor.send('POST', '/api/login-links', { json: {} });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

it('breaks none of GitHub’s rules', () => {
  expect(room.github.violations).toEqual([]);
});
