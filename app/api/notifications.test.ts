import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';
import { answer, startWebhookReceiver, type WebhookReceiver } from '../../test/support/webhook-receiver.ts';
import { runDeployHook } from '../actions/run-deploy-hook.ts';
import { sendDeliveries } from '../actions/send-deliveries.ts';
import { tellWebhooks } from '../actions/tell-webhooks.ts';
import { moveDeployment } from '../db/deployments.ts';
import { deployHooks, webhooks } from '../db/schema.ts';

const HOOKS = '/api/projects/blog/deploy-hooks';
const WEBHOOKS = '/api/projects/blog/webhooks';
const NOBODY = 'a'.repeat(20);
let room: ApiRoom;
let git: GitServer;
let receiver: WebhookReceiver;

interface Hook {
  readonly id: string;
  readonly url: string;
}
interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string }[];
}
interface Delivery {
  readonly id: string;
  readonly [key: string]: unknown;
}

beforeAll(async () => {
  [room, git, receiver] = await Promise.all([openApiRoom(), startGitServer(), startWebhookReceiver()]);
  const { repository, url } = git.createRepository('blog', { 'index.html': 'one' });
  repository.commit({ 'index.html': 'two' }, { branch: 'content' });
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url } });
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url, slug: 'other' } });
  await room.client.call('POST', '/api/projects', { json: { name: 'Folders' } });
});
afterEach(async () => {
  await room.db.delete(deployHooks);
  await room.db.delete(webhooks);
});
afterAll(async () => {
  await room.dispose();
  await git.close();
  await receiver.close();
});

async function createHook(json: unknown = { name: 'CMS', branch: 'content' }): Promise<Hook> {
  room.clock.now += 1;
  const { status, body } = await room.client.call<Hook>('POST', HOOKS, { json });
  expect(status).toBe(201);
  return body;
}

async function createWebhook(json: object = {}): Promise<{ id: string; secret: string }> {
  room.clock.now += 1;
  const call = { json: { url: `${receiver.origin}/hook`, ...json } };
  const { status, body } = await room.client.call<{ id: string; secret: string }>('POST', WEBHOOKS, call);
  expect(status).toBe(201);
  return body;
}

async function problemOf(method: string, path: string, json?: unknown): Promise<[number, Problem]> {
  const { status, body } = await room.client.call<Problem>(method, path, json === undefined ? {} : { json });
  return [status, body];
}

const send = () => sendDeliveries(room.dependencies, new AbortController().signal);

describe('deploy hooks', () => {
  it('show their URL when they are made, and never again', async () => {
    const { url, ...hook } = await createHook();
    expect(url).toMatch(/^http:\/\/deploy\.example\.com\/api\/hooks\/[a-z0-9]{40}$/);
    expect(hook).toMatchObject({
      name: 'CMS',
      branch: 'content',
      lastUsedAt: null,
      createdAt: room.clock.now,
    });
    const { body } = await room.client.call('GET', HOOKS);
    expect(body).toEqual({ items: [hook], next: null });
  });

  it('are listed newest first, in pages', async () => {
    const made = [await createHook(), await createHook(), await createHook()].map(({ id }) => id);
    const first = await room.client.call<{ items: Hook[]; next: string }>('GET', `${HOOKS}?limit=2`);
    const rest = await room.client.call<{ items: Hook[] }>(
      'GET',
      `${HOOKS}?limit=2&after=${first.body.next}`,
    );
    const listed = [...first.body.items, ...rest.body.items].map(({ id }) => id);
    expect(listed).toEqual(made.toReversed());
    expect(rest.body).toMatchObject({ next: null });
  });

  it.each([
    [{ name: 'x', branch: 'contend' }, 422, 'ref_not_found'],
    [{ name: '' }, 422, 'invalid_request'],
    [{ branch: 'main' }, 422, 'invalid_request'],
    [{ name: 'x', project: 'other' }, 422, 'invalid_request'],
    [{ name: 'a\nb' }, 422, 'invalid_request'],
  ])('are not made of %j', async (json, status, code) => {
    expect(await problemOf('POST', HOOKS, json)).toMatchObject([status, { code }]);
  });

  it('are not made for what has no repository, or does not exist', async () => {
    const json = { name: 'x' };
    expect(await problemOf('POST', '/api/projects/folders/deploy-hooks', json)).toMatchObject([
      409,
      { code: 'no_repository' },
    ]);
    expect(await problemOf('POST', '/api/projects/none/deploy-hooks', json)).toMatchObject([
      404,
      { code: 'project_not_found' },
    ]);
  });

  it('can be deleted, of their own project only, and then lead nowhere', async () => {
    const { id, url } = await createHook();
    expect(await problemOf('DELETE', `/api/projects/other/deploy-hooks/${id}`)).toMatchObject([
      404,
      { code: 'deploy_hook_not_found' },
    ]);
    const { status, body } = await room.client.call('DELETE', `${HOOKS}/${id}`);
    expect([status, body]).toEqual([200, { id, deleted: true }]);
    expect(await problemOf('DELETE', `${HOOKS}/${id}`)).toMatchObject([
      404,
      { code: 'deploy_hook_not_found' },
    ]);
    expect(await room.server.send('POST', new URL(url).pathname)).toMatchObject({ status: 404 });
  });

  it('are bounded in number', async () => {
    const [row] = await room.db
      .insert(deployHooks)
      .values(await many(50))
      .returning();
    expect(row).toBeDefined();
    expect(await problemOf('POST', HOOKS, { name: 'x' })).toMatchObject([409, { code: 'too_many' }]);
  });
});

