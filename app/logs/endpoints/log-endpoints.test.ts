import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertAttempt, type LogApp } from '../../../test/support/log-app.ts';
import { type LogApps, startLogApps } from '../../../test/support/log-apps.ts';
import { makeLines, nextDeploymentId } from '../../../test/support/log-lines.ts';
import type { StoredLogLine } from '../../../contracts/log-line.ts';
import { type LogPage, logPageSchema } from './log-messages.ts';

let apps: LogApps;
let app: LogApp;
beforeAll(async () => {
  apps = await startLogApps();
  ({ app } = apps);
});
afterAll(() => apps.close());

async function getPage(id: string, query = ''): Promise<LogPage> {
  const response = await fetch(`${app.url}/logs/${id}${query}`);
  expect(response.status).toBe(200);
  return logPageSchema.strict().parse(await response.json());
}

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
