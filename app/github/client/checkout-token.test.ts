import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, type ScriptedGithub, startScriptedGithub } from '../../../test/support/scripted-github.ts';
import { answer } from '../../../test/support/webhook-receiver.ts';
import { createCheckoutToken, revokeCheckoutToken } from './checkout-token.ts';

const OPTIONS = { now: () => 0 };
let github: ScriptedGithub;
beforeEach(async () => {
  github = await startScriptedGithub();
});
afterEach(() => github.close());

describe('the token of a checkout', () => {
  it('is asked for with one repository and the right to read contents, no more', async () => {
    github.next(json(201, { token: 'ghs_x', expires_at: '2026-01-01T01:00:00Z' }));
    const place = { installationId: 5, repositoryId: 7 };
    expect(await createCheckoutToken(github.clients, place, OPTIONS)).toEqual({
      ok: true,
      value: { token: 'ghs_x', expiresAt: new Date('2026-01-01T01:00:00Z') },
    });
    expect(github.received[0]?.path).toBe('/api/v3/app/installations/5/access_tokens');
    expect(github.lastBody()).toEqual({ repository_ids: [7], permissions: { contents: 'read' } });
  });

  it.each([
    [404, 'Not Found', 'not_found'],
    [422, 'There is at least one repository that does not exist', 'refused'],
    [403, 'This installation has been suspended', 'suspended'],
    [401, 'A JSON web token could not be decoded', 'unauthorized'],
  ])('that GitHub answers with %i is no token', async (status, message, kind) => {
    github.next(json(status, { message }));
    const place = { installationId: 5, repositoryId: 7 };
    const result = await createCheckoutToken(github.clients, place, OPTIONS);
    expect(result).toMatchObject({ ok: false, failure: { kind } });
  });

  it('is revoked by itself', async () => {
    github.next(answer(204));
    expect(await revokeCheckoutToken(github.clients, 'ghs_x', OPTIONS)).toEqual({
      ok: true,
      value: undefined,
    });
    const [request] = github.received;
    expect(`${request?.method} ${request?.path} ${request?.headers.authorization}`).toBe(
      'DELETE /api/v3/installation/token token ghs_x',
    );
  });

  it('that is over already counts as revoked; one that GitHub could not end does not', async () => {
    github.next(json(401, { message: 'Bad credentials' }), json(502, { message: 'Bad Gateway' }));
    expect(await revokeCheckoutToken(github.clients, 'ghs_x', OPTIONS)).toMatchObject({ ok: true });
    expect(await revokeCheckoutToken(github.clients, 'ghs_x', OPTIONS)).toMatchObject({ ok: false });
  });
});
