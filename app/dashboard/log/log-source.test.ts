import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_LINE_BYTES } from '../../../contracts/log-line.ts';
import { createTestClickHouse } from '../../../test/support/clickhouse.ts';
import { type LogApp, startLogApp } from '../../../test/support/log-app.ts';
import { upTo } from '../../../test/support/log-apps.ts';
import { makeLines } from '../../../test/support/log-lines.ts';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { startTcpProxy, type TcpProxy, throughProxy } from '../../../test/support/tcp-proxy.ts';
import type { LogLine } from '../browser/log/lines.ts';
import { type Presence, readLog, type SourceState } from '../browser/log/source.ts';

/** Between the reader and the app, and between the app and ClickHouse. */
let [network, storeNetwork]: TcpProxy[] = [];
let app: LogApp;
let closeAll: () => Promise<void>;

beforeAll(async () => {
  const [postgres, clickHouse] = await Promise.all([createTestDatabase(), createTestClickHouse()]);
  storeNetwork = await startTcpProxy(Number(new URL(clickHouse.url).port));
  const clickHouseUrl = throughProxy(clickHouse.url, storeNetwork);
  app = await startLogApp({ databaseUrl: postgres.url, clickHouseUrl });
  network = await startTcpProxy(Number(new URL(app.url).port));
  closeAll = async () => {
    await network?.close();
    await app.close();
    await storeNetwork?.close();
    await Promise.all([postgres.drop(), clickHouse.drop()]);
  };
});
afterAll(() => closeAll());

const SEEN: Presence = { unseen: () => new AbortController().signal, whenSeen: async () => {} };

/** Reads a log as the page does, through a network that may break. */
function follow(id: string, { fetch: ask = fetch, silenceMs = 30_000, presence = SEEN } = {}) {
  const abort = new AbortController();
  const lines: LogLine[] = [];
  const states: SourceState[] = [];
  let breaths = 0;
  const done = readLog(
    {
      url: throughProxy(`${app.url}/logs/${id}`, network!),
      fetch: ask,
      pause: async (ms) => sleep(Math.min(ms, 50)),
      breathe: async () => {
        breaths += 1;
      },
      signal: abort.signal,
      silenceMs,
      presence,
    },
    { onLines: (more) => lines.push(...more), onState: (state) => states.push(state) },
  );
  return {
    lines,
    seqs: () => lines.map(({ seq }) => seq),
    kinds: () => states.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]),
    last: () => states.at(-1),
    done,
    breaths: () => breaths,
    stop: () => abort.abort(),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

test('a finished log comes whole, with how it ended', async () => {
  const id = await app.insertDeployment();
  await app.store.append({ deploymentId: id, attempt: 1 }, makeLines(1, 3500));
  await app.end(id, { status: 'failed' }, 3502);
  const reader = follow(id);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(3500));
  expect(reader.kinds()).toEqual(['loading', 'live', 'ended']);
  expect(reader.last()).toMatchObject({ result: { status: 'failed', complete: false, missing: 2 } });
});

test('long lines, odd characters and line ends inside a text come as they are', async () => {
  const id = await app.insertDeployment();
  const texts = ['漢'.repeat(MAX_LINE_BYTES / 4), 'a\nb\r\u2028', '🦊'.repeat(5000), '\u0000"\\'];
  await app.store.append(
    { deploymentId: id, attempt: 1 },
    makeLines(1, 4, (seq) => texts[seq - 1] ?? ''),
  );
  await app.end(id, { status: 'ready' }, 4);
  const reader = follow(id);
  await reader.done;
  expect(reader.lines.map(({ text }) => text)).toEqual(texts);
});

test('a long log lets the page breathe while it comes', async () => {
  const id = await app.insertDeployment();
  await app.store.append(
    { deploymentId: id, attempt: 1 },
    makeLines(1, 9000, (seq) => `${seq} `.padEnd(300, '.')),
  );
  await app.end(id, { status: 'ready' }, 9000);
  const reader = follow(id);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(9000));
  expect(reader.breaths()).toBeGreaterThan(3);
});

