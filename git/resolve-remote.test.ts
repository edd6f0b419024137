import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../network/check-address.ts';
import { MAX_REDIRECTS, resolveRemote, type ResolveRemoteOptions } from './resolve-remote.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const options = (more: Partial<ResolveRemoteOptions> = {}): ResolveRemoteOptions => ({
  allowLocal: true,
  environment: {},
  signal: AbortSignal.timeout(5000),
  ...more,
});
const TAIL = '/info/refs?service=git-upload-pack';
const redirectTo = (location: string) => (_request: IncomingMessage, response: ServerResponse) =>
  response.writeHead(301, { location }).end();

describe('hosts', () => {
  it.each([
    ['http://127.0.0.1:1/x'],
    ['http://localhost:1/x'],
    ['http://[::1]/x'],
    ['http://169.254.169.254/latest/meta-data'],
    ['http://2130706433/x'],
    ['http://[::ffff:10.0.0.1]/x'],
    ['https://10.0.0.1/x'],
  ])('%s is refused before anything is sent', async (url) => {
    const result = await resolveRemote(url, options({ allowLocal: false }));
    expect(result.ok).toBe(false);
    expect(result.ok || result.message).toContain('not a public host');
  });

  it('with one private address among public ones are refused', async () => {
    const lookup = () => Promise.resolve(['1.1.1.1', '10.0.0.1']);
    const result = await resolveRemote('https://git.example.com/x', options({ allowLocal: false, lookup }));
    expect(result.ok || result.message).toContain('not a public host');
  });

  it('without an address, or that are not found, are named', async () => {
    const none = await resolveRemote(
      'https://git.example.com/x',
      options({ lookup: () => Promise.resolve([]) }),
    );
    expect(none.ok || none.message).toContain('git.example.com');
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const missing = await resolveRemote('https://git.example.com/x', options({ lookup }));
    expect(missing.ok || missing.message).toBe('The host git.example.com was not found: check the Git URL.');
  });

  it('are looked up once: Git gets the address that was checked', async () => {
    const at = await startServer((_request, response) => response.end('ok'));
    let lookups = 0;
    const lookup = () => {
      lookups += 1;
      return Promise.resolve(['127.0.0.1', '::1']);
    };
    const port = at.split(':')[1];
    const result = await resolveRemote(`http://rebinding.example:${port}/x`, options({ lookup }));
    expect(lookups).toBe(1);
    expect(result).toEqual({
      ok: true,
      remote: {
        href: `http://rebinding.example:${port}/x`,
        isLocal: false,
        config: [
          ['http.proxy', ''],
          ['http.curloptResolve', `rebinding.example:${port}:127.0.0.1,[::1]`],
        ],
      },
    });
  });

  it('that never answer end with the time that they have', async () => {
    const at = await startServer(() => undefined);
    const result = await resolveRemote(`http://${at}/x`, options({ signal: AbortSignal.timeout(300) }));
    expect(result.ok || result.message).toContain('did not answer in time');
    const slow = options({ lookup: () => new Promise(() => undefined), signal: AbortSignal.timeout(300) });
    expect((await resolveRemote('http://slow.example/x', slow)).ok).toBe(false);
  });
});

describe('redirects', () => {
  it('are followed to where the repository is', async () => {
    const to = await startServer((_request, response) => response.end('ok'));
    const from = await startServer(redirectTo(`http://${to}/new.git${TAIL}`));
    expect(await resolveRemote(`http://${from}/old`, options())).toMatchObject({
      ok: true,
      remote: { href: `http://${to}/new.git` },
    });
  });

  it('may be relative', async () => {
    const at = await startServer((request, response) => {
      if (request.url?.startsWith('/old/') === true) response.writeHead(308, { location: `/new${TAIL}` });
      response.end();
    });
    expect(await resolveRemote(`http://${at}/old`, options())).toMatchObject({
      remote: { href: `http://${at}/new` },
    });
  });

  it.each(['http://169.254.169.254/x', 'http://[::1]:1/x', 'http://10.0.0.1/x', 'http://internal.example/x'])(
    'to %s are refused though the first host is public',
    async (target) => {
      const from = await startServer(redirectTo(`${target}${TAIL}`));
      const result = await resolveRemote(`http://${from}/x`, {
        ...options(),
        allowLocal: false,
        lookup: () => Promise.resolve(['192.168.0.7']),
        isPublic: (address) => address === '127.0.0.1' || isPublicAddress(address),
      });
      expect(result.ok || result.message).toContain('not a public host');
    },
  );

  it.each([
    ['nothing that Git can use', '/login'],
    ['another scheme', `file:///etc${TAIL}`],
    ['another scheme', `ftp://example.com/x${TAIL}`],
    ['nowhere', ''],
    ['something malformed', `http://%zz${TAIL}`],
  ])('to %s are refused', async (_what, location) => {
    const from = await startServer(redirectTo(location));
    expect((await resolveRemote(`http://${from}/x`, options())).ok).toBe(false);
  });

  it('without end are given up', async () => {
    let hops = 0;
    const at = await startServer((_request, response) => {
      hops += 1;
      response.writeHead(302, { location: `/${hops}${TAIL}` }).end();
    });
    const result = await resolveRemote(`http://${at}/x`, options());
    expect(result.ok || result.message).toContain('redirects more than');
    expect(hops).toBe(MAX_REDIRECTS + 1);
  });
});

describe('credentials', () => {
  it('go to the repository’s own origin, also after a redirect there, and never to another', async () => {
    const seen: (string | undefined)[] = [];
    const other = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const at = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url?.startsWith('/a/') === true) response.writeHead(301, { location: `/b${TAIL}` });
      if (request.url?.startsWith('/b/') === true)
        response.writeHead(301, { location: `http://${other}/c${TAIL}` });
      response.end();
    });
    const basic = `Basic ${Buffer.from('ada:s3cret').toString('base64')}`;
    const result = await resolveRemote(`http://ada:s3cret@${at}/a`, options());
    expect(seen).toEqual([basic, basic, undefined]);
    expect(JSON.stringify(result)).not.toContain(basic);
    const direct = await resolveRemote(`http://ada:s3cret@${other}/c`, options());
    expect(direct).toMatchObject({
      remote: {
        href: `http://${other}/c`,
        config: [
          ['http.proxy', ''],
          [`http.http://${other}/.extraHeader`, `Authorization: ${basic}`],
        ],
      },
    });
  });
});

describe('through an HTTP proxy', () => {
  it('the proxy is asked, Git is told of it, and nothing is pinned', async () => {
    const asked: string[] = [];
    const proxy = await startServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('ok');
    });
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const environment = { http_proxy: `http://${proxy}` };
    const result = await resolveRemote(
      'http://only-the-proxy-knows.example/x',
      options({ lookup, environment }),
    );
    expect(asked).toEqual([`http://only-the-proxy-knows.example/x${TAIL}`]);
    expect(result).toMatchObject({ remote: { config: [['http.proxy', `http://${proxy}`]] } });
  });

  it('private addresses are refused all the same', async () => {
    const environment = { http_proxy: 'http://127.0.0.1:1' };
    const result = await resolveRemote('http://10.0.0.1/x', options({ allowLocal: false, environment }));
    expect(result.ok || result.message).toContain('not a public host');
  });
});
