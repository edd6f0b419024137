import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Launcher, LaunchHandle } from '../../app/builds/launchers/launcher.ts';

/** What a test builder (test-builder.mjs) does after its claim. */
type Behaviour = 'run' | 'stubborn' | 'exit' | 'crash' | 'daemons';

interface Message {
  readonly token: string;
  readonly what: string;
  readonly body: { pid?: number; pids?: number[]; environment?: Record<string, string> };
}

/** The app as test builders see it: it takes their claims and hears that they live. */
export interface TestApp {
  readonly url: string;
  readonly messages: Message[];
  of(token: string, what: string): Message[];
  /** Tells builders with this token what to do. */
  instruct(token: string, behaviour: Behaviour): void;
  waitFor(token: string, what: string, count?: number): Promise<Message>;
  close(): Promise<void>;
}

const PATIENCE_MS = 15_000;
const POLL_MS = 10;

export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(POLL_MS)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
}

export async function startTestApp(): Promise<TestApp> {
  const messages: Message[] = [];
  const behaviours = new Map<string, Behaviour>();
  async function answer(request: IncomingMessage): Promise<string> {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const body = JSON.parse(await text(request)) as Message['body'];
    messages.push({ token, what: (request.url ?? '').slice(1), body });
    return JSON.stringify({ behaviour: behaviours.get(token) ?? 'run' });
  }
  const server = createServer((request, response) => {
    answer(request).then(
      (reply) => response.end(reply),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const of = (token: string, what: string) =>
    messages.filter((message) => message.token === token && message.what === what);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    of,
    instruct: (token, behaviour) => behaviours.set(token, behaviour),
    waitFor: (token, what, count = 1) => eventually(`${what} of ${token}`, () => of(token, what)[count - 1]),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export interface LauncherWorld {
  /** A launcher whose builders report to this app. A second call is what a restarted app makes. */
  open(appUrl: string): Promise<{ launcher: Launcher; close(): Promise<void> }>;
  /** Ends and removes all that tests left. */
  dispose(): Promise<void>;
}

/** What every launcher promises; the same tests for each. */
export function describeLauncher(name: string, createWorld: () => Promise<LauncherWorld>): void {
  describe(`${name}: the contract of launchers`, () => {
    let app: TestApp;
    let world: LauncherWorld;
    let opened: Awaited<ReturnType<LauncherWorld['open']>>;
    let launcher: Launcher;
    let launched: { launcher: Launcher; handle: LaunchHandle }[];

    beforeEach(async () => {
      app = await startTestApp();
      world = await createWorld();
      opened = await world.open(app.url);
      launcher = opened.launcher;
      launched = [];
    });
    afterEach(async () => {
      for (const { handle } of launched) await launcher.stop(handle, 'kill');
      await opened.close();
      await world.dispose();
      await app.close();
    });

    async function launch(attemptId: string, on = launcher): Promise<LaunchHandle> {
      const result = await on.launch({ attemptId, token: `token-of-${attemptId}` });
      if (!result.launched) throw new Error(result.message);
      // As it comes back from the attempt's row.
      const handle = JSON.parse(JSON.stringify(result.handle)) as LaunchHandle;
      launched.push({ launcher: on, handle });
      return handle;
    }

    test('a launched builder reaches the app with its token', async () => {
      const handle = await launch('a1');
      await app.waitFor('token-of-a1', 'claim');
      expect(await launcher.inspect(handle)).toBe('running');
    });

    test('launching an attempt again, at once or later, starts one builder', async () => {
      const [one, two] = await Promise.all([launch('a2'), launch('a2')]);
      await app.waitFor('token-of-a2', 'alive', 3);
      const three = await launch('a2');
      await app.waitFor('token-of-a2', 'alive', 6);
      expect(app.of('token-of-a2', 'claim')).toHaveLength(1);
      expect(two).toEqual(one);
      expect(three).toEqual(one);
    });

    test('a builder that ended by itself is gone', async () => {
      app.instruct('token-of-a3', 'exit');
      const handle = await launch('a3');
      const state = await eventually('its end', async () => {
        const found = await launcher.inspect(handle);
        return found === 'running' ? undefined : found;
      });
      expect(state).toBe('gone');
    });

    test('release lets the builder hand its build back before it ends', async () => {
      const handle = await launch('a4');
      await app.waitFor('token-of-a4', 'alive');
      await launcher.stop(handle, 'release');
      expect(app.of('token-of-a4', 'released')).toHaveLength(1);
      expect(await launcher.inspect(handle)).toBe('gone');
    });

    test('release ends a builder that does not listen', async () => {
      app.instruct('token-of-a5', 'stubborn');
      const handle = await launch('a5');
      await app.waitFor('token-of-a5', 'alive');
      await launcher.stop(handle, 'release');
      expect(await launcher.inspect(handle)).toBe('gone');
    });

    test('nothing is heard of a killed builder any more', async () => {
      app.instruct('token-of-a6', 'stubborn');
      const handle = await launch('a6');
      await app.waitFor('token-of-a6', 'alive');
      await launcher.stop(handle, 'kill');
      const heard = app.of('token-of-a6', 'alive').length;
      await sleep(300);
      expect(app.of('token-of-a6', 'alive').length - heard).toBeLessThanOrEqual(1);
      expect(app.of('token-of-a6', 'released')).toEqual([]);
      expect(await launcher.inspect(handle)).toBe('gone');
    });

    test('stopping twice, or what has ended, does nothing', async () => {
      const handle = await launch('a7');
      await app.waitFor('token-of-a7', 'alive');
      await Promise.all([launcher.stop(handle, 'kill'), launcher.stop(handle, 'kill')]);
      await launcher.stop(handle, 'release');
      expect(await launcher.inspect(handle)).toBe('gone');
    });

    test('stopping one builder leaves the others alone', async () => {
      const [one, other] = [await launch('a8'), await launch('a9')];
      await Promise.all([app.waitFor('token-of-a8', 'alive'), app.waitFor('token-of-a9', 'alive')]);
      await launcher.stop(one, 'kill');
      const heard = app.of('token-of-a9', 'alive').length;
      await app.waitFor('token-of-a9', 'alive', heard + 3);
      expect(await launcher.inspect(other)).toBe('running');
    });

    test('a builder outlives its app, and the next app knows and stops it', async () => {
      const handle = await launch('a10');
      await app.waitFor('token-of-a10', 'alive');
      await opened.close();
      opened = await world.open(app.url);
      launcher = opened.launcher;
      expect(await launcher.inspect(handle)).toBe('running');
      expect(await launch('a10')).toEqual(handle);
      await launcher.stop(handle, 'kill');
      expect(await launcher.inspect(handle)).toBe('gone');
      expect(app.of('token-of-a10', 'claim')).toHaveLength(1);
    });
  });
}
