import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOffshoot, waitFor, type Offshoot } from '../test/support/offshoot.ts';
import { processesWithEnvironment } from '../test/support/processes.ts';
import { askLoginLink } from './login-link.ts';

const TIMEOUT_MS = 60_000;
const LOOPBACK = '127.0.0.1';

describe('the login link that a start prints', { timeout: TIMEOUT_MS }, () => {
  let offshoot: Offshoot;
  beforeAll(async () => {
    // An empty token counts as none: the start makes its own.
    offshoot = await startOffshoot({ environment: { OFFSHOOT_TOKEN: '' } });
  }, TIMEOUT_MS);
  afterAll(() => offshoot?.dispose(), TIMEOUT_MS);

  async function printed(): Promise<URL> {
    const link = () => /^ {2}Sign in: +(\S+)/m.exec(offshoot.output())?.[1];
    return new URL(await waitFor('the link', TIMEOUT_MS, async () => link()));
  }

  /** Node resolves `localhost` as it likes; the host that the link names is what counts. */
  function open(url: URL, headers: Record<string, string> = {}): Promise<Response> {
    const address = `http://${LOOPBACK}:${url.port}${url.pathname}`;
    return fetch(address, { redirect: 'manual', headers: { accept: 'text/html', ...headers } });
  }

  async function restartApp(): Promise<void> {
    const healthz = new URL(`http://localhost:${offshoot.appPort}/healthz`);
    const app = processesWithEnvironment(offshoot.dataFolder).find(({ command }) =>
      command.includes('app/main.ts'),
    );
    if (app === undefined) throw new Error('the app does not run');
    process.kill(app.pid, 'SIGKILL');
    await waitFor('the app to be back', TIMEOUT_MS, async () => {
      if (!offshoot.output().includes('The app is back.')) return undefined;
      return (await open(healthz).catch(() => undefined))?.ok || undefined;
    });
  }

  test('opens the dashboard signed in, also after the app was started again, and once alone', async () => {
    const link = await printed();
    expect(link.host).toBe(`localhost:${offshoot.appPort}`);
    expect(offshoot.output()).toMatch(/^(The app: warning: [^\n]+\n)?Offshoot is ready /);
    await restartApp();

    const home = new URL('/', link);
    expect((await open(home)).headers.get('location')).toBe('/login');
    const first = await open(link);
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const dashboard = await open(home, { cookie });
    expect(dashboard.status).toBe(200);
    expect(await dashboard.text()).toContain('Sign out');

    const second = await open(link);
    expect([second.status, second.headers.get('set-cookie')]).toEqual([403, null]);
  });

  test('names the host of OFFSHOOT_URL, and the app is asked by loopback all the same', async () => {
    const token = (await readFile(path.join(offshoot.dataFolder, 'token'), 'utf8')).trim();
    await offshoot.stop();
    const other = await startOffshoot({
      dataFolder: offshoot.dataFolder,
      environment: { OFFSHOOT_TOKEN: token, OFFSHOOT_URL: 'https://deploy.example.com' },
    });
    try {
      const link = await waitFor('the link', TIMEOUT_MS, async () =>
        /https:\/\/deploy\.example\.com\/login\/\w{40} /.test(other.output()) ? true : undefined,
      );
      expect(link).toBe(true);
      expect(other.output()).not.toContain('Token:');
    } finally {
      await other.stop();
    }
  });
});

describe('askLoginLink', () => {
  async function askServer(answer: { status: number; body: string }): Promise<string | undefined> {
    const server = createServer((_, response) => {
      response.writeHead(answer.status).end(answer.body);
    }).listen(0, LOOPBACK);
    await once(server, 'listening');
    try {
      return await askLoginLink({ host: LOOPBACK, port: (server.address() as AddressInfo).port }, 'token');
    } finally {
      server.close();
    }
  }

  test.each([
    ['an app that answers something else', { status: 201, body: '{"url": 1}' }],
    ['an app that answers no JSON', { status: 201, body: '<html>' }],
    ['an app that refuses', { status: 401, body: '{"url": "http://localhost/login/x"}' }],
  ])('has no link from %s', async (_, answer) => {
    expect(await askServer(answer)).toBeUndefined();
  });

  test('has no link when nobody answers', async () => {
    expect(await askLoginLink({ host: LOOPBACK, port: 9 }, 'token')).toBeUndefined();
  });
});
