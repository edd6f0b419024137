import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../test/support/raw-http.ts';
import { createSiteStore, makeId, type SiteStore } from '../test/support/site-store.ts';

let sites: SiteStore;
const children: ChildProcess[] = [];

beforeAll(async () => {
  sites = await createSiteStore();
  await sites.serve('demo', makeId(), { 'index.html': 'hello' });
});
afterAll(() => sites.remove());
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['proxy/main.ts'], {
    env: { PATH: process.env['PATH'], OFFSHOOT_DATA: sites.dataFolder, PROXY_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  return child;
}

/** The port is in the line that says that the proxy is ready. */
async function portOf(child: ChildProcess): Promise<number> {
  let output = '';
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    const port = /"port":([0-9]+)/.exec(output)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`the proxy ended: ${output}`);
}

describe('the proxy as a program', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves sites of its data folder and ends in order on %s',
    async (signal) => {
      const child = start({});
      const port = await portOf(child);
      expect((await get(port, 'demo.localhost', '/')).body.toString()).toBe('hello');
      expect((await get(port, 'localhost', '/healthz')).status).toBe(200);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  it('ends when the program that started it is gone', async () => {
    const child = start({});
    await portOf(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each([
    [{ OFFSHOOT_DOMAIN: 'not a domain' }, 'OFFSHOOT_DOMAIN'],
    [{ PROXY_PORT: '99999' }, 'PROXY_PORT'],
  ])('says what is wrong with %j in one sentence and exits with 1', async (env, expected) => {
    const child = start(env);
    let errors = '';
    child.stderr?.on('data', (chunk) => (errors += String(chunk)));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(errors).toContain(expected);
    expect(errors).not.toContain('    at ');
  });

  it('says that its port is taken', async () => {
    const port = await portOf(start({}));
    const child = start({ PROXY_PORT: String(port) });
    let errors = '';
    child.stderr?.on('data', (chunk) => (errors += String(chunk)));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(errors).toMatch(/^The port is in use: .*PROXY_PORT/);
  });
});
