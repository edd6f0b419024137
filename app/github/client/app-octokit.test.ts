import { createPublicKey, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  GITHUB_APP_ID,
  GITHUB_PRIVATE_KEY,
  INSTALLATION_TOKEN,
  json,
  type ScriptedGithub,
  startScriptedGithub,
  tokenAnswer,
} from '../../../test/support/scripted-github.ts';
import { answer, type Behaviour, hang, hangUp } from '../../../test/support/webhook-receiver.ts';
import { callGithub } from './call-github.ts';

const INSTALLATION = 99;
const OPTIONS = { now: () => 0 };
const SHORT_TIMEOUT_MS = 200;
let github: ScriptedGithub;
beforeEach(async () => {
  github = await startScriptedGithub();
});
afterEach(async () => {
  vi.useRealTimers();
  await github.close();
});

const endless: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{');
};

const readApp = () =>
  callGithub(() => github.clients.app.request('GET /app'), z.object({ slug: z.string() }), OPTIONS);
const readRepository = () =>
  callGithub(
    () =>
      github.clients
        .installation(INSTALLATION)
        .request('GET /repos/{owner}/{repo}', { owner: 'a', repo: 'b' }),
    z.object({ id: z.number() }),
    OPTIONS,
  );

describe('the App’s own client', () => {
  it('signs in with a token that the private key has signed, and names itself', async () => {
    github.next(json(200, { slug: 'offshoot' }));
    expect(await readApp()).toEqual({ ok: true, value: { slug: 'offshoot' } });
    const [request] = github.received;
    expect(request?.path).toBe('/api/v3/app');
    expect(request?.headers['user-agent']).toMatch(/^Offshoot /);
    const [head = '', body = '', signature = ''] = (request?.headers.authorization ?? '')
      .replace(/^bearer /i, '')
      .split('.');
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toMatchObject({ iss: GITHUB_APP_ID });
    const key = createPublicKey(GITHUB_PRIVATE_KEY);
    const signed = Buffer.from(`${head}.${body}`);
    expect(verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });
});

describe('a client of an installation', () => {
  it('asks for a token once, and uses it for what follows', async () => {
    github.next(tokenAnswer(), json(200, { id: 1 }), json(200, { id: 2 }));
    expect([await readRepository(), await readRepository()]).toMatchObject([{ ok: true }, { ok: true }]);
    expect(github.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /api/v3/app/installations/${INSTALLATION}/access_tokens`,
      'GET /api/v3/repos/a/b',
      'GET /api/v3/repos/a/b',
    ]);
    expect(github.received[2]?.headers.authorization).toBe(`token ${INSTALLATION_TOKEN}`);
  });

  it('asks for another token after one was refused', async () => {
    // Octokit tries a token of the last five seconds again, as GitHub's own servers may not know it yet.
    vi.useFakeTimers({ toFake: ['Date'] });
    github.next(tokenAnswer('ghs_old'), json(200, { id: 1 }));
    await readRepository();
    vi.advanceTimersByTime(60_000);
    github.next(json(401, { message: 'Bad credentials' }));
    expect(await readRepository()).toMatchObject({ ok: false, failure: { kind: 'unauthorized' } });
    github.next(tokenAnswer('ghs_new'), json(200, { id: 1 }));
    expect(await readRepository()).toMatchObject({ ok: true });
    expect(github.received.at(-1)?.headers.authorization).toBe('token ghs_new');
  });

  it('tells a suspended installation from a missing one', async () => {
    github.next(json(403, { message: 'This installation has been suspended' }));
    expect(await readRepository()).toMatchObject({ failure: { kind: 'suspended' } });
    github.next(json(404, { message: 'Not Found' }));
    expect(await readRepository()).toMatchObject({ failure: { kind: 'not_found' } });
  });
});

describe('a call', () => {
  it.each([
    ['that fails is made once: jobs try again', [json(502, { message: 'Bad Gateway' })]],
    ['that is limited is made once', [json(503, {}, { 'retry-after': '0' })]],
    ['whose connection breaks', [hangUp]],
    ['that a proxy answers in its own way', [answer(200, '<html>', { 'content-type': 'text/html' })]],
  ])('%s, and is told to be unavailable', async (_what, behaviours) => {
    github.next(...behaviours);
    expect(await readApp()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    expect(github.received).toHaveLength(1);
  });

  it.each([
    ['is never answered', hang],
    ['is answered without an end', endless],
  ])('that %s ends all the same', async (_what, behaviour) => {
    await github.close();
    github = await startScriptedGithub(SHORT_TIMEOUT_MS);
    github.next(behaviour);
    expect(await readApp()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
  });

  it('that fails tells nothing of key or token, whatever of it is logged', async () => {
    github.next(tokenAnswer(), json(500, { message: 'Server Error' }));
    const client = github.clients.installation(INSTALLATION);
    const error: unknown = await client.request('GET /repos/a/b').catch((caught: unknown) => caught);
    const told = JSON.stringify([error, Object.entries(error as object), github.warnings]);
    expect(told).not.toContain(INSTALLATION_TOKEN);
    expect(told).toContain('REDACTED');
  });

  it('of ours that is a bug is thrown', async () => {
    const bug = () => Promise.reject(new TypeError('x is not a function'));
    await expect(callGithub(bug, z.unknown(), OPTIONS)).rejects.toThrow('x is not a function');
  });

  it('that GitHub is about to end is told to the operator', async () => {
    github.next(json(200, { slug: 'x' }, { deprecation: 'true', sunset: 'Sat, 01 Jan 2028 00:00:00 GMT' }));
    await readApp();
    expect(github.warnings.join()).toContain('deprecated');
  });
});