async function many(count: number) {
  const { body } = await room.client.call<{ id: string }>('GET', '/api/projects/blog');
  return Array.from({ length: count }, (_, at) => {
    const id = `h${at}`.padEnd(20, 'x');
    return { id, projectId: body.id, name: 'x', branch: 'main', tokenHash: id, createdAt: new Date(0) };
  });
}

describe('a deploy hook’s URL', () => {
  it.each([
    ['nothing', {}],
    ['JSON', { json: { any: 'thing' } }],
    ['a form', { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['what is not what it says', { raw: '{', headers: { 'content-type': 'application/json' } }],
    ['a large body', { raw: 'x'.repeat(300_000), headers: { 'content-type': 'text/plain' } }],
  ])('takes a POST of %s from whoever knows it', async (_what, call) => {
    const { url } = await createHook();
    const { status, body } = await room.server.send('POST', new URL(url).pathname, call);
    expect([status, body]).toEqual([
      202,
      {
        deploymentId: expect.stringMatching(/^[a-z0-9]{20}$/),
        project: 'blog',
        branch: 'content',
        url: expect.stringMatching(/^http:\/\/deploy\.example\.com\/deployments\/[a-z0-9]{20}$/),
      },
    ]);
  });

  it('deploys under the name that it answers, in the hook’s name', async () => {
    const { id, url } = await createHook();
    const { body } = await room.server.send('POST', new URL(url).pathname);
    const { deploymentId } = body as { deploymentId: string };
    await runDeployHook({ hookId: id, deploymentId, startsAt: Date.now() }, room.dependencies);
    const read = await room.client.call('GET', `/api/deployments/${deploymentId}`);
    expect(read.body).toMatchObject({ ref: 'content', requestedBy: { kind: 'deploy-hook', name: 'CMS' } });
    const { body: listed } = await room.client.call<{ items: { lastUsedAt: number }[] }>('GET', HOOKS);
    expect(Math.abs((listed.items[0]?.lastUsedAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])(
    'answers %s with 405 and does nothing: previews trigger nothing',
    async (method) => {
      const { url } = await createHook();
      const { status, headers } = await room.server.send(method, new URL(url).pathname);
      expect([status, headers['allow']]).toEqual([405, 'POST']);
      const { body } = await room.client.call('GET', HOOKS);
      expect(body).toMatchObject({ items: [{ lastUsedAt: null }] });
    },
  );

  it.each(['x', 'a'.repeat(40), '%00', '%F0%9F%98%80', 'x'.repeat(5000)])(
    'is unknown with %s at its end',
    async (secret) => {
      const { status, body } = await room.server.send('POST', `/api/hooks/${secret}`);
      expect([status, body]).toMatchObject([404, { code: 'deploy_hook_not_found' }]);
    },
  );

  it('can not be called by a stranger’s page', async () => {
    const { url } = await createHook();
    const headers = { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' };
    expect(await room.server.send('POST', new URL(url).pathname, { headers })).toMatchObject({ status: 403 });
  });
});

describe('webhooks', () => {
  it('show their secret when they are made, and neither it nor their URL again', async () => {
    const { secret, ...webhook } = await createWebhook({ url: `${receiver.origin}/a-long-secret-path` });
    expect(secret).toMatch(/^[a-z0-9]{40}$/);
    expect(webhook).toMatchObject({
      format: 'json',
      urlHint: `${receiver.origin}/…path`,
      events: ['deployment.ready', 'deployment.failed', 'deployment.blocked'],
    });
    const { body } = await room.client.call('GET', WEBHOOKS);
    expect(body).toEqual({ items: [webhook], next: null });
    const [row] = await room.db.select().from(webhooks);
    expect(JSON.stringify(row)).not.toMatch(/secret-path/);
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  it('take a secret of one’s own, and none for Slack', async () => {
    expect(await createWebhook({ secret: 'one-of-my-own-16' })).toMatchObject({ secret: 'one-of-my-own-16' });
    expect(await createWebhook({ format: 'slack' })).toMatchObject({ format: 'slack', secret: null });
  });

  it.each([
    [{ url: 'ftp://example.com/' }, 'webhook_url_invalid', '/url'],
    [{ url: 'https://me:you@example.com/' }, 'webhook_url_invalid', '/url'],
    [{ url: 'http://does-not-exist.invalid/' }, 'webhook_url_invalid', '/url'],
    [{ url: '' }, 'invalid_request', '/url'],
    [{ events: [] }, 'invalid_request', '/events'],
    [{ events: ['ping'] }, 'invalid_request', '/events/0'],
    [{ events: ['deployment.ready', 'deployment.ready'] }, 'invalid_request', '/events'],
    [{ format: 'xml' }, 'invalid_request', '/format'],
    [{ secret: 'short' }, 'invalid_request', '/secret'],
    [{ format: 'slack', secret: 'one-of-my-own-16' }, 'invalid_request', '/secret'],
    [{ method: 'PUT' }, 'invalid_request', '/method'],
  ])('are not made of %j', async (json, code, pointer) => {
    const order = { url: receiver.origin, ...json };
    expect(await problemOf('POST', WEBHOOKS, order)).toMatchObject([422, { code, errors: [{ pointer }] }]);
  });

  it('do not lead into our own network, unless that is allowed', async () => {
    const strict = await openApiRoom({ allowLocal: false });
    await strict.client.call('POST', '/api/projects', { json: { name: 'Blog' } });
    for (const url of [
      'http://127.0.0.1/',
      'http://localhost:9000/',
      'http://169.254.169.254/',
      'http://[::1]/',
    ]) {
      const { status, body } = await strict.client.call('POST', WEBHOOKS, { json: { url } });
      expect([status, body]).toMatchObject([422, { code: 'webhook_url_invalid' }]);
    }
    await strict.dispose();
  });

  it('can be changed and deleted, of their own project only', async () => {
    const { id } = await createWebhook();
    const [own, foreign] = [`${WEBHOOKS}/${id}`, `/api/projects/other/webhooks/${id}`];
    const changes = { events: ['deployment.failed'], url: `${receiver.origin}/else` };
    const { body } = await room.client.call('PATCH', own, { json: changes });
    expect(body).toMatchObject({ events: ['deployment.failed'], urlHint: `${receiver.origin}/else` });
    expect((await room.client.call('PATCH', own, { json: {} })).body).toEqual(body);
    expect(await problemOf('PATCH', own, { url: 'x' })).toMatchObject([422, { code: 'webhook_url_invalid' }]);
    const missing = [404, { code: 'webhook_not_found' }];
    expect(await problemOf('PATCH', foreign, {})).toMatchObject(missing);
    expect(await problemOf('DELETE', foreign)).toMatchObject(missing);
    expect((await room.client.call('DELETE', own)).body).toEqual({ id, deleted: true });
    expect(await problemOf('DELETE', own)).toMatchObject(missing);
  });

  it('are bounded in number', async () => {
    for (let count = 0; count < 20; count += 1) await createWebhook();
    expect(await problemOf('POST', WEBHOOKS, { url: receiver.origin })).toMatchObject([
      409,
      { code: 'too_many' },
    ]);
  });
});

describe('a ping', () => {
  it('is sent, signed, and can be read with its answer', async () => {
    const { id, secret } = await createWebhook();
    receiver.next(answer(500, 'broken'));
    const pinged = await room.client.call<Delivery>('POST', `${WEBHOOKS}/${id}/ping`);
    expect(pinged).toMatchObject({
      status: 202,
      body: { event: 'ping', deploymentId: null, status: 'waiting', tries: 0 },
    });
    await send();
    const { headers, raw } = receiver.received.at(-1)!;
    expect(raw.toString()).toBe(pinged.body['payload']);
    const signature = createHmac('sha256', secret).update(raw).digest('hex');
    expect(headers['x-offshoot-signature-256']).toBe(`sha256=${signature}`);
    const path = `${WEBHOOKS}/${id}/deliveries/${pinged.body.id}`;
    expect((await room.client.call('GET', path)).body).toMatchObject({
      status: 'waiting',
      tries: 1,
      responseStatus: 500,
      responseBody: 'broken',
      error: expect.stringContaining('500'),
      dueAt: room.clock.now + 10_000,
    });
    expect((await room.client.call('POST', `${path}/redeliver`)).status).toBe(202);
    await send();
    expect((await room.client.call('GET', path)).body).toMatchObject({ status: 'delivered', tries: 1 });
    expect(receiver.received.at(-1)?.raw.toString()).toBe(raw.toString());
  });
});

describe('a deployment that fails', () => {
  it('is told as the API shows it', async () => {
    const { id } = await createWebhook();
    const { body: deployment } = await room.client.call<{ id: string }>(
      'POST',
      '/api/projects/blog/deployments',
    );
    await room.db.transaction(async (tx) => {
      await moveDeployment(tx, deployment.id, 'launch', new Date(room.clock.now));
      const message = 'npm run build ended with 1.';
      const changes = { reason: 'build_failed', message } as const;
      const failed = await moveDeployment(tx, deployment.id, 'fail', new Date(room.clock.now), changes);
      await tellWebhooks(tx, failed!, room.dependencies);
    });
    const { body } = await room.client.call<{ items: Delivery[] }>('GET', `${WEBHOOKS}/${id}/deliveries`);
    const shown = (await room.client.call('GET', `/api/deployments/${deployment.id}`)).body;
    expect(body.items).toMatchObject([{ event: 'deployment.failed', deploymentId: deployment.id }]);
    expect(JSON.parse(String(body.items[0]?.['payload']))).toMatchObject({ deployment: shown });
    expect(shown).toMatchObject({ status: 'failed', reason: 'build_failed' });
  });
});

describe('deliveries', () => {
  it('are listed newest first, in pages', async () => {
    const { id } = await createWebhook();
    const made: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      room.clock.now += 1;
      made.unshift((await room.client.call<Delivery>('POST', `${WEBHOOKS}/${id}/ping`)).body.id);
    }
    const path = `${WEBHOOKS}/${id}/deliveries?limit=2`;
    const first = await room.client.call<{ items: Delivery[]; next: string }>('GET', path);
    const rest = await room.client.call<{ items: Delivery[] }>('GET', `${path}&after=${first.body.next}`);
    expect([...first.body.items, ...rest.body.items].map((one) => one.id)).toEqual(made);
  });

  it.each([
    ['GET', `${WEBHOOKS}/${NOBODY}/deliveries`, 'webhook_not_found'],
    ['POST', `${WEBHOOKS}/${NOBODY}/ping`, 'webhook_not_found'],
    ['GET', `${WEBHOOKS}/${NOBODY}/deliveries/${NOBODY}`, 'webhook_not_found'],
    ['POST', `${WEBHOOKS}/..%2f/deliveries/${NOBODY}/redeliver`, 'webhook_not_found'],
    ['GET', `/api/projects/none/webhooks/${NOBODY}/deliveries`, 'project_not_found'],
  ])('%s %s: %s', async (method, path, code) => {
    expect(await problemOf(method, path)).toMatchObject([404, { code }]);
  });

  it('that are not there, or of another webhook, are not found', async () => {
    const [one, other] = [await createWebhook(), await createWebhook()];
    const { body } = await room.client.call<Delivery>('POST', `${WEBHOOKS}/${one.id}/ping`);
    const missing = [404, { code: 'delivery_not_found' }];
    for (const id of [body.id, NOBODY, 'x']) {
      const path = `${WEBHOOKS}/${other.id}/deliveries/${id}`;
      expect(await problemOf('GET', path)).toMatchObject(missing);
      expect(await problemOf('POST', `${path}/redeliver`)).toMatchObject(missing);
    }
  });
});

it('nothing of this is told to a stranger', async () => {
  const { id } = await createWebhook();
  for (const path of [HOOKS, WEBHOOKS, `${WEBHOOKS}/${id}/deliveries`])
    expect(await room.server.send('GET', path)).toMatchObject({ status: 401 });
});
