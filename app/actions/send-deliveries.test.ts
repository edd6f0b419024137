import { eq } from 'drizzle-orm';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import {
  answer,
  hang,
  hangUp,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../test/support/webhook-receiver.ts';
import { insertDeployment } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { deployments, webhookDeliveries, webhooks } from '../db/schema.ts';
import { type DeliveryRow, findDelivery } from '../db/webhook-deliveries.ts';
import { deleteWebhook } from '../db/webhooks.ts';
import { MAX_DELIVERY_TRIES, RETRY_DELAYS_MS } from '../domain/decide-delivery.ts';
import { SealedTextError } from '../domain/sealed-text.ts';
import type { WebhookFormat } from '../domain/words.ts';
import { createWebhookSender } from '../notifications/webhook-sender.ts';
import { createWebhook } from './create-webhook.ts';
import { deliverAgain, pingWebhook } from './deliver-again.ts';
import { sendDeliveries } from './send-deliveries.ts';
import { tellWebhooks } from './tell-webhooks.ts';
import { updateWebhook } from './update-webhook.ts';

const NEVER = new AbortController().signal;
const SECRET = 'a-secret-of-16-characters-or-more';
let room: CoreRoom;
let receiver: WebhookReceiver;
let project: ProjectRow;

beforeAll(async () => {
  const webhookSender = createWebhookSender({
    allowPrivate: true,
    environment: {},
    now: Date.now,
    timeoutMs: 400,
  });
  room = await openCoreRoom({ webhookSender });
});
afterAll(() => room.dispose());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
  project = await room.createProject({ name: 'Shop & Co <1>' });
});
afterEach(async () => {
  await receiver.close();
  await room.db.delete(webhooks);
});

const actions = () => ({
  ...room.dependencies,
  secrets: { seal: (text: string) => text, open: (text: string) => text },
  webhookSender: createWebhookSender({ allowPrivate: true, environment: {}, now: Date.now }),
});

async function listen(format: WebhookFormat = 'json', path = '/hook', of = project): Promise<string> {
  const secret = format === 'json' ? SECRET : undefined;
  const order = { projectId: of.id, url: receiver.origin + path, format, secret };
  const created = await createWebhook(order, actions());
  if (created.outcome !== 'created') throw new Error(JSON.stringify(created));
  return created.webhook.id;
}

async function ping(webhookId: string): Promise<DeliveryRow> {
  const delivery = await pingWebhook(project.id, webhookId, room.dependencies);
  if (delivery === undefined) throw new Error('not pinged');
  return delivery;
}

async function read({ webhookId, id }: DeliveryRow): Promise<DeliveryRow | undefined> {
  return findDelivery(room.db, webhookId, id);
}

const send = () => sendDeliveries(room.dependencies, NEVER);
const inMs = (ms: number) => new Date(room.clock.now + ms);

