import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { type JobHandlers, type JobName, type JobQueue, openJobQueue } from './queue.ts';

const ID = 'a'.repeat(20);
const TIMEOUT = { timeout: 20_000 };

let database: TestDatabase;
let db: Database;
let queue: JobQueue;
const errors: { err: unknown; job?: string }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { maxConnections: 4 });
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});
beforeEach(async () => {
  queue = await open();
  errors.length = 0;
});
afterEach(() => queue.stop());

function open(): Promise<JobQueue> {
  return openJobQueue({ url: database.url, log: { error: (fields) => void errors.push(fields) } });
}

/** Handlers that note each job; `act` may fail or wait. */
function note(
  seen: [JobName, object][],
  act: (name: JobName) => Promise<void> = async () => {},
): JobHandlers {
  const handle = (name: JobName) => async (payload: object) => {
    seen.push([name, payload]);
    await act(name);
  };
  return {
    'schedule-builds': handle('schedule-builds'),
    'launch-build': handle('launch-build'),
    'stop-builder': handle('stop-builder'),
    'activate-deployment': handle('activate-deployment'),
    'project-aliases': handle('project-aliases'),
    'write-log-word': handle('write-log-word'),
    'remove-logs': handle('remove-logs'),
    'sync-branch': handle('sync-branch'),
    'sync-pull-request': handle('sync-pull-request'),
    'answer-comment': handle('answer-comment'),
    'redeliver-webhooks': handle('redeliver-webhooks'),
    'compare-heads': handle('compare-heads'),
    'filter-paths': handle('filter-paths'),
    'revoke-checkout-token': handle('revoke-checkout-token'),
    'sync-branches': handle('sync-branches'),
    'collect-garbage': handle('collect-garbage'),
    'delete-project': handle('delete-project'),
    'run-deploy-hook': handle('run-deploy-hook'),
    'send-deliveries': handle('send-deliveries'),
    'report-deployments': handle('report-deployments'),
  };
}

describe('jobs', () => {
  test('that look at their signal are told when the queue stops, and may end in order', async () => {
    const ended: boolean[] = [];
    const other = await open();
    const told = async (_: object, signal: AbortSignal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      ended.push(signal.aborted);
    };
    await other.work({ ...note([]), 'send-deliveries': told });
    await other.send(db, 'send-deliveries', {});
    await sleep(500);
    await other.stop();
    expect(ended).toEqual([true]);
    expect(errors).toEqual([]);
  });

  test('exist when their transaction commits, and do not when it rolls back', async () => {
    const seen: [JobName, object][] = [];
    const labels = ['committed'];
    await db.transaction((tx) => queue.send(tx, 'project-aliases', { labels }));
    const rolledBack = db.transaction(async (tx) => {
      await queue.send(tx, 'project-aliases', { labels: ['rolled back'] });
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    await queue.work(note(seen));
    await expect.poll(() => seen, TIMEOUT).toEqual([['project-aliases', { labels }]]);
    await sleep(100);
    expect(seen).toHaveLength(1);
  });

  test('are taken within a moment of their commit, many in a row too', async () => {
    const seen: [JobName, object][] = [];
    await queue.work(note(seen));
    await sleep(500);
    const startedAt = performance.now();
    for (let count = 0; count < 30; count += 1) await queue.send(db, 'schedule-builds', {});
    await expect.poll(() => seen.length, { ...TIMEOUT, interval: 5 }).toBe(30);
    // One poll of the floor for each would take a minute.
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('that fail are tried again, and the failure is logged with its name', async () => {
    const seen: [JobName, object][] = [];
    const failOnce = async () => {
      if (seen.length === 1) throw new Error('not yet');
    };
    await queue.work(note(seen, failOnce));
    await queue.send(db, 'launch-build', { attemptId: ID });
    await expect.poll(() => seen.length, TIMEOUT).toBe(2);
    expect(errors).toMatchObject([{ job: 'launch-build', err: { message: 'not yet' } }]);
  });

  test('with a span of time are sent once in it, for each key', async () => {
    const seen: [JobName, object][] = [];
    const ids = [ID, 'b'.repeat(20), ID];
    for (const projectId of ids) {
      await queue.send(db, 'delete-project', { projectId }, { oncePerSeconds: 3600, key: projectId });
      await queue.send(db, 'collect-garbage', {}, { oncePerSeconds: 3600 });
    }
    await queue.work(note(seen));
    await expect.poll(() => seen.length, TIMEOUT).toBe(3);
    await sleep(100);
    expect(seen.map(([name]) => name).toSorted()).toEqual([
      'collect-garbage',
      'delete-project',
      'delete-project',
    ]);
  });

  test('with an id are taken once, also after they were done, and not before their time', async () => {
    const seen: [JobName, object][] = [];
    await queue.work(note(seen));
    const [id, other] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    const run = { hookId: ID, deploymentId: ID, startsAt: 0 };
    expect(await queue.send(db, 'run-deploy-hook', run, { id })).toBe(true);
    await expect.poll(() => seen.length, TIMEOUT).toBe(1);
    expect(await queue.send(db, 'run-deploy-hook', run, { id })).toBe(false);
    const startAfter = new Date(Date.now() + 2500);
    expect(await queue.send(db, 'run-deploy-hook', run, { id: other, startAfter })).toBe(true);
    expect(await queue.send(db, 'run-deploy-hook', run, { id: other })).toBe(false);
    await sleep(1500);
    expect(seen).toHaveLength(1);
    await expect.poll(() => seen.length, TIMEOUT).toBe(2);
  });

  test('with a payload of the wrong shape are refused when they are sent', async () => {
    await expect(queue.send(db, 'launch-build', { attemptId: '../x' })).rejects.toThrow('20 characters');
  });

  test('of two processes go to one of them', async () => {
    const seen: [JobName, object][] = [];
    const other = await open();
    await Promise.all([queue.work(note(seen)), other.work(note(seen))]);
    for (let count = 0; count < 20; count += 1) {
      await queue.send(db, 'activate-deployment', { deploymentId: ID });
    }
    await expect.poll(() => seen.length, TIMEOUT).toBe(20);
    await other.stop();
    await sleep(100);
    expect(seen).toHaveLength(20);
  });

  test('that a stopping process has begun are brought to their end', async () => {
    const seen: [JobName, object][] = [];
    const ended: JobName[] = [];
    const slow = async (name: JobName) => {
      await sleep(500);
      ended.push(name);
    };
    const other = await open();
    await other.work(note(seen, slow));
    await other.send(db, 'stop-builder', { attemptId: ID });
    await expect.poll(() => seen.length, TIMEOUT).toBe(1);
    await other.stop();
    expect(ended).toEqual(['stop-builder']);
  });
});
