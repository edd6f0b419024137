import { createHash } from 'node:crypto';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUIET } from '../clients.ts';
import { checkManifest } from '../manifest.ts';
import { openGitHubRoom } from '../room.ts';
import type { GitHubRoom } from '../room.ts';

const MANIFEST = {
  name: 'Offshoot of Ada',
  url: 'https://offshoot.test',
  hook_attributes: { url: 'https://offshoot.test/api/github/webhooks' },
  redirect_url: 'https://offshoot.test/setup/done',
  callback_urls: ['https://offshoot.test/sign-in/github'],
  public: false,
  default_permissions: {
    contents: 'read',
    metadata: 'read',
    issues: 'read',
    statuses: 'write',
    pull_requests: 'write',
  },
  default_events: ['push', 'pull_request', 'repository', 'issue_comment'],
};

let nowMs = 0;
let room: GitHubRoom;

beforeEach(async () => {
  nowMs = Date.now();
  room = await openGitHubRoom({ now: () => nowMs, app: { callback_urls: MANIFEST.callback_urls } });
});

afterEach(() => room.close());

const get = (path: string) => fetch(`${room.github.webUrl}${path}`, { redirect: 'manual' });
const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${room.github.webUrl}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
    redirect: 'manual',
  });

/** What a page's form sends when its only button is pressed. */
function fieldsOf(page: string): Record<string, string> {
  const fields = [...page.matchAll(/name="(\w+)"\s+value="([^"]*)"/g)];
  const decode = (text: string) =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, decode(value)]));
}

