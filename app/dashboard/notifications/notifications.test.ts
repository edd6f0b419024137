import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import {
  answer,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../../test/support/webhook-receiver.ts';
import { sendDeliveries } from '../../actions/send-deliveries.ts';
import { deployHooks, webhooks } from '../../db/schema.ts';

const PATH = '/projects/blog/notifications';
const MARKUP = '<img src=x onerror=alert(1)>';
const ALL = { ready: 'yes', failed: 'yes', blocked: 'yes' };
let room: ApiRoom;
let git: GitServer;
let receiver: WebhookReceiver;
let visitor: Visitor;

beforeAll(async () => {
  [room, git, receiver] = await Promise.all([openApiRoom(), startGitServer(), startWebhookReceiver()]);
  const { url } = git.createRepository('blog', { 'index.html': 'one' });
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url } });
  await room.client.call('POST', '/api/projects', { json: { name: 'Folders' } });
  visitor = await new Visitor(room.server).signIn();
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

async function makeHook(form: Record<string, string> = { name: 'CMS', branch: '' }) {
  return visitor.post(`${PATH}/deploy-hooks`, form);
}

async function addWebhook(form: Record<string, string> = {}) {
  return visitor.post(`${PATH}/webhooks`, {
    url: `${receiver.origin}/hook`,
    format: 'json',
    ...ALL,
    ...form,
  });
}

async function onlyWebhook(): Promise<string> {
  const [row] = await room.db.select().from(webhooks);
  return `${PATH}/webhooks/${row?.id}`;
}

const send = () => sendDeliveries(room.dependencies, new AbortController().signal);
const urlIn = (body: string) => /http:\/\/deploy\.example\.com\/api\/hooks\/[a-z0-9]{40}/.exec(body)?.[0];

describe('the notifications of a project', () => {
  it('teach what they are while there are none', async () => {
    const { status, body } = await visitor.get(PATH);
    expect(status).toBe(200);
    expect(body).toContain('A secret URL that deploys a branch');
    expect(body).toContain('Tell a URL, or a channel in Slack');
    expect(body.match(/<details[^>]* open/g)).toHaveLength(2);
    expect(body).toMatch(/href="\/projects\/blog\/notifications"\s+aria-current="page"/);
  });

  it('tell a project without a repository what hooks need', async () => {
    const { body } = await visitor.get('/projects/folders/notifications');
    expect(body).toContain('no repository that a hook could deploy from');
    expect(body).not.toContain('Make deploy hook');
  });

  it.each([PATH, `${PATH}/webhooks/x`])('at %s are nothing for strangers', async (path) => {
    expect((await new Visitor(room.server).get(path)).status).toBe(303);
  });

  it.each(['/projects/none/notifications', `${PATH}/webhooks/${'a'.repeat(20)}`, `${PATH}/webhooks/x`])(
    'at %s are not found',
    async (path) => {
      expect((await visitor.get(path)).status).toBe(404);
    },
  );

  it.each([
    `${PATH}/deploy-hooks`,
    `${PATH}/webhooks`,
    `${PATH}/deploy-hooks/x/delete`,
    `${PATH}/webhooks/x/test`,
    `${PATH}/webhooks/x/delete`,
    `${PATH}/webhooks/x/deliveries/x/redeliver`,
  ])('take no form at %s from another site', async (path) => {
    const headers = { origin: 'http://preview.example.com', 'sec-fetch-site': 'same-site' };
    expect((await visitor.post(path, { name: 'x' }, headers)).status).toBe(403);
  });
});

describe('a deploy hook', () => {
  it('shows its URL in the answer to the form, with a command that calls it, and nowhere else', async () => {
    const made = await makeHook();
    const url = urlIn(made.body);
    expect([made.status, made.headers['location'], made.headers['cache-control']]).toEqual([
      200,
      undefined,
      'no-store',
    ]);
    expect(made.body).toContain(`curl -X POST &#39;${url}&#39;`);
    const list = await visitor.get(PATH);
    expect(list.body).toContain('<bdi>CMS</bdi>');
    expect(list.body).toContain('never called');
    expect(list.body).not.toContain('/api/hooks/');
    const called = await room.server.send('POST', new URL(url ?? '').pathname);
    expect(called).toMatchObject({ status: 202, body: { branch: 'main' } });
    expect((await visitor.get(PATH)).body).not.toContain('never called');
  });

  it('leads who opens the address of the form to the list', async () => {
    expect(await visitor.get(`${PATH}/deploy-hooks`)).toMatchObject({
      status: 303,
      headers: { location: PATH },
    });
  });

  it.each([
    [{ name: '', branch: '' }, 'name', 'This must not be empty'],
    [{ name: 'x', branch: 'mian' }, 'branch', 'mian'],
    [{ name: 'x'.repeat(500), branch: '' }, 'name', 'at most'],
  ])('of %j is refused at its field, and what was typed stays', async (form, field, words) => {
    const { status, body } = await makeHook(form);
    expect(status).toBe(422);
    expect(body).toMatch(new RegExp(`id="${field}-mistake">[^<]*${words}`));
    expect(body).toContain('No deploy hook was made.');
    expect(body).toContain(`value="${form.branch}"`);
  });

  it('is deleted once, and who comes second is told', async () => {
    await makeHook();
    const [row] = await room.db.select().from(deployHooks);
    const path = `${PATH}/deploy-hooks/${row?.id}/delete`;
    const gone = [`${PATH}?notice=hook-deleted`, `${PATH}?notice=gone`];
    const answers = [await visitor.post(path), await visitor.post(path)];
    expect(answers.map(({ headers }) => headers['location'])).toEqual(gone);
    expect((await visitor.get(gone[0]!)).body).toContain('The deploy hook is deleted');
    expect((await visitor.get(gone[1]!)).body).toContain('not there any more');
  });

  it('with markup for a name is text', async () => {
    const made = await makeHook({ name: MARKUP, branch: '' });
    const list = await visitor.get(PATH);
    for (const { body } of [made, list]) {
      expect(body).toContain('&lt;img src=x');
      expect(body).not.toContain('<img');
    }
  });
});

