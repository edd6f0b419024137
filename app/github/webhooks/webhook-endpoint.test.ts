import { createHmac, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProbotIdentity, VerifiedWebhook } from './open-probot.ts';
import { createWebhookEndpoint, MAX_PAYLOAD_BYTES } from './webhook-endpoint.ts';

const SECRET = 'It’s a secret to everybody';
const GUID = '72d3162e-cc78-11e3-81ab-4c9367dc0958';
const FORGED = 50_000;
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const IDENTITY: ProbotIdentity = {
  appId: 7,
  privateKey,
  webhookSecret: SECRET,
  apiUrl: 'http://127.0.0.1:9',
};

let identity: ProbotIdentity | undefined;
let received: { webhook: VerifiedWebhook; body: string }[];
let decide: (webhook: VerifiedWebhook) => Promise<void>;
beforeEach(() => {
  identity = IDENTITY;
  received = [];
  decide = async () => undefined;
});
const endpoint = createWebhookEndpoint({
  readGithubApp: async () => identity,
  async receiveDelivery(webhook, body) {
    await decide(webhook);
    received.push({ webhook, body });
    return { outcome: 'handled', reason: 'It was a push.' };
  },
});

const sign = (body: string | Uint8Array, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string | undefined> = {}) => {
  const all = {
    'x-github-event': 'push',
    'x-github-delivery': GUID,
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return endpoint.request('/api/github/webhooks', { method: 'POST', body, headers: given });
};

describe('a webhook', () => {
  it('that is signed is answered with what was decided, when that is done and not before', async () => {
    let isDone = false;
    decide = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isDone = true;
    };
    const answer = await send('{"ref":"refs/heads/main","installation":{"id":3}}');
    expect([answer.status, isDone]).toEqual([202, true]);
    expect(await answer.json()).toEqual({ outcome: 'handled', reason: 'It was a push.' });
    expect(received).toEqual([
      {
        webhook: { guid: GUID, event: 'push', payload: { ref: 'refs/heads/main', installation: { id: 3 } } },
        body: '{"ref":"refs/heads/main","installation":{"id":3}}',
      },
    ]);
  });

  it.each(['installation', 'no_such_event_yet', 'ping'])('of any event is heard: %s', async (event) => {
    expect((await send('{"action":"created"}', { 'x-github-event': event })).status).toBe(202);
    expect(received[0]?.webhook.event).toBe(event);
  });

  it('whose transaction fails is not accepted, and the error is that of the transaction', async () => {
    decide = async () => {
      throw new Error('the database is away');
    };
    const errors: unknown[] = [];
    endpoint.onError((error, context) => {
      errors.push(error.message);
      return context.text('', 500);
    });
    expect((await send('{}')).status).toBe(500);
    expect(errors).toEqual(['the database is away']);
  });

  it('is judged by the bytes that were signed, a byte order mark included', async () => {
    const body = Buffer.from('\u{feff}{"a":"ü"}');
    expect((await send(body)).status).toBe(400);
    expect((await send(Buffer.from('{"a":"ü"}'))).status).toBe(202);
  });

  it('is read strictly: bytes that are no UTF-8 are refused, and so is what is no object', async () => {
    for (const body of [
      Buffer.from([0x7b, 0xff, 0x7d]),
      Buffer.from('[]'),
      Buffer.from('"x"'),
      Buffer.from('{'),
    ])
      expect((await send(body)).status).toBe(400);
    expect(received).toEqual([]);
  });

  it('of more than 25 MB is refused', async () => {
    const body = Buffer.alloc(MAX_PAYLOAD_BYTES + 1, ' ');
    expect((await send(body)).status).toBe(413);
    expect((await send(body, { 'content-length': undefined })).status).toBe(413);
  });

  it.each([
    ['no event', { 'x-github-event': undefined }],
    ['a strange event', { 'x-github-event': '../push' }],
    ['no GUID', { 'x-github-delivery': undefined }],
    ['an endless GUID', { 'x-github-delivery': 'a'.repeat(65) }],
  ])('with %s is refused', async (_, headers) => {
    expect((await send('{}', headers)).status).toBe(400);
    expect(received).toEqual([]);
  });
});

describe('a forged webhook is refused', () => {
  it.each([
    ['without a signature', undefined],
    ['with an empty one', ''],
    ['that is short', sign('{}').slice(0, -1)],
    ['that is long', `${sign('{}')}0`],
    ['of another body', sign('{ }')],
    ['by another secret', sign('{}', 'development')],
    ['by SHA-1', `sha1=${createHmac('sha1', SECRET).update('{}').digest('hex')}`],
    ['in capitals', sign('{}').toUpperCase()],
    ['that is not ASCII', `sha256=${'é'.repeat(64)}`],
    ['twice', `${sign('{}')}, ${sign('{}')}`],
  ])('%s', async (_, signature) => {
    const answer = await send('{}', {
      'x-hub-signature-256': signature,
      'x-hub-signature': `sha1=${createHmac('sha1', SECRET).update('{}').digest('hex')}`,
    });
    expect(answer.status).toBe(401);
    expect(received).toEqual([]);
  });

  it('and so is an empty body that is signed', async () => {
    expect((await send('')).status).toBe(401);
  });

  it(`${FORGED} times in a row`, { timeout: 120_000 }, async () => {
    const body = '{"ref":"refs/heads/main"}';
    const kinds = [undefined, sign(body, 'guess'), sign(body).slice(1), `sha1=${'0'.repeat(40)}`, 'sha256=é'];
    const statuses = new Set<number>();
    for (let index = 0; index < FORGED; index += 1)
      statuses.add((await send(body, { 'x-hub-signature-256': kinds[index % kinds.length] })).status);
    expect([...statuses]).toEqual([401]);
    expect(received).toEqual([]);
    expect((await send(body)).status).toBe(202);
  });
});

describe('the App', () => {
  it('that is made or changed is in effect with the next webhook', async () => {
    identity = undefined;
    expect((await send('{}')).status).toBe(503);
    identity = { ...IDENTITY, webhookSecret: 'another' };
    expect((await send('{}')).status).toBe(401);
    expect((await send('{}', { 'x-hub-signature-256': sign('{}', 'another') })).status).toBe(202);
  });

  it('without a webhook secret accepts nothing', async () => {
    identity = { ...IDENTITY, webhookSecret: '' };
    expect((await send('{}', { 'x-hub-signature-256': sign('{}', 'development') })).status).toBe(500);
    expect(received).toEqual([]);
  });
});
