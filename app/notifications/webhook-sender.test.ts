import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answer,
  flood,
  hang,
  hangUp,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../test/support/webhook-receiver.ts';
import { createWebhookSender, type WebhookSenderOptions } from './webhook-sender.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const NEVER = new AbortController().signal;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.close());

function openSender(more: Partial<WebhookSenderOptions> = {}) {
  return createWebhookSender({ allowPrivate: true, environment: {}, now: Date.now, timeoutMs: 500, ...more });
}

function message(url = `${receiver.origin}/hook?key=geheim`) {
  return {
    url,
    headers: { 'content-type': 'application/json', 'x-offshoot-event': 'ping' },
    body: '{"a":"ä"}',
  };
}

describe('what is sent', () => {
  it('arrives as it was given, byte for byte', async () => {
    const sent = await openSender().send(message(), NEVER);
    expect(sent).toMatchObject({ outcome: 'answered', status: 200, body: 'ok', retryAfterMs: null });
    expect(receiver.received).toMatchObject([
      { method: 'POST', path: '/hook?key=geheim', headers: { 'x-offshoot-event': 'ping' } },
    ]);
    expect(receiver.received[0]?.raw.toString()).toBe('{"a":"ä"}');
  });

  it('goes through the proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end('from the proxy');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const environment = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const lookup = () => Promise.reject(new Error('only the proxy knows'));
    const sender = openSender({ environment, lookup, allowPrivate: false });
    const sent = await sender.send(message('http://chat.example/x'), NEVER);
    expect(sent).toMatchObject({ outcome: 'answered', body: 'from the proxy' });
    expect(asked).toEqual(['POST http://chat.example/x']);
    proxy.close();
    proxy.closeAllConnections();
  });
});

