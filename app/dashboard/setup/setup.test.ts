import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRoom, type ApiRoomOptions, openApiRoom, TOKEN } from '../../../test/support/api-room.ts';
import {
  GITHUB_APP_ID,
  GITHUB_PRIVATE_KEY,
  json,
  type ScriptedGithub,
  startScriptedGithub,
} from '../../../test/support/scripted-github.ts';
import { hangUp } from '../../../test/support/webhook-receiver.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { SETUP_LIFETIME_MS } from '../../actions/set-up-github.ts';

const ENVIRONMENT = {
  githubAppId: GITHUB_APP_ID,
  githubPrivateKey: GITHUB_PRIVATE_KEY,
  githubWebhookSecret: 'secret of the environment',
};
let github: ScriptedGithub;
/** Of most tests; those of another setting have one of their own. */
let shared: ApiRoom;
let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  github = await startScriptedGithub();
  shared = await openApiRoom({ githubApiUrl: github.apiUrl });
});
afterAll(async () => {
  await shared.dispose();
  await github.close();
});
beforeEach(async () => {
  github.clear();
  room = shared;
  await room.db.execute(sql`delete from github_app`);
  room.dependencies.githubCredentials.forget();
  visitor = await new Visitor(room.server).signIn();
});
afterEach(async () => {
  if (room !== shared) await room.dispose();
});

async function openRoom(options: ApiRoomOptions): Promise<void> {
  room = await openApiRoom({ githubApiUrl: github.apiUrl, ...options });
}

/** A room of another setting, with somebody in it. */
async function reopen(options: ApiRoomOptions): Promise<void> {
  await openRoom(options);
  visitor = await new Visitor(room.server).signIn();
}

const webUrl = () => new URL(github.apiUrl).origin;
const unescape = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** What the browser sends to GitHub. */
async function readForm(path = '/setup') {
  const { status, body, headers } = await visitor.get(path);
  expect(status).toBe(200);
  const action = /<form method="post" action="([^"]*apps\/new[^"]*)"/.exec(body)?.[1];
  const manifest = /name="manifest" value="([^"]*)"/.exec(body)?.[1];
  if (action === undefined || manifest === undefined) throw new Error('the page has no form to GitHub');
  const state = new URL(action).searchParams.get('state') ?? '';
  return {
    action,
    manifest: JSON.parse(unescape(manifest)) as Record<string, unknown>,
    state,
    headers,
    body,
  };
}

function converted(changes: object = {}) {
  return json(201, {
    id: GITHUB_APP_ID,
    slug: 'offshoot-acme',
    name: 'Offshoot <acme>',
    html_url: `${webUrl()}/github-apps/offshoot-acme`,
    client_id: 'Iv23',
    client_secret: 'the client secret',
    webhook_secret: 'the webhook secret',
    pem: GITHUB_PRIVATE_KEY,
    ...changes,
  });
}

const comeBack = (state: string, code = 'c0de') => visitor.get(`/setup/github?code=${code}&state=${state}`);
const ownApp = () =>
  json(200, { slug: 'offshoot-acme', name: 'Acme’s', html_url: `${webUrl()}/github-apps/offshoot-acme` });

/** Whether an App is kept, as another app process reads it. */
async function countApps(): Promise<number> {
  const rows = await room.db.execute(sql`select app_id from github_app`);
  return rows.length;
}

