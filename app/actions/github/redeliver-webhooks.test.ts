import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GithubRoom, openGithubRoom } from '../../../test/support/github-room.ts';
import type { Repository } from '../../../test/support/github/state.ts';
import { findRound } from '../../db/github-rounds.ts';
import { findGithubDelivery } from '../../db/github-deliveries.ts';
import { REDELIVERY_PATIENCE_MS } from '../../domain/github/plan-redelivery.ts';
import { redeliverWebhooks } from './redeliver-webhooks.ts';

const START_MS = 90_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

let room: GithubRoom;
let shop: Repository;
let owners = 0;
beforeAll(async () => {
  room = await openGithubRoom();
}, START_MS);
beforeEach(async () => {
  const owner = `owner${(owners += 1)}`;
  shop = room.github.createRepository(`${owner}/shop`, { files: { 'index.html': 'one' } });
  room.github.install(owner);
  await room.github.settled();
  room.github.state.deliveries.length = 0;
  room.forgetRequests();
}, START_MS);
afterEach(async () => {
  setWell();
  room.hookBack();
  await room.db.execute(sql`delete from github_rounds`);
  await room.db.execute(sql`delete from github_paces`);
});
afterAll(() => room.dispose());

const redeliver = (signal = new AbortController().signal) => redeliverWebhooks(room.dependencies, signal);
/** Not within the second after the one before, in which nobody may write. */
const round = (signal?: AbortSignal) => {
  room.clock.now += SECOND_MS;
  return redeliver(signal);
};
const setLost = () => room.github.faults.set({ webhooks: { undelivered: 1 } });
const setWell = () => room.github.faults.set({});
/** Pushes to branches of their own, which nobody hears of. */
async function loseWebhooks(count: number, from = 0): Promise<void> {
  setLost();
  for (let index = from; index < from + count; index += 1) {
    room.github.push(shop, { 'a.txt': String(index) }, { branch: `b${index}` });
    room.clock.now += SECOND_MS;
  }
  await room.github.settled();
  setWell();
}
const asked = () =>
  room.github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/attempts'));
const listed = () =>
  room.github.requests.filter(({ method, path }) => method === 'GET' && path.includes('/deliveries'));
const guids = () =>
  room.github.state.deliveries.filter(({ event }) => event === 'push').map(({ guid }) => guid);
const countReceived = async () => {
  const found = await Promise.all([...new Set(guids())].map((guid) => findGithubDelivery(room.db, guid)));
  return found.filter((row) => row !== undefined).length;
};

describe('webhooks that GitHub could not deliver', { timeout: START_MS }, () => {
  it('come after one round, the oldest first, a second between two requests', async () => {
    await loseWebhooks(3);
    await round();
    await room.github.settled();
    expect(await countReceived()).toBe(3);
    const again = room.github.state.deliveries.filter(({ isRedelivery }) => isRedelivery);
    expect(again.map(({ guid }) => guid)).toEqual(guids().slice(0, 3));
    const times = asked().map(({ atMs }) => atMs);
    expect(times.map((at, index) => at - (times[index - 1] ?? at - SECOND_MS))).toEqual([1000, 1000, 1000]);
    await round();
    expect(asked()).toHaveLength(3);
    expect(room.github.violations).toEqual([]);
  });

  it('are looked for from where the last round was, and all of GitHub’s memory at first', async () => {
    await loseWebhooks(1);
    room.clock.now += 71 * HOUR_MS;
    await round();
    await room.github.settled();
    expect(await countReceived()).toBe(1);
    const at = room.clock.now + SECOND_MS;
    await round();
    expect((await findRound(room.db, room.github.app.id))?.since.getTime()).toBe(at);
  });

  it('that fail again stay in the list, and are asked for again when that may have come', async () => {
    await loseWebhooks(1);
    setLost();
    room.github.hookTo('http://127.0.0.1:1/nobody');
    const { deliveries } = room.github.state;
    const first = deliveries.at(-1)?.deliveredAt;
    await round();
    await room.github.settled();
    await round();
    expect(asked()).toHaveLength(1);
    expect((await findRound(room.db, room.github.app.id))?.since.toISOString()).toBe(
      first?.replace('Z', '.000Z'),
    );
    room.clock.now += REDELIVERY_PATIENCE_MS + SECOND_MS;
    await round();
    expect(asked()).toHaveLength(2);
  });

  it('that were taken in are left alone, although our answer was lost', async () => {
    await loseWebhooks(1);
    await round();
    await room.github.settled();
    for (const delivery of room.github.state.deliveries) delivery.statusCode = 504;
    await round();
    expect(asked()).toHaveLength(1);
  });

  it('are asked for by the next round where one was broken off', async () => {
    await loseWebhooks(3);
    const stopping = new AbortController();
    stopping.abort();
    await round(stopping.signal);
    expect(asked()).toEqual([]);
    await round();
    await room.github.settled();
    expect(await countReceived()).toBe(3);
  });

  it('are asked for by one round at a time, whatever process it is in', async () => {
    await loseWebhooks(4);
    await Promise.all([redeliver(), redeliver(), redeliver()]);
    await room.github.settled();
    expect(asked()).toHaveLength(4);
    expect(await countReceived()).toBe(4);
  });
});

describe('while GitHub is away', { timeout: START_MS }, () => {
  it('a round is one request, and the next one does all', async () => {
    await loseWebhooks(2);
    room.github.faults.set({ isDown: true });
    const before = room.github.requests.length;
    for (let rounds = 0; rounds < 5; rounds += 1) {
      room.clock.now += 5 * MINUTE_MS;
      await round();
    }
    expect(room.github.requests.length - before).toBe(5);
    setWell();
    room.clock.now += 5 * MINUTE_MS;
    await round();
    await room.github.settled();
    expect(await countReceived()).toBe(2);
  });

  it('nothing is asked before the time that it names', async () => {
    await loseWebhooks(2);
    room.github.faults.set({ retryAfterSeconds: 900 });
    room.github.faults.once('tooMany', 'POST /app/hook/deliveries');
    await round();
    expect(asked()).toHaveLength(1);
    const lists = listed().length;
    room.clock.now += 10 * MINUTE_MS;
    await round();
    expect(listed()).toHaveLength(lists);
    room.clock.now += 6 * MINUTE_MS;
    await round();
    await room.github.settled();
    expect(await countReceived()).toBe(2);
    expect(room.github.violations).toEqual([]);
  });

  it('there is no round without an App', async () => {
    await loseWebhooks(1);
    const none = { ...room.dependencies, github: { read: async () => ({ state: 'none' as const }) } };
    await redeliverWebhooks(none, new AbortController().signal);
    expect(listed()).toEqual([]);
  });
});
