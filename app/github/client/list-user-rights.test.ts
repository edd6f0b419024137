import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, type ScriptedGithub, startScriptedGithub } from '../../../test/support/scripted-github.ts';
import { answer } from '../../../test/support/webhook-receiver.ts';
import { openAnonymousClient } from './app-octokit.ts';
import { exchangeSignInCode } from './exchange-sign-in-code.ts';
import { listUserRights } from './list-user-rights.ts';

const NOW = 1_800_000_000_000;
const options = { now: () => NOW };
const READS = { admin: false, maintain: false, push: false, triage: false, pull: true };

let github: ScriptedGithub;
beforeAll(async () => {
  github = await startScriptedGithub();
});
afterAll(() => github.close());
beforeEach(() => github.clear());

const installations = (...ids: number[]) => json(200, { installations: ids.map((id) => ({ id })) });
const repositories = (ids: readonly number[], permissions: object = READS) =>
  json(200, { repositories: ids.map((id) => ({ id, permissions })) });
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
const list = () => listUserRights(github.clients.withToken('ghu_ada'), options);

describe('what somebody may do', () => {
  it('is read a hundred repositories at a time, of all installations', async () => {
    github.next(
      installations(7, 8),
      repositories(range(1000, 100)),
      repositories(range(2000, 1), { ...READS, push: true }),
      repositories([3000], { ...READS, admin: true }),
    );
    const listed = await list();
    if (!listed.ok) throw new Error(listed.failure.message);
    const { byRepository, isComplete } = listed.value;
    expect([byRepository.size, isComplete]).toEqual([102, true]);
    expect([1000, 1099, 2000, 3000].map((id) => byRepository.get(id))).toEqual([
      'see',
      'see',
      'deploy',
      'manage',
    ]);
    expect(github.calls()).toEqual([
      'GET /user/installations?per_page=100&page=1',
      'GET /user/installations/7/repositories?per_page=100&page=1',
      'GET /user/installations/7/repositories?per_page=100&page=2',
      'GET /user/installations/8/repositories?per_page=100&page=1',
    ]);
    expect(github.received[0]?.headers['authorization']).toBe('token ghu_ada');
  });

  it('is nothing where the App is suspended, nor where nothing is said of a permission', async () => {
    github.next(
      json(200, { installations: [{ id: 7, suspended_at: '2026-01-01T00:00:00Z' }, { id: 8 }] }),
      json(200, { repositories: [{ id: 1 }, { id: 2, permissions: READS }] }),
    );
    expect(await list()).toMatchObject({ ok: true, value: { byRepository: new Map([[2, 'see']]) } });
  });

  it.each([403, 404])('is nothing in an account that answers %i, and the rest is told', async (status) => {
    github.next(installations(7, 8), json(status, { message: 'no' }), repositories([5]));
    expect(await list()).toMatchObject({ ok: true, value: { byRepository: new Map([[5, 'see']]) } });
  });

  it.each([
    ['an outage', json(502, { message: 'Server Error' }), 'unavailable'],
    ['a token that is over', json(401, { message: 'Bad credentials' }), 'unauthorized'],
    ['too many questions', json(429, { message: 'slow' }, { 'retry-after': '7' }), 'rate_limited'],
    ['a page of some proxy', answer(200, '<html>'), 'unavailable'],
  ])('is not told by half: %s', async (_what, behaviour, kind) => {
    github.next(installations(7, 8), repositories([5]), behaviour);
    expect(await list()).toMatchObject({ ok: false, failure: { kind } });
  });
});

describe('a code', () => {
  const exchange = () =>
    exchangeSignInCode(
      openAnonymousClient({ apiUrl: github.apiUrl, log: { warn: () => {} } }),
      { clientId: 'Iv1.app', clientSecret: 'of-the-app' },
      {
        code: 'a-code',
        redirectUrl: 'https://deploy.example.com/login/github/callback',
        verifier: 'v'.repeat(60),
      },
      options,
    );
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';

  it('is exchanged at the web address of the GitHub, with the verifier', async () => {
    const told = { access_token: 'ghu_1', scope: '', token_type: 'bearer' };
    const expiring = { ...told, expires_in: 28_800, refresh_token: 'ghr_1', refresh_token_expires_in: 9 };
    github.next(json(200, expiring, { date }));
    expect(await exchange()).toEqual({
      ok: true,
      value: { token: 'ghu_1', expiresAt: '2026-01-01T08:00:00.000Z' },
    });
    expect(github.received[0]).toMatchObject({ method: 'POST', path: '/login/oauth/access_token' });
    expect(github.lastBody()).toEqual({
      client_id: 'Iv1.app',
      client_secret: 'of-the-app',
      code: 'a-code',
      redirect_uri: 'https://deploy.example.com/login/github/callback',
      code_verifier: 'v'.repeat(60),
    });
  });

  it('becomes a token without an end where the App’s tokens have none', async () => {
    github.next(json(200, { access_token: 'ghu_1', scope: '', token_type: 'bearer' }));
    expect(await exchange()).toEqual({ ok: true, value: { token: 'ghu_1' } });
  });

  it.each([
    [
      'GitHub’s own words',
      json(200, { error: 'bad_verification_code', error_description: 'The code is old.' }),
      'refused',
      'The code is old.',
    ],
    ['an outage', json(502, {}), 'unavailable', 'GitHub answered 502'],
    ['a page of some proxy', answer(200, '<html>'), 'unavailable', 'not its API'],
    ['an answer without a token', json(200, { scope: '' }), 'unavailable', 'not its API'],
  ])('that is refused is told as such: %s', async (_what, behaviour, kind, words) => {
    github.next(behaviour);
    const result = await exchange();
    expect(result).toMatchObject({ ok: false, failure: { kind } });
    expect(JSON.stringify(result)).toContain(words);
    expect(JSON.stringify(result)).not.toContain('of-the-app');
  });
});