describe('a webhook', () => {
  it('shows its secret in the answer to the form, and nowhere else', async () => {
    const made = await addWebhook();
    const secret = /id="webhook-secret"[^>]*value="([a-z0-9]{40})"/.exec(made.body)?.[1] ?? '';
    expect([made.status, made.headers['cache-control'], secret.length]).toEqual([200, 'no-store', 40]);
    for (const path of [PATH, await onlyWebhook()])
      expect((await visitor.get(path)).body).not.toContain(secret);
    expect((await visitor.get(PATH)).body).toContain(`${receiver.origin}/hook`);
  });

  it('of Slack has no secret to show', async () => {
    const added = await addWebhook({ format: 'slack' });
    expect([added.status, added.headers['location']]).toEqual([
      303,
      `${await onlyWebhook()}?notice=webhook-added`,
    ]);
    expect((await visitor.get(String(added.headers['location']))).body).toContain('Send it a test');
  });

  it('hears what was chosen', async () => {
    await visitor.post(`${PATH}/webhooks`, { url: receiver.origin, format: 'json', failed: 'yes' });
    expect(await room.db.select().from(webhooks)).toMatchObject([{ events: ['deployment.failed'] }]);
  });

  it.each([
    [{ url: 'nonsense' }, 'url', 'no complete URL'],
    [{ url: '' }, 'url', 'This must not be empty'],
    [{ url: 'http://does-not-exist.invalid/' }, 'url', 'was not found'],
  ])('of %j is refused at its field', async (form, field, words) => {
    const { status, body } = await addWebhook({ ...form, format: 'slack' });
    expect(status).toBe(422);
    expect(body).toMatch(new RegExp(`id="${field}-mistake">[^<]*${words}`));
    expect(body).toMatch(/<option value="slack"\s+selected/);
  });

  it('that would hear nothing is refused, and nothing is ticked again behind one’s back', async () => {
    const form = { url: receiver.origin, format: 'json' };
    const { status, body } = await visitor.post(`${PATH}/webhooks`, form);
    expect(status).toBe(422);
    expect(body).toContain('Choose one at least.');
    expect(body).not.toMatch(/\schecked\s/);
  });

  it('is tested, and what it answered is shown with its answer’s markup as text', async () => {
    await addWebhook();
    const path = await onlyWebhook();
    receiver.next(answer(500, MARKUP));
    const tested = await visitor.post(`${path}/test`);
    expect([tested.status, tested.headers['location']]).toEqual([303, `${path}?notice=test-sent`]);
    expect((await visitor.get(path)).body).toContain('not tried yet');
    await send();
    const { body } = await visitor.get(path);
    for (const words of [
      'Will try again',
      '1 try, answered 500',
      'It answered 500',
      '&lt;img src=x',
      'Next try',
    ])
      expect(body).toContain(words);
    expect(body).not.toContain('<img');
    expect((await visitor.get(PATH)).body).toContain('Will try again');
  });

  it('is sent a delivery again', async () => {
    await addWebhook();
    const path = await onlyWebhook();
    receiver.next(answer(410));
    await visitor.post(`${path}/test`);
    await send();
    expect((await visitor.get(path)).body).toContain('Not delivered');
    const again = /action="([^"]+\/redeliver)"/.exec((await visitor.get(path)).body)?.[1] ?? '';
    expect((await visitor.post(again)).headers['location']).toBe(`${path}?notice=sent-again`);
    await send();
    const { body } = await visitor.get(path);
    expect(body).toContain('Delivered');
    expect(body).toContain('1 try, answered 200');
    const missing = again.replace(/deliveries\/\w+/, `deliveries/${'a'.repeat(20)}`);
    expect((await visitor.post(missing)).headers['location']).toBe(`${path}?notice=gone`);
  });

  it('has its deliveries in pages', async () => {
    await addWebhook();
    const path = await onlyWebhook();
    for (let count = 0; count < 21; count += 1) {
      room.clock.now += 1;
      await visitor.post(`${path}/test`);
    }
    const first = await visitor.get(path);
    const older = /href="([^"]+after=[^"]+)"/.exec(first.body)?.[1] ?? '';
    const rest = await visitor.get(older);
    const count = (body: string) => body.match(/<li id="delivery-/g)?.length;
    expect([count(first.body), count(rest.body)]).toEqual([20, 1]);
    expect(rest.body).toContain('Newest');
  });

  it('is deleted once, and who comes second is told', async () => {
    await addWebhook();
    const path = await onlyWebhook();
    const answers = [await visitor.post(`${path}/delete`), await visitor.post(`${path}/delete`)];
    expect(answers.map(({ headers }) => headers['location'])).toEqual([
      `${PATH}?notice=webhook-deleted`,
      `${PATH}?notice=gone`,
    ]);
    expect((await visitor.post(`${path}/test`)).status).toBe(404);
  });
});