describe.skipIf(!hasOpenssl)('over TLS', () => {
  it('a receiver is told when its certificate is known (GIT_SSL_CAINFO), and else nothing is sent', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'offshoot-tls-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    spawnSync('openssl', [
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-days',
      '1',
      ...names,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    const heard: string[] = [];
    const server = https.createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (request, response) => {
        heard.push(request.url ?? '');
        response.end('over TLS');
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://localhost:${(server.address() as AddressInfo).port}/x`;
    const lookup = () => Promise.resolve(['127.0.0.1']);
    const refused = await openSender({ lookup }).send(message(url), NEVER);
    expect(refused).toMatchObject({
      error: expect.stringContaining('certificate of localhost is not trusted'),
    });
    expect(heard).toEqual([]);
    const trusting = openSender({ lookup, environment: { GIT_SSL_CAINFO: cert }, timeoutMs: 5000 });
    expect(await trusting.send(message(url), NEVER)).toMatchObject({ status: 200, body: 'over TLS' });
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
});

describe('an answer', () => {
  it.each([
    [500, 'Oh <no>\n', {}],
    [204, '', {}],
    [410, 'gone', {}],
  ])('of %i is told with its body', async (status, body, headers) => {
    receiver.next(answer(status, body, headers));
    expect(await openSender().send(message(), NEVER)).toMatchObject({ outcome: 'answered', status, body });
  });

  it('tells how long to wait', async () => {
    receiver.next(answer(429, '', { 'retry-after': '30' }));
    expect(await openSender().send(message(), NEVER)).toMatchObject({ status: 429, retryAfterMs: 30_000 });
  });

  it('without end is cut, and its connection closed', async () => {
    receiver.next(flood);
    const sent = await openSender().send(message(), NEVER);
    expect(sent).toMatchObject({ outcome: 'answered', status: 200, body: 'x'.repeat(2000) });
    await expect.poll(() => receiver.open.now).toBe(0);
  });

  it('that stops in the middle counts by its head', async () => {
    receiver.next((_request, response) => void response.writeHead(200).write('half'));
    const sent = await openSender({ timeoutMs: 300 }).send(message(), NEVER);
    expect(sent).toMatchObject({ outcome: 'answered', status: 200, body: 'half' });
  });

  it('that breaks off in the middle counts by its head', async () => {
    receiver.next((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
    });
    expect(await openSender().send(message(), NEVER)).toMatchObject({ status: 200, body: 'half' });
  });

  it('is kept without what a database or a page would stumble over', async () => {
    receiver.next((_request, response) => void response.end(Buffer.from([0x61, 0, 0x1b, 0xff, 0x0a, 0x62])));
    expect(await openSender().send(message(), NEVER)).toMatchObject({ body: 'a\uFFFD\uFFFD\uFFFD\nb' });
  });
});

describe('a redirect', () => {
  it('is not followed, neither to a private address nor anywhere else', async () => {
    const other = await startWebhookReceiver();
    receiver.next(answer(307, '', { location: `${other.origin}/x` }));
    expect(await openSender().send(message(), NEVER)).toMatchObject({ outcome: 'answered', status: 307 });
    expect(other.received).toEqual([]);
    await other.close();
  });
});

describe('without an answer it tells why, and nothing of the URL but its host', () => {
  it.each([
    ['hangs', hang, 'did not answer within 0.5 seconds'],
    ['closes the connection', hangUp, 'closed the connection without an answer'],
  ])('when the receiver %s', async (_what, behaviour, words) => {
    receiver.next(behaviour);
    const sent = await openSender().send(message(), NEVER);
    expect(sent).toMatchObject({ outcome: 'unanswered', error: expect.stringContaining(words) });
    expect(JSON.stringify(sent)).not.toContain('geheim');
  });

  it('when nobody listens', async () => {
    await receiver.close();
    const sent = await openSender().send(message(), NEVER);
    expect(sent).toMatchObject({ outcome: 'unanswered', error: expect.stringContaining('ECONNREFUSED') });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'not HTTP'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      'another protocol',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n`, 'not HTTP'],
  ])('when the receiver speaks %s', async (_what, words, error) => {
    const server = createServer((socket) => void socket.on('error', () => undefined).write(words));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const sent = await openSender().send(message(url), NEVER);
    expect(sent).toMatchObject({ outcome: 'unanswered', error: expect.stringContaining(error) });
    server.close();
  });

  it('when the host has no address, or is not found', async () => {
    const none = openSender({ lookup: () => Promise.resolve([]) });
    expect(await none.send(message('http://a.example/'), NEVER)).toMatchObject({
      error: expect.stringContaining('has no address'),
    });
    const missing = openSender({
      lookup: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    });
    expect(await missing.send(message('http://a.example/'), NEVER)).toMatchObject({
      error: 'The host a.example was not found: check the URL.',
    });
  });

  it('when the receiver speaks no TLS', async () => {
    const sent = await openSender().send(message(receiver.origin.replace('http:', 'https:')), NEVER);
    expect(sent).toMatchObject({ outcome: 'unanswered' });
  });

  it('or that it was broken off by the caller', async () => {
    receiver.next(hang);
    const sent = openSender({ timeoutMs: 10_000 }).send(message(), AbortSignal.timeout(100));
    expect(await sent).toEqual({ outcome: 'aborted' });
  });
});

describe('a host inside of our own network', () => {
  it.each([
    'http://127.0.0.1:1/',
    'http://localhost:1/',
    'http://[::1]:1/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://2130706433/',
  ])('%s is refused, when it is given and when it is sent to', async (url) => {
    const sender = openSender({ allowPrivate: false });
    const refused = expect.stringContaining('OFFSHOOT_ALLOW_PRIVATE_WEBHOOKS=true');
    expect(await sender.check(url)).toEqual({ ok: false, message: refused });
    expect(await sender.send(message(url), NEVER)).toMatchObject({ outcome: 'unanswered', error: refused });
  });

  it('is not reached by a name that leads there since it was checked, nor by one that changes between two looks', async () => {
    let asked = 0;
    const lookup = () => Promise.resolve((asked += 1) === 1 ? ['203.0.113.7'] : ['127.0.0.1']);
    // 203.0.113.0/24 is reserved for examples, so a public address of this test's own stands for public ones.
    const isPublic = (address: string) => address === '203.0.113.7';
    const sender = openSender({ allowPrivate: false, lookup, isPublic });
    const url = `http://rebinding.example:${receiver.port}/`;
    expect(await sender.check(url)).toEqual({ ok: true });
    expect(await sender.send(message(url), NEVER)).toMatchObject({ outcome: 'unanswered' });
    expect(receiver.received).toEqual([]);
  });

  it('is what a checked name was when it was checked: each send looks once, and connects to that', async () => {
    let asked = 0;
    const lookup = () => Promise.resolve((asked += 1) === 1 ? ['127.0.0.1'] : ['203.0.113.7']);
    const sender = openSender({ lookup });
    const url = `http://pinned.example:${receiver.port}/`;
    expect(await sender.send(message(url), NEVER)).toMatchObject({ outcome: 'answered' });
    expect([asked, receiver.received[0]?.headers.host]).toEqual([1, `pinned.example:${receiver.port}`]);
  });

  it('may be told where the operator allows it', async () => {
    expect(await openSender().check(receiver.origin)).toEqual({ ok: true });
  });
});