describe('a delivery', () => {
  it('is what its receiver can check as it checks GitHub', async () => {
    const delivery = await ping(await listen());
    await send();
    expect(await read(delivery)).toMatchObject({
      status: 'delivered',
      tries: 1,
      responseStatus: 200,
      responseBody: 'ok',
      error: null,
      triedAt: new Date(room.clock.now),
      dueAt: null,
    });
    const { headers, raw, path } = receiver.received[0]!;
    expect(path).toBe('/hook');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Offshoot-Webhook/1',
      'x-offshoot-event': 'ping',
      'x-offshoot-delivery': delivery.id,
    });
    const expected = Buffer.from(`sha256=${createHmac('sha256', SECRET).update(raw).digest('hex')}`);
    expect(timingSafeEqual(Buffer.from(String(headers['x-offshoot-signature-256'])), expected)).toBe(true);
    expect(JSON.parse(raw.toString())).toEqual({
      version: 1,
      id: delivery.id,
      event: 'ping',
      createdAt: room.clock.now,
      project: {
        id: project.id,
        slug: project.slug,
        name: 'Shop & Co <1>',
        url: `http://${project.slug}.localhost:8000`,
      },
      deployment: null,
      page: `http://deploy.example.com/projects/${project.slug}`,
    });
  });

  it('to Slack has no signature, and what Slack shows', async () => {
    await ping(await listen('slack'));
    await send();
    const { headers, raw } = receiver.received[0]!;
    expect(headers).not.toHaveProperty('x-offshoot-signature-256');
    expect(JSON.parse(raw.toString())).toMatchObject({
      text: expect.stringContaining('*Shop &amp; Co &lt;1&gt;* tells here'),
      blocks: [{ type: 'section' }, { type: 'context' }],
    });
  });

  it('is tried again after 500, later and later, with the same id and body, until it is received', async () => {
    const delivery = await ping(await listen());
    receiver.next(answer(500, 'not <now>'), answer(404), answer(200));
    await send();
    expect(await read(delivery)).toMatchObject({
      status: 'waiting',
      tries: 1,
      responseStatus: 500,
      responseBody: 'not <now>',
      error: expect.stringContaining('500'),
      dueAt: inMs(RETRY_DELAYS_MS[0]),
    });
    await send();
    expect(receiver.received).toHaveLength(1);
    room.clock.now += RETRY_DELAYS_MS[0];
    await send();
    expect(await read(delivery)).toMatchObject({
      status: 'waiting',
      tries: 2,
      dueAt: inMs(RETRY_DELAYS_MS[1]),
    });
    room.clock.now += RETRY_DELAYS_MS[1];
    await send();
    expect(await read(delivery)).toMatchObject({ status: 'delivered', tries: 3, error: null });
    expect(new Set(receiver.received.map(({ raw }) => raw.toString())).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-offshoot-delivery'])).size).toBe(1);
  });

  it('is given up after eight tries, and says why the last one failed', async () => {
    const delivery = await ping(await listen());
    await receiver.close();
    for (const delayMs of [...RETRY_DELAYS_MS, 0]) {
      await send();
      room.clock.now += delayMs;
    }
    expect(await read(delivery)).toMatchObject({
      status: 'failed',
      tries: MAX_DELIVERY_TRIES,
      responseStatus: null,
      error: expect.stringContaining('ECONNREFUSED'),
      dueAt: null,
    });
  });

  it.each([
    ['hangs', hang, 'did not answer within'],
    ['closes the connection', hangUp, 'closed the connection'],
    ['redirects', answer(302, '', { location: 'http://169.254.169.254/' }), 'not followed'],
  ])('to a receiver that %s waits for its next try', async (_what, behaviour, error) => {
    const delivery = await ping(await listen());
    receiver.next(behaviour);
    await send();
    expect(await read(delivery)).toMatchObject({
      status: 'waiting',
      tries: 1,
      error: expect.stringContaining(error),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('to an address that became private is not made', async () => {
    const delivery = await ping(await listen());
    const webhookSender = createWebhookSender({ allowPrivate: false, environment: {}, now: Date.now });
    await sendDeliveries({ ...room.dependencies, webhookSender }, NEVER);
    expect(await read(delivery)).toMatchObject({
      status: 'waiting',
      error: expect.stringContaining('not a public host'),
    });
    expect(receiver.received).toEqual([]);
  });

  it('whose URL can not be opened any more says what to do, and is tried again', async () => {
    const delivery = await ping(await listen());
    const secrets = {
      open: () => {
        throw new SealedTextError('It was sealed with another key.');
      },
    };
    await sendDeliveries({ ...room.dependencies, secrets }, NEVER);
    expect(await read(delivery)).toMatchObject({
      status: 'waiting',
      error: expect.stringContaining('OFFSHOOT_SECRET_KEY'),
    });
  });

  it('goes where its webhook leads by now', async () => {
    const webhook = await listen('json', '/old');
    await ping(webhook);
    await updateWebhook(project.id, webhook, { url: `${receiver.origin}/new` }, actions());
    await send();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/new']);
  });
});

describe('deliveries of one webhook', () => {
  it('are sent one at a time, by however many processes', async () => {
    const webhook = await listen();
    for (let count = 0; count < 12; count += 1) await ping(webhook);
    await Promise.all(Array.from({ length: 6 }, send));
    await send();
    expect(receiver.received).toHaveLength(12);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-offshoot-delivery'])).size).toBe(12);
    expect(receiver.open.most).toBe(1);
  });

  it('that hang do not hold up those of another', async () => {
    const [slow, quick] = [await listen('json', '/slow'), await listen('json', '/quick')];
    receiver.next(hang);
    await ping(slow);
    const sending = send();
    await expect.poll(() => receiver.received.length).toBe(1);
    const delivery = await ping(quick);
    await send();
    expect(await read(delivery)).toMatchObject({ status: 'delivered' });
    await sending;
  });

  it('are gone with it, also while one is on its way', async () => {
    const webhook = await listen();
    receiver.next(hang);
    const delivery = await ping(webhook);
    const sending = send();
    await expect.poll(() => receiver.received.length).toBe(1);
    expect(await deleteWebhook(room.db, project.id, webhook)).toBe(true);
    await sending;
    expect(await read(delivery)).toBeUndefined();
  });

  it('are sent though their deployment is gone, as it was', async () => {
    const webhook = await listen();
    const gone = await room.db.transaction(async (tx) => {
      const { id: projectId, settings } = project;
      const facts = { environment: 'preview', refKind: 'branch', ref: 'x', status: 'failed' } as const;
      const row = {
        id: 'g'.repeat(20),
        projectId,
        settings,
        attemptsLeft: 0,
        phases: [],
        createdAt: new Date(0),
      };
      const deployment = await insertDeployment(tx, { ...facts, ...row });
      await tellWebhooks(tx, deployment, room.dependencies);
      return deployment;
    });
    await room.db.delete(deployments).where(eq(deployments.id, gone.id));
    await send();
    expect(JSON.parse(receiver.received[0]?.raw.toString() ?? '')).toMatchObject({
      event: 'deployment.failed',
      deployment: { id: gone.id, ref: 'x', status: 'failed' },
    });
    expect(webhook).toBeDefined();
  });
});

describe('a try that nobody brought to its end', () => {
  it('is made again by another process once its time is over, and not before', async () => {
    const delivery = await ping(await listen());
    // As a process leaves it that is killed while it sends.
    await room.db
      .update(webhookDeliveries)
      .set({ status: 'sending', tries: 1, dueAt: inMs(30_000), triedAt: inMs(0) });
    await send();
    expect(receiver.received).toEqual([]);
    room.clock.now += 30_000;
    await send();
    expect(await read(delivery)).toMatchObject({ status: 'delivered', tries: 2 });
    expect(receiver.received).toHaveLength(1);
  });

  it('too many times is given up', async () => {
    const delivery = await ping(await listen());
    await room.db
      .update(webhookDeliveries)
      .set({ status: 'sending', tries: MAX_DELIVERY_TRIES, dueAt: inMs(0), triedAt: inMs(0) });
    await send();
    expect(await read(delivery)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('ended in the middle'),
    });
    expect(receiver.received).toEqual([]);
  });

  it('because the app stops is broken off, does not count, and is due at once', async () => {
    const delivery = await ping(await listen());
    receiver.next(hang);
    const patient = createWebhookSender({ allowPrivate: true, environment: {}, now: Date.now });
    const stopping = new AbortController();
    const sending = sendDeliveries({ ...room.dependencies, webhookSender: patient }, stopping.signal);
    await expect.poll(() => receiver.received.length).toBe(1);
    stopping.abort();
    await sending;
    expect(await read(delivery)).toMatchObject({ status: 'waiting', tries: 0, dueAt: inMs(0) });
  });

  it('whose end comes too late changes nothing of the try that has begun since', async () => {
    const delivery = await ping(await listen());
    receiver.next((_request, response) => void setTimeout(() => response.writeHead(500).end(), 300));
    const sending = send();
    await expect.poll(() => receiver.received.length).toBe(1);
    room.clock.now += 30_000;
    await send();
    await sending;
    expect(await read(delivery)).toMatchObject({ status: 'delivered', tries: 2, responseStatus: 200 });
  });
});

describe('sending again', () => {
  it.each(['delivered', 'failed', 'waiting'] as const)(
    'what is %s sends the same, with all its tries',
    async (status) => {
      const delivery = await ping(await listen());
      await room.db.update(webhookDeliveries).set({ status, dueAt: null, tries: 8, error: 'Because.' });
      expect(await deliverAgain(delivery.webhookId, delivery.id, room.dependencies)).toMatchObject({
        status: 'waiting',
      });
      await send();
      expect(await read(delivery)).toMatchObject({ status: 'delivered', tries: 1, error: null });
      expect(receiver.received[0]?.headers['x-offshoot-delivery']).toBe(delivery.id);
    },
  );

  it('leaves what is on its way alone', async () => {
    const delivery = await ping(await listen());
    await room.db.update(webhookDeliveries).set({ status: 'sending', dueAt: inMs(30_000), tries: 1 });
    const again = await deliverAgain(delivery.webhookId, delivery.id, room.dependencies);
    expect(again).toMatchObject({ status: 'sending', tries: 1 });
  });
});
