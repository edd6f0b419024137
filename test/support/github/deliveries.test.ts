import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, hang } from '../webhook-receiver.ts';
import { openGitHubRoom } from './room.ts';
import type { GitHubRoom } from './room.ts';
import type { Repository } from './state.ts';

let nowMs = 0;
let room: GitHubRoom;
let shop: Repository;

beforeEach(async () => {
  nowMs = Date.now();
  room = await openGitHubRoom({ now: () => nowMs });
  shop = room.github.createRepository('ada/shop', { files: { a: 'a' } });
  room.github.install('ada');
  await room.github.settled();
});

afterEach(() => room.close());

const list = async (query: { status?: 'failure' } = {}) =>
  (await room.github.asApp().apps.listWebhookDeliveries(query)).data;

test('a delivery that failed is listed with its status and not sent again until somebody asks', async () => {
  const { github, receiver } = room;
  receiver.next(answer(500, 'Broken'));
  github.push(shop, { a: 'b' });
  const [push] = await room.told('push');
  const [failed] = await list({ status: 'failure' });
  expect(failed).toMatchObject({
    event: 'push',
    guid: push?.guid,
    redelivery: false,
    status_code: 500,
    repository_id: shop.id,
  });
  await github.asApp().apps.redeliverWebhookDelivery({ delivery_id: failed!.id });
  const [first, second, ...more] = await room.told('push');
  expect(more).toEqual([]);
  expect([second?.guid, second?.raw]).toEqual([first?.guid, first?.raw]);
  expect((await list())[0]).toMatchObject({
    guid: push?.guid,
    redelivery: true,
    status_code: 200,
    status: 'OK',
  });
  expect(await list({ status: 'failure' })).toHaveLength(1);
});

test('one delivery is shown with what was sent and answered', async () => {
  const [created] = await list();
  const { data } = await room.github.asApp().apps.getWebhookDelivery({ delivery_id: created!.id });
  expect(data.request.payload).toMatchObject({
    action: 'created',
    installation: { account: { login: 'ada' } },
  });
  expect(data.request.headers).toMatchObject({ 'X-GitHub-Event': 'installation' });
  expect(data.response.payload).toBe('ok');
});

async function readPage(cursor: string): Promise<{ ids: number[]; next: string | undefined }> {
  const query = cursor === '' ? {} : { cursor };
  const { data, headers } = await room.github.asApp().apps.listWebhookDeliveries({ per_page: 2, ...query });
  const next = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1];
  const found = next === undefined ? undefined : (new URL(next).searchParams.get('cursor') ?? undefined);
  return { ids: data.map(({ id }) => id), next: found };
}

test('pages follow a cursor, so that new deliveries shift nothing', async () => {
  const { github } = room;
  for (let number = 0; number < 5; number += 1) github.push(shop, { a: String(number) });
  await github.settled();
  const seen: number[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const { ids, next } = await readPage(cursor);
    seen.push(...ids);
    cursor = next;
    github.push(shop, { a: `again ${seen.length}` });
    await github.settled();
  }
  expect(seen).toHaveLength(6);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
});

test('who does not listen is told nothing, and the delivery says that it was not connected', async () => {
  room.github.hookTo('http://127.0.0.1:1/');
  room.github.push(shop, { a: 'b' });
  await room.github.settled();
  expect((await list())[0]).toMatchObject({ status_code: 502, status: 'failed to connect to host' });
});

test('who takes too long has timed out', async () => {
  const slow = await openGitHubRoom({ answerTimeoutMs: 50 });
  slow.receiver.next(hang);
  slow.github.install('ada');
  await slow.github.settled();
  const { data } = await slow.github.asApp().apps.listWebhookDeliveries();
  expect(data).toMatchObject([{ event: 'installation', status: 'timed out', status_code: 504 }]);
  await slow.close();
});

test('a delivery of more than three days ago is gone', async () => {
  expect(await list()).toHaveLength(1);
  nowMs += 3 * 24 * 3_600_000 + 1_000;
  const { deliveries } = room.github.state;
  room.github.push(shop, { a: 'b' });
  await room.github.settled();
  expect(deliveries).toHaveLength(2);
  const recent = await room.github.asApp().apps.listWebhookDeliveries();
  expect(recent.data.map(({ event }) => event)).toEqual(['push']);
});
