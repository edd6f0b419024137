import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogApp } from '../../test/support/log-app.ts';
import { type LogApps, startLogApps, upTo } from '../../test/support/log-apps.ts';
import { makeLines, nextDeploymentId } from '../../test/support/log-lines.ts';
import { startTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.ts';
import { Interrupted } from '../cli-error.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { followLog, type FollowOptions, type LogEvent } from './follow-log.ts';
import { readLog } from './read-log.ts';

let apps: LogApps;
let app: LogApp;
let network: TcpProxy;
let stop: AbortController;
let client: ApiClient;

beforeAll(async () => {
  apps = await startLogApps();
  ({ app } = apps);
});
afterAll(() => apps.close());
beforeEach(async () => {
  network = await startTcpProxy(Number(new URL(app.url).port));
  stop = new AbortController();
  const url = new URL(`http://127.0.0.1:${network.port}`);
  client = createApiClient({ url, token: 'any', stop: stop.signal });
});
afterEach(() => network.close());

function follow(id: string, changes: Partial<FollowOptions> = {}) {
  return followLog(client, id, {
    stop: stop.signal,
    now: Date.now,
    pauseMs: 20,
    patienceMs: 5000,
    ...changes,
  });
}

const seqOf = (event: LogEvent) => (event.kind === 'line' ? [event.line.seq] : []);

/** Reads lines until this one has come, and more when they come with it. */
async function readUntil(events: AsyncGenerator<LogEvent>, seq: number, into: LogEvent[]): Promise<void> {
  while (into.flatMap(seqOf).at(-1) !== seq) {
    const next = await events.next();
    if (next.done === true) throw new Error('it ended');
    into.push(next.value);
  }
}

async function readRest(events: AsyncGenerator<LogEvent>, into: LogEvent[]): Promise<void> {
  for await (const event of events) into.push(event);
}

describe('following a log', { timeout: 60_000 }, () => {
  it('gives all lines and at last the result', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 2500));
    await app.end(id, { status: 'ready' }, 2500);
    const all: LogEvent[] = [];
    await readRest(follow(id), all);
    expect(all.flatMap(seqOf)).toEqual(upTo(2500));
    expect(all.at(-1)).toMatchObject({ kind: 'result', result: { status: 'ready', missing: 0 } });
  });

  it('goes on after each broken connection, with nothing missing and nothing twice', async () => {
    const id = await app.insertDeployment();
    const all: LogEvent[] = [];
    const events = follow(id);
    for (let round = 0; round < 5; round += 1) {
      await app.post(id, makeLines(round * 100 + 1, round * 100 + 100));
      // The connection breaks amid the lines of the round.
      await readUntil(events, round * 100 + 40, all);
      await network.cut();
      await app.post(id, makeLines(round * 100 + 90, round * 100 + 100));
      setTimeout(() => void network.restore(), 60);
    }
    await app.end(id, { status: 'failed' }, 500);
    await readRest(events, all);
    expect(all.flatMap(seqOf)).toEqual(upTo(500));
    expect(all.filter(({ kind }) => kind === 'lost').length).toBeGreaterThan(0);
    expect(all.at(-1)).toMatchObject({ kind: 'result', result: { status: 'failed', missing: 0 } });
  });

  it('takes a connection that has gone silent for a broken one', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 10));
    const all: LogEvent[] = [];
    const events = follow(id, { silenceMs: 300 });
    await readUntil(events, 10, all);
    network.hang();
    await app.post(id, makeLines(11, 20));
    const reading = readUntil(events, 20, all);
    await sleep(600);
    await network.restore();
    await reading;
    expect(all.flatMap(seqOf)).toEqual(upTo(20));
    expect(all.map(({ kind }) => kind)).toContain('lost');
    await events.return();
  });

  it('tells an outage once, and gives up when it lasts too long', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 1));
    const all: LogEvent[] = [];
    const events = follow(id, { patienceMs: 300 });
    await readUntil(events, 1, all);
    await network.cut();
    await expect(readRest(events, all)).rejects.toMatchObject({ code: 'unreachable', exitCode: 3 });
    expect(all.map(({ kind }) => kind)).toEqual(['line', 'lost']);
  });

  it('ends at once, without another try, when the server refuses', async () => {
    await expect(readRest(follow(nextDeploymentId()), [])).rejects.toMatchObject({
      code: 'deployment_not_found',
    });
  });

  it.each([
    ['while it waits for a line', false],
    ['while it waits to connect again', true],
  ])('ends by Ctrl-C %s', async (_, isCut) => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 1));
    const all: LogEvent[] = [];
    const events = follow(id, { pauseMs: 60_000 });
    await readUntil(events, 1, all);
    if (isCut) await network.cut();
    const ending = readRest(events, all);
    setTimeout(() => stop.abort(new Interrupted('SIGINT')), 100);
    await expect(ending).rejects.toThrow(Interrupted);
  });
});

describe('reading a log', () => {
  it('gives what is there by now', async () => {
    const id = await app.insertDeployment();
    await app.post(id, makeLines(1, 1500));
    const seqs = [];
    for await (const { seq } of readLog(client, id, stop.signal)) seqs.push(seq);
    expect(seqs).toEqual(upTo(1500));
  });

  it('fails when it breaks off: a half is never taken for a whole', async () => {
    const id = await app.insertDeployment();
    await app.post(
      id,
      makeLines(1, 3000, (seq) => `${seq}`.padEnd(2000, 'x')),
    );
    const reading = async () => {
      let lines = 0;
      for await (const _ of readLog(client, id, stop.signal)) if ((lines += 1) === 10) await network.cut();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
