import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAnonymousClient } from './app-octokit.ts';
import { exchangeSignInCode } from './exchange-sign-in-code.ts';

// In place of a server of ours, since what is tried here is which of GitHub's own hosts is asked.
beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const OAUTH = { clientId: 'Iv1.abc', clientSecret: 'the-secret-of-the-app' };
const CODE = {
  code: 'the-code',
  redirectUrl: 'https://deploy.example.com/login/github/callback',
  verifier: 'the-verifier',
};
const exchange = (apiUrl: string) =>
  exchangeSignInCode(openAnonymousClient({ apiUrl, log: { warn: () => undefined } }), OAUTH, CODE, {
    now: () => 0,
  });

describe('a code of the sign-in', () => {
  it.each([
    ['github.com', 'https://api.github.com', 'https://github.com'],
    ['an Enterprise Server', 'https://git.example.com/api/v3', 'https://git.example.com'],
  ])(
    'is exchanged at %s, not at its API, with the verifier and the App’s secret in the body',
    async (_, api, web) => {
      let asked: unknown;
      nock(web)
        .post('/login/oauth/access_token', (body) => {
          asked = body;
          return true;
        })
        .reply(200, { access_token: 'ghu_token', token_type: 'bearer', scope: '' });
      expect(await exchange(api)).toEqual({ ok: true, value: { token: 'ghu_token' } });
      expect(asked).toEqual({
        client_id: OAUTH.clientId,
        client_secret: OAUTH.clientSecret,
        code: CODE.code,
        redirect_uri: CODE.redirectUrl,
        code_verifier: CODE.verifier,
      });
      expect(nock.isDone()).toBe(true);
    },
  );

  it('that was used before, or is too old, is refused in GitHub’s words', async () => {
    const error = {
      error: 'bad_verification_code',
      error_description: 'The code passed is incorrect or expired.',
    };
    nock('https://github.com').post('/login/oauth/access_token').reply(200, error);
    const result = await exchange('https://api.github.com');
    expect(result).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('incorrect or expired') },
    });
  });
});
