import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { payloadOf } from '../../test/support/example-payloads.ts';
import { receiveDelivery } from '../actions/github/receive-delivery.ts';

const PATH = '/api/github/deliveries';
interface Delivery {
  readonly guid: string;
  readonly outcome: string;
  readonly [key: string]: unknown;
}
interface Page {
  readonly items: readonly Delivery[];
  readonly next: string | null;
}

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
  await receive('push-1', 'push', pushOf(0));
  await receive('push-2', 'push', pushOf(0));
  await receive('other', 'push', pushOf(1));
  await receive('star', 'star', payloadOf('star', { secret_token: 'hush' }));
}, 90_000);
afterAll(() => room.dispose());

const pushOf = (index: number) =>
  payloadOf('push', {
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: 'a'.repeat(40),
    created: true,
    deleted: false,
    head_commit: {
      id: 'a'.repeat(40),
      message: 'm',
      timestamp: '2026-01-01T00:00:00Z',
      author: { name: 'Ada' },
    },
    repository: {
      id: 100 + index,
      full_name: `ada/r${index}`,
      default_branch: 'main',
      pushed_at: 1_767_225_600,
    },
  });
async function receive(
  guid: string,
  event: string,
  payload: object,
  body = JSON.stringify(payload),
): Promise<void> {
  room.clock.now += 1000;
  await receiveDelivery({ guid, event, payload, body }, room.dependencies);
}
const list = async (query = '') => (await room.client.call<Page>('GET', PATH + query)).body;
const guidsOf = ({ items }: Page) => items.map(({ guid }) => guid);

describe('the deliveries of GitHub', () => {
  it('are listed newest first, with what was decided and why, without their bodies', async () => {
    const { items } = await list();
    expect(guidsOf({ items, next: null })).toEqual(['star', 'other', 'push-2', 'push-1']);
    expect(items[3]).toEqual({
      guid: 'push-1',
      event: 'push',
      action: null,
      installationId: 7,
      repositoryId: 100,
      repository: 'ada/r0',
      outcome: 'handled',
      reason: 'main is at aaaaaaa, which is deployed to production.',
      receivedAt: expect.any(Number),
      replayedAt: null,
      replayable: true,
    });
  });

  it('are listed a page at a time, by repository and by outcome', async () => {
    const first = await list('?limit=3');
    expect(guidsOf(first)).toEqual(['star', 'other', 'push-2']);
    expect(guidsOf(await list(`?limit=3&after=${first.next}`))).toEqual(['push-1']);
    expect(guidsOf(await list('?repository=Ada/R0'))).toEqual(['push-2', 'push-1']);
    expect(guidsOf(await list('?repository=ada/unknown'))).toEqual([]);
    expect(guidsOf(await list('?outcome=handled'))).toEqual(['other', 'push-1']);
    expect((await room.client.call('GET', `${PATH}?after=nonsense`)).status).toBe(422);
  });

  it('are read one by one, with the body, and without the secrets in it', async () => {
    const { body } = await room.client.call<Delivery>('GET', `${PATH}/star`);
    expect(JSON.parse(String(body['payload']))).toMatchObject({ action: 'created', secret_token: '•••' });
    const { status, body: none } = await room.client.call('GET', `${PATH}/nobody`);
    expect([status, none]).toMatchObject([404, { code: 'delivery_not_found' }]);
  });

  it('are replayed: decided about as if they came now', async () => {
    room.clock.now += 1000;
    const { status, body } = await room.client.call<Delivery>('POST', `${PATH}/push-1/replay`);
    expect([status, body]).toMatchObject([200, { outcome: 'ignored', replayedAt: room.clock.now }]);
    expect((await room.client.call('POST', `${PATH}/nobody/replay`)).status).toBe(404);
  });

  it('whose body was not kept say so, and can’t be replayed', async () => {
    await receive('large', 'ping', payloadOf('ping'), ' '.repeat(1_000_001));
    const { body } = await room.client.call<Delivery>('GET', `${PATH}/large`);
    expect(body).toMatchObject({ replayable: false, payload: null });
    const { status, body: refused } = await room.client.call('POST', `${PATH}/large/replay`);
    expect([status, refused]).toMatchObject([409, { code: 'conflict' }]);
  });
});
