import { createServer } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { planRoute, type RouteOptions } from './plan-route.ts';
import { routeAgent } from './route-agent.ts';

const options = (more: Partial<RouteOptions> = {}): RouteOptions => ({
  allowPrivate: false,
  environment: {},
  signal: AbortSignal.timeout(5000),
  ...more,
});
const answers = (...addresses: string[]) => ({ lookup: () => Promise.resolve(addresses) });

describe('a route', () => {
  it.each([
    ['http://127.0.0.1/', {}],
    ['http://[::1]/', {}],
    ['http://2130706433/', {}],
    ['http://0x7f.1/', {}],
    ['http://[::ffff:10.0.0.1]/', {}],
    ['http://169.254.169.254/', {}],
    ['http://example.com/', answers('10.0.0.1')],
    ['http://example.com/', answers('1.1.1.1', '192.168.0.1')],
    ['http://example.com/', answers('1.1.1.1', 'fd00::1')],
  ])('to %s is refused when an address is not public', async (url, more) => {
    expect(await planRoute(new URL(url), options(more))).toEqual({ ok: false, problem: 'not_public' });
    expect(await planRoute(new URL(url), options({ ...more, allowPrivate: true }))).toMatchObject({
      ok: true,
    });
  });

  it('names every address of a public host, and no proxy', async () => {
    const planned = await planRoute(
      new URL('http://example.com/'),
      options(answers('1.1.1.1', '2606:4700::1111')),
    );
    const route = { addresses: ['1.1.1.1', '2606:4700::1111'], proxy: undefined };
    expect(planned).toEqual({ ok: true, route });
  });

  it('to a name without an address does not exist', async () => {
    const planned = await planRoute(new URL('http://example.com/'), options(answers()));
    expect(planned).toEqual({ ok: false, problem: 'no_address' });
  });

  it('through a proxy needs no address that we can see, but a private one that we see is refused', async () => {
    const environment = { http_proxy: 'proxy.example:3128' };
    const blind = { environment, lookup: () => Promise.reject(new Error('no such name')) };
    const planned = await planRoute(new URL('http://only.proxy.knows/'), options(blind));
    expect(planned).toEqual({ ok: true, route: { addresses: [], proxy: 'http://proxy.example:3128' } });
    const seen = await planRoute(
      new URL('http://inside.example/'),
      options({ environment, ...answers('10.0.0.1') }),
    );
    expect(seen).toEqual({ ok: false, problem: 'not_public' });
  });

  it('is not waited for longer than the signal says', async () => {
    const never = { lookup: () => new Promise<never>(() => undefined), signal: AbortSignal.timeout(50) };
    await expect(planRoute(new URL('http://slow.example/'), options(never))).rejects.toThrow('timeout');
  });
});

describe('an agent of a route', () => {
  it('connects to the checked address, whatever the name means by now', async () => {
    const server = createServer((request, response) => response.end(request.headers.host));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://rebound.invalid:${(server.address() as AddressInfo).port}/`);
    const agent = routeAgent(url, { addresses: ['127.0.0.1'], proxy: undefined }, {});
    const host = await new Promise((resolve, reject) => {
      const request = http.get(url, { agent }, (response) =>
        response.on('data', (chunk) => resolve(String(chunk))),
      );
      request.on('error', reject);
    });
    expect(host).toBe(url.host);
    server.close();
    server.closeAllConnections();
  });
});
