import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILDER_PATHS } from '../../contracts/build-report.ts';
import { type BuilderApp, startBuilderApp, testSpec } from '../../test/support/builder-app.ts';
import { createAppClient } from './app-client.ts';
import { keepBeating } from './heartbeat.ts';
import { createLifeline, type Lifeline } from './lifeline.ts';

const LINE = { seq: 1, at: 1, phase: 'build', stream: 'stdout', text: 'x' };
let app: BuilderApp;
let lifeline: Lifeline;

beforeEach(async () => {
  app = await startBuilderApp(testSpec({ leaseMs: 1000 }));
  lifeline = createLifeline();
});
afterEach(async () => {
  lifeline.stop('revoked');
  await app.close();
});

function clientWith(nonce: string, token = app.token) {
  const timing = { monotonicMs: () => performance.now(), random: Math.random };
  return createAppClient({ ...timing, appUrl: app.url, token, nonce, lifeline });
}
const first = () => clientWith('first nonce of all');

describe('a claim', () => {
  it('is repeated with the same nonce when its answer was lost', async () => {
    app.misbehaviour.isSilent = true;
    const claiming = first().claim();
    await sleep(300);
    app.misbehaviour.isSilent = false;
    expect(await claiming).toEqual(testSpec({ leaseMs: 1000 }));
    expect(await first().claim()).toEqual(testSpec({ leaseMs: 1000 }));
  });

  it('is refused, with the sentence of the app, when another builder was first', async () => {
    await first().claim();
    await expect(clientWith('another builder nonce').claim()).rejects.toThrow(
      /refused \/api\/builder\/claim with 409: claimed already/,
    );
    expect(lifeline.cause()).toBeUndefined();
  });
});

describe('a request', () => {
  it('with a nonce that is not the claimed one ends the attempt', async () => {
    await first().claim();
    const thief = clientWith('another builder nonce');
    await expect(thief.heartbeat({ phases: [], lastSeq: 0 })).rejects.toThrow(/attempt is over \(401\)/);
    expect(lifeline.cause()).toBe('revoked');
  });

  it('that the app calls wrong is not repeated', async () => {
    const client = first();
    await client.claim();
    await expect(client.sendLogs('{"lines":[]}')).rejects.toThrow(/refused \/api\/builder\/logs with 400/);
    expect(app.requests.filter((path) => path === BUILDER_PATHS.logs)).toHaveLength(1);
  });

  it('that gets no understandable answer says so', async () => {
    app.misbehaviour.status = 200;
    await expect(first().claim()).rejects.toThrow(/answer to \/api\/builder\/claim is not understood/);
  });

  it('is given up when nothing was answered for as long as the lease', async () => {
    const client = first();
    await client.claim();
    app.misbehaviour.status = 502;
    const startedAt = performance.now();
    await expect(client.sendLogs(JSON.stringify({ lines: [LINE] }))).rejects.toThrow(
      /could not be reached for 1000 ms: \/api\/builder\/logs answered 502/,
    );
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect(lifeline.cause()).toBe('unreachable');
  });

  it('goes on as long as other requests are answered', async () => {
    const client = first();
    await client.claim();
    app.misbehaviour.logDelayMs = 2500;
    const done = new AbortController();
    const progress = () => ({ phases: [], lastSeq: 0 });
    const beating = keepBeating({ client, lifeline, everyMs: 100, progress, done: done.signal });
    // The log's own try is longer than the lease, but heartbeats come and go meanwhile.
    await client.sendLogs(JSON.stringify({ lines: [LINE] }));
    done.abort();
    await beating;
    expect(app.heartbeats.length).toBeGreaterThan(10);
    expect(app.lines.length).toBeGreaterThan(0);
    expect(lifeline.cause()).toBeUndefined();
  });
});

describe('the lifeline', () => {
  it('keeps its first cause, but an end without requests outdoes one with', () => {
    lifeline.stop('canceled');
    lifeline.stop('released');
    expect([lifeline.cause(), lifeline.work.aborted, lifeline.requests.aborted]).toEqual([
      'canceled',
      true,
      false,
    ]);
    lifeline.stop('revoked');
    lifeline.stop('unreachable');
    expect([lifeline.cause(), lifeline.requests.aborted]).toEqual(['revoked', true]);
  });
});
