import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitRepository } from '../support/git-repository.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';
import {
  hang,
  type Received,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

const TIMEOUT_MS = 180_000;
const SITE = { 'index.html': '<h1>One</h1>' };
const BROKEN = { 'package.json': '{}', 'offshoot.json': '{"install": "", "build": "exit 3", "output": "."}' };

let git: GitServer;
let offshoot: Offshoot;
let receiver: WebhookReceiver;
let repository: GitRepository;
let slug: string;
let secret: string;
let hookUrl: string;

beforeAll(async () => {
  [git, receiver] = await Promise.all([startGitServer(), startWebhookReceiver()]);
  offshoot = await startOffshoot({ environment: { OFFSHOOT_ALLOW_PRIVATE_WEBHOOKS: 'true' } });
  const made = git.createRepository('shop', SITE);
  repository = made.repository;
  slug = (await offshoot.createProject({ gitUrl: made.url, name: 'Shop' })).slug;
  secret = (await create<{ secret: string }>('webhooks', { url: `${receiver.origin}/json` })).secret;
  await create('webhooks', { url: `${receiver.origin}/slack`, format: 'slack' });
  hookUrl = (await create<{ url: string }>('deploy-hooks', { name: 'CMS' })).url;
}, TIMEOUT_MS);

afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
  await receiver?.close();
}, TIMEOUT_MS);

async function create<T>(what: string, body: object): Promise<T> {
  const created = await offshoot.call<T>('POST', `/api/projects/${slug}/${what}`, body);
  expect(created.status).toBe(201);
  return created.body;
}

/** As a CMS calls: it knows nothing but the URL. */
async function callHook(): Promise<string> {
  const answer = await fetch(hookUrl, { method: 'POST' });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { deploymentId: string }).deploymentId;
}

async function told(path: string, deploymentId: string): Promise<Received> {
  const fits = ({ path: at, raw }: Received) => at === path && raw.toString().includes(deploymentId);
  return waitFor(`what ${path} is told of ${deploymentId}`, TIMEOUT_MS, async () =>
    receiver.received.find(fits),
  );
}

function signatureOf({ raw }: Received): string {
  return `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
}

describe('a call of a deploy hook', { timeout: TIMEOUT_MS }, () => {
  test('becomes a site, and its project’s webhooks are told, signed', async () => {
    const id = await callHook();
    expect(await offshoot.waitForEnd(id, TIMEOUT_MS)).toMatchObject({ status: 'ready' });
    const message = await told('/json', id);
    expect(message.headers).toMatchObject({
      'x-offshoot-event': 'deployment.ready',
      'x-offshoot-signature-256': signatureOf(message),
    });
    const { page, deployment } = JSON.parse(message.raw.toString()) as { page: string; deployment: object };
    expect(deployment).toEqual(await offshoot.deployment(id));
    expect(deployment).toMatchObject({ requestedBy: { kind: 'deploy-hook', name: 'CMS' } });
    expect(page).toBe(`http://localhost:${offshoot.appPort}/deployments/${id}`);
    const slack = JSON.parse((await told('/slack', id)).raw.toString()) as { text: string };
    expect(slack.text).toContain('*Shop* `main` is ready');
  });

  test('whose build fails is told with its reason', async () => {
    repository.commit(BROKEN);
    const id = await callHook();
    expect(await offshoot.waitForEnd(id, TIMEOUT_MS)).toMatchObject({
      status: 'failed',
      reason: 'build_failed',
    });
    const message = await told('/json', id);
    expect(message.headers).toMatchObject({
      'x-offshoot-event': 'deployment.failed',
      'x-offshoot-signature-256': signatureOf(message),
    });
    expect((await told('/slack', id)).raw.toString()).toContain('(build_failed)');
  });

  test('whose branch is gone is a failed deployment that says so', async () => {
    repository.commit(SITE, { branch: 'short-lived' });
    const { url } = await create<{ url: string }>('deploy-hooks', { name: 'CI', branch: 'short-lived' });
    repository.deleteBranch('short-lived');
    const answer = (await (await fetch(url, { method: 'POST' })).json()) as { deploymentId: string };
    const ended = await offshoot.waitForEnd(answer.deploymentId, TIMEOUT_MS);
    expect(ended).toMatchObject({ status: 'failed', reason: 'clone_failed' });
    expect(ended.message).toContain('short-lived');
    // The next test makes a delivery hang: it must be its own.
    await Promise.all([told('/json', answer.deploymentId), told('/slack', answer.deploymentId)]);
  });
});

describe('a delivery', { timeout: TIMEOUT_MS }, () => {
  test('is made again with its id after everything was killed in the middle of it', async () => {
    const { items } = (
      await offshoot.call<{ items: { id: string; format: string }[] }>(
        'GET',
        `/api/projects/${slug}/webhooks`,
      )
    ).body;
    const webhook = items.find(({ format }) => format === 'json')?.id;
    receiver.next(hang);
    const pinged = await offshoot.call<{ id: string }>(
      'POST',
      `/api/projects/${slug}/webhooks/${webhook}/ping`,
    );
    const { id } = pinged.body;
    const tries = () => receiver.received.filter(({ headers }) => headers['x-offshoot-delivery'] === id);
    await waitFor('the first try', TIMEOUT_MS, async () => tries()[0]);
    offshoot.process.kill('SIGKILL');
    await once(offshoot.process, 'exit');
    await offshoot.restart();
    await waitFor('another try', TIMEOUT_MS, async () => tries()[1]);
    expect(new Set(tries().map(({ raw }) => raw.toString())).size).toBe(1);
    const path = `/api/projects/${slug}/webhooks/${webhook}/deliveries/${id}`;
    const delivered = async () => (await offshoot.call<{ status: string; tries: number }>('GET', path)).body;
    await expect.poll(delivered, { timeout: 10_000 }).toMatchObject({ status: 'delivered', tries: 2 });
  });
});
