import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import {
  answer,
  hang,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../test/support/webhook-receiver.ts';
import type { ProjectRow } from '../db/projects.ts';
import { webhookDeliveries } from '../db/schema.ts';
import { RETRY_DELAYS_MS } from '../domain/decide-delivery.ts';
import { createHandlers } from '../jobs/handlers/create-handlers.ts';
import { type JobQueue, openJobQueue } from '../jobs/queue.ts';
import { createWebhook } from './create-webhook.ts';
import { pingWebhook } from './deliver-again.ts';
import { reconcile } from './reconcile.ts';

const PROGRAM = path.join(import.meta.dirname, '../../test/fixtures/send-deliveries-process.ts');
const TIMEOUT = { timeout: 20_000 };
let room: CoreRoom;
let receiver: WebhookReceiver;
let project: ProjectRow;
let webhookId: string;
const processes: JobQueue[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());
beforeEach(async () => {
  room.clock.now = Date.now();
  receiver = await startWebhookReceiver();
  project = await room.createProject();
  const sealing = { ...room.dependencies, secrets: { seal: (text: string) => text } };
  const webhookSender = { check: async () => ({ ok: true as const }) };
  const order = { projectId: project.id, url: receiver.origin, format: 'json' } as const;
  const created = await createWebhook(order, { ...sealing, webhookSender });
  webhookId = created.outcome === 'created' ? created.webhook.id : '';
});
afterEach(async () => {
  for (const one of processes.splice(0)) await one.stop();
  await receiver.close();
});

/** An app process's queue, with its workers. */
async function startProcess(): Promise<void> {
  const log = { error: ({ err }: { readonly err: unknown }) => void errors.push(err) };
  const queue = await openJobQueue({ url: room.databaseUrl, log });
  processes.push(queue);
  await queue.work(createHandlers(room.dependencies));
}

async function ping(): Promise<void> {
  await pingWebhook(project.id, webhookId, room.dependencies);
}

async function statuses(): Promise<string[]> {
  const rows = await room.db.select().from(webhookDeliveries);
  return rows.filter((row) => row.webhookId === webhookId).map(({ status }) => status);
}

describe('deliveries', () => {
  it('are sent within moments, each by one of two processes', async () => {
    await Promise.all([startProcess(), startProcess()]);
    for (let count = 0; count < 20; count += 1) await ping();
    await expect.poll(statuses, TIMEOUT).toEqual(Array.from({ length: 20 }, () => 'delivered'));
    expect(new Set(receiver.received.map(({ headers }) => headers['x-offshoot-delivery'])).size).toBe(20);
    expect([receiver.received.length, receiver.open.most]).toEqual([20, 1]);
  });

  it('are sent by whoever starts, when nobody was there', async () => {
    await ping();
    await startProcess();
    await expect.poll(statuses, TIMEOUT).toEqual(['delivered']);
  });

  it('that are due again are found by the reconciler', async () => {
    receiver.next(answer(503));
    await startProcess();
    await ping();
    await expect.poll(() => receiver.received.length, TIMEOUT).toBe(1);
    await expect.poll(statuses, TIMEOUT).toEqual(['waiting']);
    await reconcile(room.dependencies);
    room.clock.now += RETRY_DELAYS_MS[0];
    await reconcile(room.dependencies);
    await expect.poll(statuses, TIMEOUT).toEqual(['delivered']);
    expect(receiver.received).toHaveLength(2);
  });

  it('of a process that is killed while it sends are sent again by another, with the same id', async () => {
    receiver.next(hang);
    await ping();
    const child = await startChild();
    await expect.poll(() => receiver.received.length, TIMEOUT).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await statuses()).toEqual(['sending']);
    await startProcess();
    await reconcile(room.dependencies);
    expect(receiver.received).toHaveLength(1);
    // Half a minute later it counts as lost.
    room.clock.now = Date.now() + 31_000;
    await reconcile(room.dependencies);
    await expect.poll(statuses, TIMEOUT).toEqual(['delivered']);
    const ids = receiver.received.map(({ headers }) => headers['x-offshoot-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });

  it('of a queue that stops while one hangs are due again at once', async () => {
    await startProcess();
    receiver.next(hang);
    await ping();
    await expect.poll(() => receiver.received.length, TIMEOUT).toBe(1);
    await processes.pop()?.stop();
    await expect.poll(statuses, TIMEOUT).toEqual(['waiting']);
    await startProcess();
    await reconcile(room.dependencies);
    await expect.poll(statuses, TIMEOUT).toEqual(['delivered']);
    expect(errors).toEqual([]);
  });
});

async function startChild(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, room.databaseUrl], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'spawn');
  return child;
}