describe('without a GitHub App', () => {
  it('the dashboard says what is missing, and where to get it', async () => {
    expect((await visitor.get('/')).body).toMatch(/no GitHub App[^]*href="\/setup"/);
    const { body } = await visitor.get('/setup');
    expect(body).toContain('deployed by their Git URL');
  });

  it('one click posts the manifest of this Offshoot to GitHub', async () => {
    const { action, manifest } = await readForm();
    expect(action).toMatch(new RegExp(`^${webUrl()}/settings/apps/new\\?state=[a-z0-9]{40}$`));
    expect(manifest).toMatchObject({
      url: 'http://deploy.example.com',
      hook_attributes: { url: 'http://deploy.example.com/api/github/webhooks' },
      redirect_url: 'http://deploy.example.com/setup/github',
      default_permissions: { contents: 'read', pull_requests: 'write' },
      public: false,
    });
    expect(github.received).toEqual([]);
  });

  it('an organisation can be chosen; one that is none is refused in words', async () => {
    const { action } = await readForm('/setup?organization=acme');
    expect(action).toContain(`${webUrl()}/organizations/acme/settings/apps/new?state=`);
    const wrong = await readForm('/setup?organization=..%2Fevil%22');
    expect(wrong.action).toContain(`${webUrl()}/settings/apps/new`);
    expect(wrong.body).toContain('Letters, digits and hyphens are expected');
  });

  it('forms may go to GitHub from this page, and from no other', async () => {
    const { headers } = await readForm();
    const policyOf = (headers: Record<string, unknown>) =>
      /form-action [^;]*/.exec(String(headers['content-security-policy']))?.[0];
    expect(policyOf(headers)).toBe(`form-action 'self' ${webUrl()}`);
    expect(policyOf((await visitor.get('/')).headers)).toBe("form-action 'self'");
  });

  it('a program with the token is shown the page, without a form that only a browser can end', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/html' };
    const answer = await room.server.send('GET', '/setup', { headers });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('Sign in with a browser');
    expect(answer.body).not.toContain('name="manifest"');
  });

  it('strangers are asked to sign in', async () => {
    const stranger = new Visitor(room.server);
    const { status, headers } = await stranger.get('/setup/github?code=a&state=b');
    expect([status, headers['location']]).toEqual([
      303,
      `/login?next=${encodeURIComponent('/setup/github?code=a&state=b')}`,
    ]);
    expect((await stranger.post('/setup/forget', { appId: '1' })).status).toBe(401);
  });
});

describe('coming back from GitHub', () => {
  it('keeps the App sealed, in effect at once, and leads to where it is installed', async () => {
    const { state } = await readForm();
    github.next(converted());
    const { status, headers } = await comeBack(state);
    expect([status, headers['location']]).toEqual([
      303,
      `${webUrl()}/github-apps/offshoot-acme/installations/new`,
    ]);
    expect(github.calls()).toEqual(['POST /app-manifests/c0de/conversions']);
    expect(github.received[0]?.headers.authorization).toBeUndefined();
    expect(await room.dependencies.github.read()).toMatchObject({
      state: 'ready',
      app: { appId: GITHUB_APP_ID, webhookSecret: 'the webhook secret', privateKey: GITHUB_PRIVATE_KEY },
    });
    const kept = JSON.stringify(await room.db.execute(sql`select github_app::text as row from github_app`));
    for (const secret of ['the webhook secret', 'the client secret', 'PRIVATE KEY'])
      expect(kept).not.toContain(secret);
    expect((await visitor.get('/')).body).not.toContain('no GitHub App');
  });

  it('shows the App, asked from GitHub with its key, and no secret of it', async () => {
    const { state } = await readForm();
    github.next(converted(), ownApp());
    await comeBack(state);
    const { body } = await visitor.get('/setup');
    expect(body).toContain('GitHub knows it, and takes its key');
    expect(body).toContain(`href="${webUrl()}/github-apps/offshoot-acme/installations/new"`);
    expect(body).not.toContain('name="manifest"');
    for (const secret of ['the webhook secret', 'the client secret', 'PRIVATE KEY'])
      expect(body).not.toContain(secret);
  });

  it('works once for each state', async () => {
    const { state } = await readForm();
    github.next(converted());
    await comeBack(state);
    const { status, body } = await comeBack(state);
    expect(status).toBe(422);
    expect(body).toContain('it has ended already');
    expect(github.received).toHaveLength(1);
  });

  it('works in the browser that began, not in another one of the same administrator', async () => {
    const { state } = await readForm();
    visitor = await new Visitor(room.server).signIn();
    expect((await comeBack(state)).status).toBe(422);
    expect([github.received.length, await countApps()]).toEqual([0, 0]);
  });

  it('works within an hour', async () => {
    const { state } = await readForm();
    room.clock.now += SETUP_LIFETIME_MS;
    expect((await comeBack(state)).status).toBe(422);
    expect(await countApps()).toBe(0);
  });

  it('is not used up by what only looks at the link', async () => {
    const { state } = await readForm();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const looked = await room.server.send('HEAD', `/setup/github?code=c0de&state=${state}`, { headers });
    expect(looked.status).toBe(200);
    github.next(converted());
    expect((await comeBack(state)).status).toBe(303);
  });

  it.each([
    ['nothing', '/setup/github'],
    ['no code', '/setup/github?state=abc'],
    ['an endless code', `/setup/github?state=abc&code=${'x'.repeat(1000)}`],
    ['a state of nobody', '/setup/github?state=abc&code=c0de'],
  ])('with %s asks GitHub nothing', async (_what, path) => {
    expect((await visitor.get(path)).status).toBe(422);
    expect(github.received).toEqual([]);
  });

  it.each([
    ['refuses the code', () => json(404, { message: 'Not Found' }), 'GitHub answered 404: Not Found'],
    ['breaks off', () => hangUp, 'GitHub can&#39;t be reached'],
    ['has made no webhook secret', () => converted({ webhook_secret: null }), 'without a webhook secret'],
  ])('when GitHub %s keeps nothing, and says what to do', async (_what, behaviour, sentence) => {
    const { state } = await readForm();
    github.next(behaviour());
    const { status, body } = await comeBack(state);
    expect([status, await countApps()]).toEqual([422, 0]);
    expect(body).toContain(sentence);
    expect(body).toContain('href="/setup"');
  });

  it('leads to GitHub’s own pages, whatever an answer names', async () => {
    const { state } = await readForm();
    github.next(converted({ html_url: 'https://evil.test/apps/x' }));
    expect((await comeBack(state)).headers['location']).toBe(
      `${webUrl()}/apps/offshoot-acme/installations/new`,
    );
  });
});

