import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClickHouse, type TestClickHouse } from '../../../test/support/clickhouse.ts';
import { readEvents, type ReceivedEvent } from '../../../test/support/event-stream.ts';
import { insertAttempt, type LogApp, startLogApp } from '../../../test/support/log-app.ts';
import { makeLines, nextDeploymentId } from '../../../test/support/log-lines.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import {
  LAST_WORD_SEQ,
  MAX_BATCH_BYTES,
  MAX_BATCH_LINES,
  type StoredLogLine,
} from '../../../contracts/log-line.ts';
import { type LogPage, logPageSchema, logResultSchema } from './log-messages.ts';

let postgres: TestDatabase;
let clickHouse: TestClickHouse;
let app: LogApp;
let other: LogApp;

beforeAll(async () => {
  [postgres, clickHouse] = await Promise.all([createTestDatabase(), createTestClickHouse()]);
  const servers = { databaseUrl: postgres.url, clickHouseUrl: clickHouse.url };
  [app, other] = await Promise.all([startLogApp(servers), startLogApp(servers)]);
});
afterAll(async () => {
  await Promise.all([app.close(), other.close()]);
  await Promise.all([postgres.drop(), clickHouse.drop()]);
});

async function getPage(id: string, query = ''): Promise<LogPage> {
  const response = await fetch(`${app.url}/logs/${id}${query}`);
  expect(response.status).toBe(200);
  return logPageSchema.strict().parse(await response.json());
}

async function collect(events: AsyncIterable<ReceivedEvent>): Promise<ReceivedEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

const linesOf = (events: readonly ReceivedEvent[]) =>
  events.filter(({ event }) => event === 'message').map(({ data }) => data as StoredLogLine);
const seqsOf = (events: readonly ReceivedEvent[]) => linesOf(events).map(({ seq }) => seq);
const upTo = (count: number, from = 1) =>
  Array.from({ length: count - from + 1 }, (_, index) => from + index);

describe('the intake of log lines', () => {
  it('says how many lines it took, once they can be read', async () => {
    const id = await app.insertDeployment();
    const answer = await app.post(id, makeLines(1, 10));
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 10 }]);
    expect((await getPage(id)).logs).toHaveLength(10);
  });

  it.each([
    ['no JSON', '{', 422],
    ['no lines', '{"lines":[]}', 422],
    ['a line without text', '{"lines":[{"seq":1,"at":1,"phase":"build","stream":"stdout"}]}', 422],
    [
      'the number of the app’s words',
      JSON.stringify({ lines: [{ ...makeLines(1, 1)[0], seq: 0xffff_ffff }] }),
      422,
    ],
    ['too many lines', JSON.stringify({ lines: makeLines(1, MAX_BATCH_LINES + 1) }), 422],
    ['too many bytes', `{"lines":[],"x":"${'x'.repeat(MAX_BATCH_BYTES)}"}`, 413],
  ])('refuses %s', async (_, body, status) => {
    const headers = { authorization: `Bearer ${nextDeploymentId()}.1` };
    const answer = await fetch(`${app.url}/api/builder/logs`, { method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('bounds a body that does not say how long it is', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(1024 * 1024));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (sent++ < 100 ? controller.enqueue(chunk) : controller.close()),
    });
    const headers = { authorization: `Bearer ${nextDeploymentId()}.1` };
    const answer = fetch(`${app.url}/api/builder/logs`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect(
      await answer.then(
        ({ status }) => status,
        () => 'cut off',
      ),
    ).toBeOneOf([413, 'cut off']);
    expect(sent).toBeLessThan(60);
  });

  it('lets nobody in whom the builder check refuses', async () => {
    const answer = await fetch(`${app.url}/api/builder/logs`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
  });
});