describe('a manifest', () => {
  test('becomes an App with one click, whose code is good once and for an hour', async () => {
    const page = await post('/settings/apps/new?state=abc', { manifest: JSON.stringify(MANIFEST) });
    expect(page.status).toBe(200);
    const done = await post('/settings/apps', fieldsOf(await page.text()));
    const target = new URL(done.headers.get('location')!);
    expect(target.origin + target.pathname).toBe(MANIFEST.redirect_url);
    expect(target.searchParams.get('state')).toBe('abc');
    const code = target.searchParams.get('code')!;
    const octokit = new Octokit({ log: QUIET, baseUrl: room.github.apiUrl });
    const { data } = await octokit.apps.createFromManifest({ code });
    expect(data).toMatchObject({
      name: 'Offshoot of Ada',
      slug: 'offshoot-of-ada',
      owner: { login: 'octocat' },
    });
    expect(data.pem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect((await room.github.asApp().apps.getAuthenticated()).data?.id).toBe(data.id);
    expect(room.github.app.webhookSecret).toBe(data.webhook_secret);
    await expect(octokit.apps.createFromManifest({ code })).rejects.toMatchObject({ status: 404 });
  });

  test('whose code is an hour old is not found', async () => {
    const page = await post('/settings/apps/new', { manifest: JSON.stringify(MANIFEST) });
    const done = await post('/settings/apps', fieldsOf(await page.text()));
    const code = new URL(done.headers.get('location')!).searchParams.get('code')!;
    nowMs += 3_600_000;
    const octokit = new Octokit({ log: QUIET, baseUrl: room.github.apiUrl });
    await expect(octokit.apps.createFromManifest({ code })).rejects.toMatchObject({ status: 404 });
  });

  test.each([
    [['installation'], {}, 'Default events unsupported: installation'],
    [['installation'], {}, 'Default events are not supported by permissions: installation'],
    [
      ['installation', 'installation_repositories'],
      {},
      'Default events unsupported: installation and installation_repositories',
    ],
    [['github_app_authorization'], {}, 'Default events unsupported: github_app_authorization'],
    [['nonsense'], {}, 'Default events unsupported: nonsense'],
    [
      ['issue_comment'],
      { pull_requests: 'write' },
      'Default events are not supported by permissions: issue_comment',
    ],
    [['pull_request'], { issues: 'read' }, 'Default events are not supported by permissions: pull_request'],
    [['push'], { metadata: 'read' }, 'Default events are not supported by permissions: push'],
    [['check_run'], {}, 'Default events are not supported by permissions: check_run'],
    [
      ['push', 'pull_request', 'check_run'],
      {},
      'Default events are not supported by permissions: push, pull_request, and check_run',
    ],
  ] as const)(
    'with the events %j and the permissions %j is refused: %s',
    async (events, permissions, words) => {
      const manifest = { ...MANIFEST, default_events: events, default_permissions: permissions };
      const page = await post('/settings/apps/new', { manifest: JSON.stringify(manifest) });
      expect(page.status).toBe(422);
      expect(await page.text()).toContain(`Error ${words}</li>`);
      const pressed = await post('/settings/apps', {
        manifest: JSON.stringify(manifest),
        owner: 'octocat',
        name: 'X',
      });
      expect(pressed.status).toBe(422);
    },
  );

  test('with an event that metadata backs needs no other permission', () => {
    expect(checkManifest({ ...MANIFEST, default_permissions: {}, default_events: ['repository'] })).toEqual(
      [],
    );
  });

  test('that is no JSON is refused', async () => {
    expect((await post('/settings/apps/new', { manifest: '{' })).status).toBe(422);
  });
});

describe('signing in', () => {
  const verifier = 'a-verifier-that-is-long-enough-for-the-standard-0123';
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  async function codeOf(query: Record<string, string> = {}): Promise<URLSearchParams> {
    const parameters = new URLSearchParams({
      client_id: room.github.app.clientId,
      state: 'xyz',
      redirect_uri: MANIFEST.callback_urls[0]!,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...query,
    });
    const answer = await get(`/login/oauth/authorize?${parameters.toString()}`);
    return new URL(answer.headers.get('location')!).searchParams;
  }

  async function exchange(form: Record<string, string>): Promise<Record<string, string>> {
    const { clientId, clientSecret } = room.github.app;
    const credentials = { client_id: clientId, client_secret: clientSecret };
    const answer = await post(
      '/login/oauth/access_token',
      { ...credentials, ...form },
      { accept: 'application/json' },
    );
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, string>;
  }

  test('gives a token of the person, with the state that was sent', async () => {
    room.github.signIn('ada');
    const parameters = await codeOf();
    expect(parameters.get('state')).toBe('xyz');
    const code = parameters.get('code')!;
    const answer = await exchange({ code, code_verifier: verifier });
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 28_800 });
    const octokit = new Octokit({ log: QUIET, baseUrl: room.github.apiUrl, auth: answer['access_token'] });
    expect((await octokit.users.getAuthenticated()).data.login).toBe('ada');
    expect(await exchange({ code, code_verifier: verifier })).toMatchObject({
      error: 'bad_verification_code',
    });
  });

  test.each<[string, Record<string, string>, string]>([
    ['another verifier', { code_verifier: 'another' }, 'bad_verification_code'],
    ['no verifier', {}, 'bad_verification_code'],
    ['another secret', { code_verifier: verifier, client_secret: 'wrong' }, 'incorrect_client_credentials'],
    [
      'another address',
      { code_verifier: verifier, redirect_uri: 'https://evil.test/' },
      'redirect_uri_mismatch',
    ],
  ])('with %s is refused', async (_, form, error) => {
    const code = (await codeOf()).get('code')!;
    expect(await exchange({ code, ...form })).toMatchObject({ error });
  });

  test('to an address that the App did not register never sends a code there', async () => {
    const parameters = new URLSearchParams({
      client_id: room.github.app.clientId,
      redirect_uri: 'https://evil.test/',
    });
    const answer = await get(`/login/oauth/authorize?${parameters.toString()}`);
    const target = new URL(answer.headers.get('location')!);
    expect(target.origin).toBe('https://offshoot.test');
    expect(target.searchParams.get('error')).toBe('redirect_uri_mismatch');
    expect(target.searchParams.has('code')).toBe(false);
  });

  test('may be denied, or asked about on a page', async () => {
    room.github.signIn('ada', 'no');
    expect((await codeOf()).get('error')).toBe('access_denied');
    room.github.signIn('ada', 'asks');
    const query = new URLSearchParams({ client_id: room.github.app.clientId, state: 's' }).toString();
    const page = await get(`/login/oauth/authorize?${query}`);
    expect(await page.text()).toContain('wants to know that you are ada');
    const agreed = await post(`/login/oauth/authorize?${query}`, { answer: 'yes' });
    expect(new URL(agreed.headers.get('location')!).searchParams.get('state')).toBe('s');
  });

  test('a code is good for ten minutes, a token for eight hours, and can be refreshed once', async () => {
    const late = (await codeOf()).get('code')!;
    nowMs += 10 * 60_000;
    expect(await exchange({ code: late, code_verifier: verifier })).toMatchObject({
      error: 'bad_verification_code',
    });
    const code = (await codeOf()).get('code')!;
    const first = await exchange({ code, code_verifier: verifier });
    const me = (token: string | undefined) =>
      new Octokit({ log: QUIET, baseUrl: room.github.apiUrl, auth: token }).users.getAuthenticated();
    nowMs += 8 * 3_600_000;
    await expect(me(first['access_token'])).rejects.toMatchObject({ status: 401 });
    const refresh = { grant_type: 'refresh_token', refresh_token: first['refresh_token']! };
    const second = await exchange(refresh);
    expect((await me(second['access_token'])).data.login).toBe('octocat');
    expect(await exchange(refresh)).toMatchObject({ error: 'bad_refresh_token' });
  });

  test("a person sees the installations and repositories that are both the App's and theirs", async () => {
    const { github } = room;
    const [vault, shop] = [
      github.createRepository('acme/vault', { isPrivate: true }),
      github.createRepository('acme/shop'),
    ];
    github.createRepository('acme/other', { isPrivate: true });
    const installation = github.install('acme', [vault, shop]);
    github.setRole(vault, 'ada', 'write');
    github.signIn('ada');
    const { access_token: auth } = await exchange({
      code: (await codeOf()).get('code')!,
      code_verifier: verifier,
    });
    const octokit = new Octokit({ log: QUIET, baseUrl: github.apiUrl, auth });
    const mine = await octokit.apps.listInstallationsForAuthenticatedUser();
    expect(mine.data.installations.map(({ id }) => id)).toEqual([installation.id]);
    const installed = { installation_id: installation.id };
    const { data } = await octokit.apps.listInstallationReposForAuthenticatedUser(installed);
    expect(data.repositories.map(({ full_name, permissions }) => [full_name, permissions?.push])).toEqual([
      ['acme/vault', true],
    ]);
    const hidden = octokit.repos.get({ owner: 'acme', repo: 'other' });
    await expect(hidden).rejects.toMatchObject({ status: 404 });
    const level = { owner: 'acme', repo: 'shop', username: 'ada' };
    await expect(octokit.repos.getCollaboratorPermissionLevel(level)).rejects.toMatchObject({ status: 403 });
  });
});

