import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClickHouse, type TestClickHouse } from '../../../test/support/clickhouse.ts';
import { readEvents, type ReceivedEvent, seqsOf } from '../../../test/support/event-stream.ts';
import { type LogApp, startLogApp } from '../../../test/support/log-app.ts';
import { upTo } from '../../../test/support/log-apps.ts';
import { makeLines } from '../../../test/support/log-lines.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { startTcpProxy, type TcpProxy, throughProxy } from '../../../test/support/tcp-proxy.ts';

let postgres: TestDatabase;
let clickHouse: TestClickHouse;
let network: TcpProxy;
let app: LogApp;

beforeAll(async () => {
  [postgres, clickHouse] = await Promise.all([createTestDatabase(), createTestClickHouse()]);
  network = await startTcpProxy(Number(new URL(clickHouse.url).port));
  app = await startLogApp({
    databaseUrl: postgres.url,
    clickHouseUrl: throughProxy(clickHouse.url, network),
  });
});
afterEach(() => network.restore());
afterAll(async () => {
  await app.close();
  await network.close();
  await Promise.all([postgres.drop(), clickHouse.drop()]);
});

describe('while ClickHouse is out of reach', () => {
  it('the intake answers 503 with Retry-After, and takes the same batch when it is back', async () => {
    const id = await app.insertDeployment();
    await network.cut();
    const refused = await app.post(id, makeLines(1, 5));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    expect(app.warnings).toContainEqual(expect.stringContaining('not taken in'));
    await network.restore();
    expect((await app.post(id, makeLines(1, 5))).status).toBe(200);
  });

  it.each(['json', 'text', 'ndjson'])(
    'a log as %s is a 503 that says so, never an empty log',
    async (format) => {
      const id = await app.insertDeployment();
      await app.post(id, makeLines(1, 5));
      await app.end(id, { status: 'ready' }, 5);
      await network.cut();
      const answer = await fetch(`${app.url}/logs/${id}?format=${format}`);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({
        code: 'unavailable',
        detail: expect.stringContaining('delayed'),
      });
    },
  );

  it('server-sent events say once that lines are delayed, and go on where they were', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 3));
    const seen: ReceivedEvent[] = [];
    const reading = (async () => {
      for await (const event of readEvents(`${app.url}/logs/${id}`)) seen.push(event);
    })();
    await vi.waitFor(() => expect(seqsOf(seen)).toEqual(upTo(3)));
    await network.cut();
    await vi.waitFor(() => expect(seen.at(-1)?.event).toBe('delayed'), { timeout: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await network.restore();
    await app.post(id, makeLines(4, 6));
    await app.end(id, { status: 'ready' }, 6);
    await reading;
    expect(seen.map(({ event }) => event)).toEqual([
      ...upTo(3).map(() => 'message'),
      'delayed',
      ...upTo(3).map(() => 'message'),
      'result',
    ]);
    expect(seqsOf(seen)).toEqual(upTo(6));
  });

  it('the operator hears of it once, with the cause', async () => {
    const id = await app.insertDeployment();
    await network.cut();
    const before = app.warnings.length;
    const events = readEvents(`${app.url}/logs/${id}`);
    await events.next();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(app.warnings.slice(before)).toEqual([expect.stringContaining('a followed log could not be read')]);
    await events.return(undefined);
  });

  it('a WebSocket says so too', async () => {
    const id = await app.insertDeployment();
    await network.cut();
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/logs/${id}`);
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(data.toString())).toEqual({ delayed: expect.stringContaining('delayed') });
    socket.close();
  });

  it('a file that is cut in the middle breaks, and does not end like a whole one', async () => {
    const id = await app.insertDeployment();
    const text = 'x'.repeat(60_000);
    for (let from = 1; from <= 600; from += 100) {
      await app.post(
        id,
        makeLines(from, from + 99, () => text),
      );
    }
    const answer = await fetch(`${app.url}/logs/${id}?format=text`);
    const reader = answer.body?.getReader();
    await reader?.read();
    await network.cut();
    const readRest = async (): Promise<void> => {
      while (!(await reader?.read())?.done);
    };
    await expect(readRest()).rejects.toThrow('terminated');
  });
});

describe('readers', () => {
  it('that take nothing cost a bounded number of reads, and nothing once they are gone', async () => {
    const id = await app.insertDeployment();
    const text = 'x'.repeat(60_000);
    for (let from = 1; from <= 1000; from += 100) {
      await app.post(
        id,
        makeLines(from, from + 99, () => text),
      );
    }
    const before = app.reads();
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.pause();
    socket.write(`GET /logs/${id}?format=sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await vi.waitFor(() => expect(app.subscriptions()).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(app.reads() - before).toBeLessThan(15);
    socket.destroy();
    await vi.waitFor(() => expect(app.subscriptions()).toBe(0));
  });

  it('of one deployment share what they read', async () => {
    const id = await app.insertDeployment();
    const readers = Array.from({ length: 20 }, () => readEvents(`${app.url}/logs/${id}`));
    const firsts = readers.map((reader) => reader.next());
    await app.post(id, makeLines(1, 1));
    await Promise.all(firsts);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = app.reads();
    const next = readers.map((reader) => reader.next());
    for (let seq = 2; seq <= 11; seq++) await app.post(id, makeLines(seq, seq));
    await Promise.all(next);
    await app.end(id, { status: 'ready' }, 11);
    for (const reader of readers)
      for await (const event of reader) expect(event.event).toBeOneOf(['message', 'result']);
    expect(app.reads() - before).toBeLessThan(50);
    expect(app.subscriptions()).toBe(0);
  });

  it('do not keep an app from ending', async () => {
    const ending = await startLogApp({ databaseUrl: postgres.url, clickHouseUrl: clickHouse.url });
    const id = await ending.insertDeployment();
    await ending.post(id, makeLines(1, 1));
    const events = readEvents(`${ending.url}/logs/${id}`);
    await events.next();
    const socket = new WebSocket(`${ending.url.replace('http', 'ws')}/logs/${id}`);
    await once(socket, 'message');
    const [cut] = await Promise.allSettled([events.next(), once(socket, 'close'), ending.close()]);
    expect(cut.status).toBe('rejected');
    await vi.waitFor(() => expect(ending.subscriptions()).toBe(0));
  });
});

describe('while PostgreSQL is out of reach', () => {
  it('a reader is told of a delay, and gets the rest when it is back', async () => {
    const database = await startTcpProxy(Number(new URL(postgres.url).port));
    const databaseUrl = throughProxy(postgres.url, database);
    const reader = await startLogApp({ databaseUrl, clickHouseUrl: clickHouse.url });
    const id = await app.insertDeployment();
    const seen: ReceivedEvent[] = [];
    const reading = (async () => {
      for await (const event of readEvents(`${reader.url}/logs/${id}`)) seen.push(event);
    })();
    await vi.waitFor(() => expect(reader.subscriptions()).toBe(1));
    await database.cut();
    await vi.waitFor(() => expect(seen.at(-1)?.event).toBe('delayed'), { timeout: 10_000 });
    await app.post(id, makeLines(1, 3));
    await app.end(id, { status: 'ready' }, 3);
    await database.restore();
    await reading;
    expect(seqsOf(seen)).toEqual(upTo(3));
    expect(seen.at(-1)?.event).toBe('result');
    await reader.close();
    await database.close();
  });
});