describe('an App that is there', () => {
  it('of the environment wins: nothing is made or kept beside it', async () => {
    const { state } = await readForm();
    await reopen({ githubEnvironment: ENVIRONMENT });
    github.next(ownApp());
    const { body } = await visitor.get('/setup');
    expect(body).toContain('Named by <code>APP_ID</code>');
    expect(body).toContain('Nobody can sign in with GitHub');
    expect(body).not.toContain('Forget this App');
    expect((await comeBack(state)).body).toContain('APP_ID names a GitHub App');
    expect(await countApps()).toBe(0);
  });

  it('whose key GitHub refuses is told so', async () => {
    await reopen({ githubEnvironment: ENVIRONMENT });
    github.next(json(401, { message: 'A JSON web token could not be decoded' }));
    const { status, body } = await visitor.get('/setup');
    expect(status).toBe(200);
    expect(body).toContain('GitHub answered 401: A JSON web token could not be decoded');
    expect(body).toContain(`App ${GITHUB_APP_ID}`);
  });

  it('can be forgotten, but not by a page that shows another one', async () => {
    const { state } = await readForm();
    github.next(converted());
    await comeBack(state);
    const other = await visitor.post('/setup/forget', { appId: '1' });
    expect(other.headers['location']).toBe('/setup?notice=changed');
    const { headers } = await visitor.post('/setup/forget', { appId: String(GITHUB_APP_ID) });
    expect(headers['location']).toBe('/setup?notice=forgotten');
    expect((await visitor.get('/setup?notice=forgotten')).body).toContain('name="manifest"');
  });

  it('that can’t be opened is told so, and can be made anew', async () => {
    const { state } = await readForm();
    github.next(converted());
    await comeBack(state);
    await room.db.execute(sql`update github_app set secrets = 'v1.00000000.AAAA.AAAA'`);
    room.dependencies.githubCredentials.forget();
    const { body } = await visitor.get('/setup');
    expect(body).toContain('OFFSHOOT_OLD_SECRET_KEYS');
    expect(body).toContain('name="manifest"');
  });
});

describe('an Offshoot that github.com can’t reach', () => {
  const options = { githubApiUrl: 'https://api.github.com', appUrl: 'http://deploy.example.com' };

  it('says so, and what to do', async () => {
    await openRoom({ ...options, appUrl: 'http://localhost:9000' });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { body } = await room.server.send('GET', '/setup', { headers });
    expect(body).toContain('github.com can’t reach localhost:9000.');
    expect(body).toContain('WEBHOOK_PROXY_URL');
  });

  it('asks GitHub to send webhooks to the channel that passes them on', async () => {
    await reopen({ ...options, webhookProxyUrl: 'https://smee.io/abc' });
    const { manifest, body } = await readForm();
    expect(manifest).toMatchObject({ hook_attributes: { url: 'https://smee.io/abc' } });
    expect(body).not.toContain('can’t reach');
  });

  it('is silent where it can be reached', async () => {
    await reopen(options);
    expect((await readForm()).body).not.toContain('can’t reach');
  });
});
