import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogApp } from '../../../test/support/log-app.ts';
import { type LogApps, startLogApps } from '../../../test/support/log-apps.ts';
import { makeLines, nextDeploymentId } from '../../../test/support/log-lines.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_LINES } from '../../../contracts/log-line.ts';
import { createLogIntake } from './intake.ts';

let apps: LogApps;
let app: LogApp;
beforeAll(async () => {
  apps = await startLogApps();
  ({ app } = apps);
});
afterAll(() => apps.close());

describe('the intake of log lines', () => {
  it('says how many lines it took, once they can be read', async () => {
    const id = await app.insertDeployment();
    const answer = await app.post(id, makeLines(1, 10));
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 10 }]);
    expect(await app.store.count({ deploymentId: id, attempt: 1 })).toBe(10);
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

  it('answers a stranger without waiting for the body', async () => {
    const intake = createLogIntake({
      store: app.store,
      hints: { publish: () => {} },
      findBuild: async (context) => context.body(null, 401),
      log: { warn: () => {} },
    });
    const body = new ReadableStream<Uint8Array>();
    const answer = await intake.request('/api/builder/logs', {
      method: 'POST',
      body,
      duplex: 'half',
    });
    expect(answer.status).toBe(401);
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
