import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { startWebhookProxy } from './webhook-proxy.ts';

const SECRET = 'a secret';
/** As GitHub sends it: compact JSON, and every kind of character. */
const PAYLOAD = { ref: 'refs/heads/füchse', deleted: false, size: 1.5, nothing: null, list: ['"', '\u2028'] };

/** However slow the machine is. */
const SOON = { timeout: 25_000 };

let channel: Server;
let listeners: ServerResponse[];
let refusals: number;
let app: WebhookReceiver;
let proxy: { stop(): Promise<void> } | undefined;
beforeEach(async () => {
  listeners = [];
  refusals = 0;
  app = await startWebhookReceiver();
  channel = createServer((_request, response) => {
    if (refusals > 0) {
      refusals -= 1;
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: ready\ndata: {}\n\n');
    listeners.push(response);
  });
  channel.listen(0, '127.0.0.1');
  await once(channel, 'listening');
});
afterEach(async () => {
  await proxy?.stop();
  channel.close();
  channel.closeAllConnections();
  await app.close();
});

function start() {
  const log = { info: () => undefined, warn: () => undefined };
  const source = `http://127.0.0.1:${(channel.address() as AddressInfo).port}/abc`;
  proxy = startWebhookProxy({ source, target: `${app.origin}/api/github/webhooks`, log, retryMs: 20 });
}

/** What smee.io says of a webhook. */
function send(guid: string): void {
  const signature = createHmac('sha256', SECRET).update(JSON.stringify(PAYLOAD)).digest('hex');
  const event = {
    host: 'smee.io',
    'x-github-event': 'push',
    'x-github-delivery': guid,
    'x-hub-signature-256': `sha256=${signature}`,
    'content-type': 'application/json',
    body: PAYLOAD,
    query: { evil: '1' },
    timestamp: 1,
  };
  listeners.at(-1)?.write(`id: ${guid}\ndata: ${JSON.stringify(event)}\n\n`);
}

describe('webhooks through a channel', () => {
  it('reach the app’s own route, with the bytes that GitHub signed', async () => {
    start();
    await expect.poll(() => listeners.length, SOON).toBe(1);
    send('guid-1');
    await expect.poll(() => app.received.length, SOON).toBe(1);
    const [webhook] = app.received;
    expect(`${webhook?.method} ${webhook?.path}`).toBe('POST /api/github/webhooks');
    expect(webhook?.headers).toMatchObject({
      host: new URL(app.origin).host,
      'x-github-event': 'push',
      'x-github-delivery': 'guid-1',
    });
    const signature = createHmac('sha256', SECRET)
      .update(webhook?.raw ?? '')
      .digest('hex');
    expect(webhook?.headers['x-hub-signature-256']).toBe(`sha256=${signature}`);
  });

  it('come again after the channel has refused, as often as it does', async () => {
    refusals = 3;
    start();
    await expect.poll(() => listeners.length, SOON).toBe(1);
    send('guid-2');
    await expect.poll(() => app.received.length, SOON).toBe(1);
  });

  it('come again after the channel has ended', async () => {
    start();
    await expect.poll(() => listeners.length, SOON).toBe(1);
    listeners[0]?.end();
    // Then the channel's protocol has the client wait for three seconds.
    await expect.poll(() => listeners.length, SOON).toBe(2);
    send('guid-3');
    await expect.poll(() => app.received.length, SOON).toBe(1);
  });

  it('that the app does not take are not sent twice, and the next ones come', async () => {
    start();
    await expect.poll(() => listeners.length, SOON).toBe(1);
    app.next((request) => void request.socket.destroy());
    send('guid-4');
    await expect.poll(() => app.received.length, SOON).toBe(1);
    send('guid-5');
    await expect.poll(() => app.received.length, SOON).toBe(2);
  });

  it('come no more after it was stopped', async () => {
    start();
    await expect.poll(() => listeners.length, SOON).toBe(1);
    const closed = once(listeners[0]!, 'close');
    await proxy?.stop();
    await closed;
    expect(app.received).toHaveLength(0);
  });
});
