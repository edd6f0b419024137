import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CliError, Interrupted } from '../cli-error.ts';
import { createApiClient } from './api-client.ts';
import { explainNetworkError } from './explain-network-error.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string): Promise<{ code: string; message: string; exitCode: number }> {
  const client = createApiClient({ url: new URL(url), token: 't', stop: new AbortController().signal });
  return client.get('/api/projects', z.object({})).then(
    () => {
      throw new Error('it answered');
    },
    (error: unknown) => {
      if (!(error instanceof CliError)) throw error;
      return { code: error.code, message: error.message, exitCode: error.exitCode };
    },
  );
}

const answering = (status: number, headers: Record<string, string>, body: string) =>
  createHttpServer((_, response) => void response.writeHead(status, headers).end(body));

describe('no answer', () => {
  it('from a port where nothing listens says how to start', async () => {
    const server = createServer();
    const host = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await ask(`http://${host}`)).toEqual({
      code: 'unreachable',
      exitCode: 3,
      message: `Nothing listens at http://${host}. Is Offshoot running? Start it with \`npm start\` in its folder, or say with --url where it is.`,
    });
  });

  it('from a name that leads nowhere', async () => {
    expect(await ask('http://nowhere.invalid')).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('nowhere.invalid leads nowhere'),
    });
  });

  it('from a server without TLS', async () => {
    const host = await listen(answering(200, {}, '{}'));
    expect((await ask(`https://${host}`)).message).toMatch(/does not speak TLS .*is it http:\/\//);
  });

  it('from a server that hangs up', async () => {
    const host = await listen(createServer((socket) => socket.destroy()));
    expect((await ask(`http://${host}`)).message).toContain('closed the connection');
  });

  it.each([
    [new DOMException('late', 'TimeoutError'), 'did not answer in time'],
    [
      Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }),
      }),
      "can't be reached (EHOSTUNREACH)",
    ],
    [new TypeError('terminated'), 'closed the connection'],
  ])('by %s', (error, expected) => {
    const explained = explainNetworkError(error, new URL('http://a.example')) as Error;
    expect(explained.message).toContain(expected);
  });

  it('is no excuse for a bug, nor for Ctrl-C', () => {
    const [bug, interrupted] = [new RangeError('a bug'), new Interrupted('SIGINT')];
    expect(explainNetworkError(bug, new URL('http://a.example'))).toBe(bug);
    expect(explainNetworkError(interrupted, new URL('http://a.example'))).toBe(interrupted);
  });
});

describe('an answer that is not Offshoot’s', () => {
  it.each([
    [
      'a page',
      answering(200, { 'content-type': 'text/html' }, '<html>'),
      'does not look like Offshoot: it answered 200',
    ],
    ['other JSON', answering(200, {}, '[]'), 'does not look like Offshoot'],
    ['an error of a proxy', answering(502, {}, 'Bad Gateway'), 'it answered 502 without saying why'],
    [
      'another address',
      answering(301, { location: 'https://b.example/x' }, ''),
      'sends us on to https://b.example (301). Use that address: --url https://b.example',
    ],
    ['the way in', answering(303, { location: '/login' }, ''), '(303)'],
  ])('%s is told', async (_, server, expected) => {
    const { message, exitCode } = await ask(`http://${await listen(server)}`);
    expect([message, exitCode]).toEqual([expect.stringContaining(expected), 3]);
  });

  it('does not get the token when it is another server that we are sent to', async () => {
    const seen: (string | undefined)[] = [];
    const other = await listen(
      createHttpServer((request, response) => {
        seen.push(request.headers.authorization);
        response.end('{}');
      }),
    );
    await ask(`http://${await listen(answering(307, { location: `http://${other}/` }, ''))}`);
    expect(seen).toEqual([]);
  });
});