describe('GET /logs/:id as JSON', () => {
  it('pages through a log by its cursor', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 25));
    await app.end(id, { status: 'ready' }, 25);
    const pages: LogPage[] = [];
    for (let next: string | null = ''; next !== null; next = pages.at(-1)?.next ?? null) {
      pages.push(await getPage(id, `?limit=10&after=${next}`));
    }
    expect(pages.map(({ logs }) => logs.length)).toEqual([10, 10, 5]);
    expect(pages.flatMap(({ logs }) => logs)).toEqual(
      makeLines(1, 25).map((line) => ({ attempt: 1, ...line })),
    );
  });

  it('always says where to go on while the deployment runs, even of an empty log', async () => {
    const id = await app.insertDeployment();
    const empty = await getPage(id);
    expect(empty).toEqual({ logs: [], next: expect.any(String), complete: false, missing: null });
    await app.post(id, makeLines(1, 2));
    const page = await getPage(id, `?after=${empty.next}`);
    expect(page.logs).toHaveLength(2);
    expect((await getPage(id, `?after=${page.next}`)).next).toBe(page.next);
  });

  it('proves that a finished log is whole, or says how many lines are missing', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 8));
    await insertAttempt(app.database, id, 2, null);
    await app.post(id, makeLines(1, 3), 2);
    await app.end(id, { status: 'failed', reason: 'build_failed' }, 8);
    expect(await getPage(id)).toMatchObject({ complete: false, missing: 5, next: null });
    await app.post(id, makeLines(4, 9), 2);
    expect(await getPage(id)).toMatchObject({ complete: true, missing: 0, next: null });
  });

  it('answers 404 for an unknown deployment and 422 for a malformed parameter', async () => {
    const id = await app.insertDeployment();
    const statuses = [
      'unknown',
      nextDeploymentId(),
      `${id}?after=1`,
      `${id}?limit=0`,
      `${id}?limit=5001`,
      `${id}?format=xml`,
    ];
    const answers = await Promise.all(statuses.map((path) => fetch(`${app.url}/logs/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 422, 422, 422, 422]);
    expect(await answers[0]?.json()).toMatchObject({ code: 'deployment_not_found' });
  });
});

describe('GET /logs/:id as a file', () => {
  it.each(['text', 'ndjson'])(
    'gives the whole log as %s, larger than a page, and says whether it is all',
    async (format) => {
      const id = await app.insertDeployment();
      const lines = makeLines(1, 12_000, (seq) => `${seq} \u001b[1m${'y'.repeat(300)}`);
      await app.post(id, lines.slice(0, 6000));
      await app.post(id, lines.slice(6000));
      await app.end(id, { status: 'ready' }, 12_000);
      const answer = await fetch(`${app.url}/logs/${id}?format=${format}`);
      expect(answer.headers.get('offshoot-log-complete')).toBe('true');
      const text = (await answer.text()).trimEnd().split('\n');
      const found = format === 'text' ? text : text.map((line) => (JSON.parse(line) as StoredLogLine).text);
      expect(found).toEqual(lines.map((line) => line.text));
    },
  );

  it.each([
    ['application/json', 'application/json'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
    ['text/event-stream', 'text/event-stream; charset=utf-8'],
    ['text/html,*/*;q=0.8', 'application/json'],
  ])('is chosen by Accept: %s', async (accept, type) => {
    const id = await app.insertDeployment({ status: 'canceled' });
    const answer = await fetch(`${app.url}/logs/${id}`, { headers: { accept } });
    await answer.body?.cancel();
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('vary')).toBe('accept');
  });

  it.each(['json', 'text', 'ndjson', 'sse'])('can not become a script in a browser as %s', async (format) => {
    const id = await app.insertDeployment({ status: 'canceled' });
    const answer = await fetch(`${app.url}/logs/${id}?format=${format}`);
    await answer.body?.cancel();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-type')).not.toContain('html');
  });
});

describe('server-sent events', () => {
  it('give the lines that are there, then each new one, at last the result, then close', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 3000));
    const events = collect(readEvents(`${app.url}/logs/${id}`));
    for (let seq = 3001; seq <= 3020; seq++) await app.post(id, makeLines(seq, seq));
    await app.end(id, { status: 'failed', reason: 'build_failed', message: 'It failed.' }, 3020);
    const all = await events;
    expect(seqsOf(all)).toEqual(upTo(3020));
    expect(all.at(-1)).toMatchObject({ event: 'result' });
    expect(logResultSchema.parse(all.at(-1)?.data)).toEqual({
      status: 'failed',
      reason: 'build_failed',
      message: 'It failed.',
      complete: true,
      missing: 0,
    });
  });

  it('go on after Last-Event-ID, without a gap or a repeat', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 50));
    const seen: ReceivedEvent[] = [];
    for await (const event of readEvents(`${app.url}/logs/${id}`)) {
      seen.push(event);
      if (seen.length === 20) break;
    }
    await app.end(id, { status: 'ready' }, 50);
    const headers = { 'last-event-id': seen.at(-1)?.id ?? '' };
    const rest = await collect(readEvents(`${app.url}/logs/${id}?after=1.3`, { headers }));
    expect([...seqsOf(seen), ...seqsOf(rest)]).toEqual(upTo(50));
  });

  it('show a line that another app process took in within 500 ms', async () => {
    const id = await app.insertDeployment();
    const events = readEvents(`${other.url}/logs/${id}`);
    await app.post(id, makeLines(1, 1));
    await events.next();
    const delays: number[] = [];
    for (let seq = 2; seq <= 21; seq++) {
      const sentAt = performance.now();
      await app.post(id, makeLines(seq, seq));
      const { value } = (await events.next()) as { value: ReceivedEvent };
      delays.push(value.at - sentAt);
    }
    await events.return(undefined);
    expect(delays.toSorted((a, b) => a - b)[18]).toBeLessThan(500);
  });

  it('wait for a deployment that has not begun', async () => {
    const id = await app.insertDeployment({ status: 'queued' });
    const events = readEvents(`${app.url}/logs/${id}`);
    const first = events.next();
    await app.end(id, { status: 'superseded', message: 'A newer commit.' }, null);
    expect((await first).value).toMatchObject({
      event: 'result',
      data: { status: 'superseded', missing: 0 },
    });
    expect((await events.next()).done).toBe(true);
  });

  it('stay for what the app says of a lost builder, which comes after the end', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 3));
    const events = collect(readEvents(`${app.url}/logs/${id}`));
    await app.database.$client`update attempts set status = 'lost' where deployment_id = ${id}`;
    await app.end(id, { status: 'failed', reason: 'lost' }, 3);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const word = {
      attempt: 1,
      seq: LAST_WORD_SEQ,
      at: 1,
      phase: 'deploy',
      stream: 'system',
      text: 'It fell silent.',
    };
    await app.store.append({ deploymentId: id, attempt: 1 }, [word as StoredLogLine]);
    const all = await events;
    expect(all.at(-2)).toMatchObject({ event: 'message', data: word });
    expect(all.at(-1)).toMatchObject({ event: 'result', data: { reason: 'lost' } });
  });

  it('answer a HEAD and leave nothing behind', async () => {
    const id = await app.insertDeployment();
    const answer = await fetch(`${app.url}/logs/${id}?format=sse`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(app.subscriptions()).toBe(0);
  });

  it('end with "gone" when the deployment is deleted', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 1));
    const events = readEvents(`${app.url}/logs/${id}`);
    await events.next();
    await app.database.$client`delete from deployments where id = ${id}`;
    expect(await collect(events)).toMatchObject([{ event: 'gone' }]);
  });

  it('are the same for many readers who come and go', async () => {
    const id = await app.insertDeployment();
    const readers = Array.from({ length: 30 }, () => collect(readEvents(`${app.url}/logs/${id}`)));
    for (let batch = 0; batch < 20; batch++) await app.post(id, makeLines(batch * 50 + 1, batch * 50 + 50));
    const late = collect(readEvents(`${other.url}/logs/${id}`));
    await app.end(id, { status: 'ready' }, 1000);
    for (const reader of await Promise.all([...readers, late])) expect(seqsOf(reader)).toEqual(upTo(1000));
  });
});

describe('a WebSocket', () => {
  async function read(url: string): Promise<{ messages: Record<string, unknown>[]; code: number }> {
    const socket = new WebSocket(url.replace('http', 'ws'));
    const messages: Record<string, unknown>[] = [];
    socket.on('message', (data: Buffer) =>
      messages.push(JSON.parse(data.toString()) as Record<string, unknown>),
    );
    const code = await new Promise<number>((resolve, reject) => {
      socket.on('close', resolve);
      socket.on('error', reject);
    });
    return { messages, code };
  }

  it('gives pages as JSON does, then the result, then closes', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 10));
    const reading = read(`${app.url}/logs/${id}?after=1.4`);
    await app.post(id, makeLines(11, 20));
    await app.end(id, { status: 'ready' }, 20);
    const { messages, code } = await reading;
    expect(code).toBe(1000);
    expect(
      messages.flatMap((message) => (message['logs'] as StoredLogLine[]) ?? []).map(({ seq }) => seq),
    ).toEqual(upTo(20, 5));
    expect(messages.at(-2)).toMatchObject({ next: '1.20' });
    expect(logResultSchema.parse(messages.at(-1)?.['result'])).toMatchObject({
      status: 'ready',
      complete: true,
    });
  });

  it('is refused for an unknown deployment', async () => {
    await expect(read(`${app.url}/logs/${nextDeploymentId()}`)).rejects.toThrow(/404/);
  });

  it('leaves nothing behind when the reader goes away', async () => {
    const id = await app.insertDeployment();
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/logs/${id}`);
    await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.OPEN));
    socket.terminate();
    await app.post(id, makeLines(1, 1));
    expect((await getPage(id)).logs).toHaveLength(1);
  });
});
