import { sql } from 'drizzle-orm';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { collectEvents, readEvents, type ReceivedEvent, seqsOf } from '../../../test/support/event-stream.ts';
import type { LogApp } from '../../../test/support/log-app.ts';
import { type LogApps, startLogApps, upTo } from '../../../test/support/log-apps.ts';
import { makeLines, nextDeploymentId } from '../../../test/support/log-lines.ts';
import { LAST_WORD_SEQ, type StoredLogLine } from '../../../contracts/log-line.ts';
import { logResultSchema } from './log-messages.ts';

let apps: LogApps;
let app: LogApp;
let other: LogApp;
beforeAll(async () => {
  apps = await startLogApps();
  ({ app, other } = apps);
});
afterEach(() => vi.useRealTimers());
afterAll(() => apps.close());

describe('server-sent events', () => {
  it('give the lines that are there, then each new one, at last the result, then close', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 3000));
    const events = collectEvents(readEvents(`${app.url}/logs/${id}`));
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
    const rest = await collectEvents(readEvents(`${app.url}/logs/${id}?after=1.3`, { headers }));
    expect([...seqsOf(seen), ...seqsOf(rest)]).toEqual(upTo(50));
  });

  it('show a line that another app process took in, at its hint and not at the next poll', async () => {
    const id = await app.insertDeployment();
    const events = readEvents(`${other.url}/logs/${id}`);
    await app.post(id, makeLines(1, 1));
    await events.next();
    for (let seq = 2; seq <= 21; seq++) {
      await app.post(id, makeLines(seq, seq));
      const { value } = (await events.next()) as { value: ReceivedEvent };
      expect(seqsOf([value])).toEqual([seq]);
    }
    await events.return(undefined);
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
    const events = collectEvents(readEvents(`${app.url}/logs/${id}`));
    await app.database.execute(sql`update attempts set status = 'lost' where deployment_id = ${id}`);
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
    await app.database.execute(sql`delete from deployments where id = ${id}`);
    expect(await collectEvents(events)).toMatchObject([{ event: 'gone' }]);
  });

  it('are the same for many readers who come and go', async () => {
    const id = await app.insertDeployment();
    const readers = Array.from({ length: 30 }, () => collectEvents(readEvents(`${app.url}/logs/${id}`)));
    for (let batch = 0; batch < 20; batch++) await app.post(id, makeLines(batch * 50 + 1, batch * 50 + 50));
    const late = collectEvents(readEvents(`${other.url}/logs/${id}`));
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
    await vi.waitFor(() => expect(app.subscriptions()).toBe(0));
  });

  it('is cut off when its reader answers no ping', async () => {
    const id = await app.insertDeployment();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(
      `GET /logs/${id} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /);
    await vi.waitFor(() => expect(app.subscriptions()).toBe(1));
    const closed = once(socket, 'close');
    vi.advanceTimersByTime(31_000);
    await closed;
    await vi.waitFor(() => expect(app.subscriptions()).toBe(0));
  });
});