describe('pages', () => {
  test('show a repository, a commit with its statuses and a pull request with comments as text', async () => {
    const { github } = room;
    const shop = github.createRepository('ada/shop', { files: { a: 'a' } });
    github.install('ada');
    const sha = github.push(shop, { a: 'b' }, { branch: 'feature', message: '<i>Change</i>' });
    const pull = github.openPullRequest(shop, { head: 'feature', title: 'A & B' });
    const octokit = await github.asInstallation('ada');
    const at = { owner: 'ada', repo: 'shop' };
    const target_url = 'https://offshoot.test/deployments/1';
    await octokit.repos.createCommitStatus({
      ...at,
      sha,
      state: 'pending',
      context: 'offshoot/shop',
      target_url,
    });
    const deployment = await octokit.repos.createDeployment({
      ...at,
      ref: 'feature',
      environment: 'preview',
      required_contexts: [],
    });
    await octokit.repos.createDeploymentStatus({
      ...at,
      deployment_id: (deployment.data as { id: number }).id,
      state: 'success',
      environment_url: 'https://feature--shop.test/',
    });
    github.comment(pull, '<script>alert(1)</script>', github.createUser('eve'));
    const page = async (path: string) => (await get(path)).text();
    expect(await page('/')).toContain('href="/ada/shop"');
    expect(await page('/ada/shop')).toContain(`href="/ada/shop/pull/${pull.number}"`);
    const commit = await page(`/ada/shop/commit/${sha}`);
    expect(commit).toContain('&lt;i&gt;Change&lt;/i&gt;');
    expect(commit).toContain(`href="${target_url}"`);
    const conversation = await page(`/ada/shop/pull/${pull.number}`);
    expect(conversation).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(conversation).not.toContain('<script>');
    expect(conversation).toMatch(/<a href="https:\/\/feature--shop\.test\/">View deployment<\/a>/);
    github.renameRepository(shop, 'store');
    expect((await get('/ada/shop')).headers.get('location')).toBe(`${github.webUrl}/ada/store`);
    expect((await get('/ada/nothing')).status).toBe(404);
  });

  test('install the App for an account', async () => {
    const { github } = room;
    github.createUser('ada');
    const path = `/apps/${github.app.slug}/installations/new`;
    expect(await (await get(path)).text()).toContain('<option>ada</option>');
    expect((await post(path, { account: 'ada' })).status).toBe(200);
    const { data } = await github.asApp().apps.listInstallations();
    expect(data.map(({ account }) => (account as { login: string }).login)).toEqual(['ada']);
  });
});