test('what is written while the connection breaks again and again is there once, in order', async () => {
  const id = await app.insertDeployment();
  await app.post(id, makeLines(1, 2000));
  const reader = follow(id);
  for (let from = 2001; from <= 4000; from += 50) {
    await app.post(id, makeLines(from, from + 49));
    if (from % 400 === 1) {
      await network?.cut();
      await sleep(20);
      await network?.restore();
    }
  }
  await app.end(id, { status: 'ready' }, 4000);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(4000));
  expect(reader.kinds()).toContain('reconnecting');
  expect(reader.last()).toMatchObject({ kind: 'ended', result: { complete: true, missing: 0 } });
});

test('a connection that hangs is given up, and the log read on', async () => {
  const id = await app.insertDeployment();
  await app.post(id, makeLines(1, 10));
  const reader = follow(id, { silenceMs: 200 });
  await until(() => reader.lines.length === 10);
  network?.hang();
  await app.post(id, makeLines(11, 20));
  await until(() => reader.kinds().includes('reconnecting'));
  await network?.restore();
  await until(() => reader.lines.length === 20);
  await app.end(id, { status: 'ready' }, 20);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(20));
});

test('lines that their store keeps back for a while are told of, and come when it is there again', async () => {
  const id = await app.insertDeployment();
  await app.post(id, makeLines(1, 10));
  const reader = follow(id);
  await until(() => reader.lines.length === 10);
  await storeNetwork?.cut();
  await until(() => reader.kinds().includes('delayed'));
  await storeNetwork?.restore();
  await until(() => reader.last()?.kind === 'live');
  await app.post(id, makeLines(11, 20));
  await app.end(id, { status: 'ready' }, 20);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(20));
  expect(reader.kinds().slice(0, 4)).toEqual(['loading', 'live', 'delayed', 'live']);
});

test('a proxy that answers in place of an app that starts again is asked again', async () => {
  const id = await app.insertDeployment();
  await app.post(id, makeLines(1, 10));
  await app.end(id, { status: 'ready' }, 10);
  let asked = 0;
  const reader = follow(id, {
    fetch: async (...request) =>
      asked++ < 2 ? new Response('bad gateway', { status: 502 }) : fetch(...request),
  });
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(10));
  expect(reader.kinds()).toEqual(['loading', 'reconnecting', 'live', 'ended']);
});

test.each([
  [404, 'gone'],
  [401, 'signed-out'],
])('an answer %i ends it: %s', async (status, kind) => {
  const reader = follow('d'.repeat(20), { fetch: async () => new Response('', { status }) });
  await reader.done;
  expect(reader.last()).toEqual({ kind });
});

test('a log out of sight holds no connection, and goes on where it was when it is seen again', async () => {
  const id = await app.insertDeployment();
  await app.post(id, makeLines(1, 10));
  let absence = new AbortController();
  let seen = (): void => {};
  const presence: Presence = {
    unseen: () => absence.signal,
    whenSeen: () => (absence.signal.aborted ? new Promise((resolve) => (seen = resolve)) : Promise.resolve()),
  };
  const reader = follow(id, { presence });
  await until(() => reader.last()?.kind === 'live');
  absence.abort();
  await until(() => app.subscriptions() === 0);
  await app.post(id, makeLines(11, 20));
  absence = new AbortController();
  seen();
  await until(() => reader.lines.length === 20);
  await app.end(id, { status: 'ready' }, 20);
  await reader.done;
  expect(reader.seqs()).toEqual(upTo(20));
  expect(reader.kinds()).toEqual(['loading', 'live', 'ended']);
});

test('nothing is asked any more once the page has left', async () => {
  const id = await app.insertDeployment();
  const reader = follow(id);
  await until(() => reader.last()?.kind === 'live');
  reader.stop();
  await reader.done;
  await until(() => app.subscriptions() === 0);
  expect(reader.last()).toEqual({ kind: 'live' });
});
