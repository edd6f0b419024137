import type { Octokit } from '@octokit/rest';
import { afterEach, describe, expect, test } from 'vitest';
import type { GitHubOptions } from './github.ts';
import { openGitHubRoom } from './room.ts';
import type { GitHubRoom } from './room.ts';
import type { Repository } from './state.ts';

let room: GitHubRoom;
let shop: Repository;
let octokit: Octokit;
let nowMs = 0;

async function open(options: GitHubOptions = {}): Promise<void> {
  nowMs = Date.now();
  room = await openGitHubRoom({ now: () => nowMs, ...options });
  shop = room.github.createRepository('ada/shop', { files: { a: 'a' } });
  room.github.install('ada');
  octokit = await room.github.asInstallation('ada');
  await room.github.settled();
}

afterEach(() => room.close());

const at = { owner: 'ada', repo: 'shop' };
const read = () => octokit.repos.get(at);
const write = () =>
  octokit.repos.createCommitStatus({ ...at, sha: shop.git.tipOf('main')!, state: 'success' });
const statusOf = (work: Promise<{ status: number }>) =>
  work.then(
    ({ status }) => status,
    ({ status }: { status: number }) => status,
  );

describe('an answer', () => {
  test.each([
    ['serverError', 502, 0],
    ['lateServerError', 502, 1],
    ['forbidden', 403, 0],
    ['tooMany', 429, 0],
    // octokit's word for a connection that was cut.
    ['lostReply', 500, 1],
    ['delay', 201, 1],
  ] as const)('with the fault %s has status %d, and %d writes happened', async (fault, status, writes) => {
    await open();
    room.github.faults.once(fault, 'POST /repos/ada/shop/statuses/');
    expect(await statusOf(read())).toBe(200);
    expect(await statusOf(write())).toBe(status);
    expect(shop.statuses).toHaveLength(writes);
  });

  test('fails in the share that was asked for, the same with the same seed', async () => {
    await open();
    const play = async (seed: number) => {
      room.github.faults.set({ seed, answers: { serverError: 0.3 } });
      const statuses: number[] = [];
      for (let count = 0; count < 60; count += 1) statuses.push(await statusOf(read()));
      return statuses;
    };
    const first = await play(7);
    const failed = first.filter((status) => status === 502).length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(35);
    expect(await play(7)).toEqual(first);
    expect(await play(8)).not.toEqual(first);
    room.github.faults.clear();
    expect(await statusOf(read())).toBe(200);
  });

  test('faults keep to what they apply to', async () => {
    await open();
    room.github.faults.set({ answers: { serverError: 1 }, applies: ({ method }) => method === 'POST' });
    expect(await statusOf(read())).toBe(200);
    expect(await statusOf(write())).toBe(502);
  });

  test('a GitHub that is down answers nobody', async () => {
    await open();
    room.github.faults.set({ isDown: true });
    expect(await statusOf(read())).toBe(500);
    room.github.faults.clear();
    expect(await statusOf(read())).toBe(200);
  });
});

describe('retry-after', () => {
  test('has the words of a secondary limit, and whoever comes back early is refused and written down', async () => {
    await open();
    room.github.faults.set({ retryAfterSeconds: 60 });
    room.github.faults.once('forbidden');
    const error = await read().catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      status: 403,
      response: {
        headers: { 'retry-after': '60' },
        data: { message: expect.stringContaining('secondary rate limit') as string },
      },
    });
    nowMs += 59_000;
    expect(await statusOf(read())).toBe(403);
    expect(room.github.violations).toMatchObject([
      { rule: 'early-retry', caller: expect.stringMatching(/^installation/) as string },
    ]);
    nowMs += 1_000;
    expect(await statusOf(read())).toBe(200);
    expect(room.github.violations).toHaveLength(1);
  });
});

test('the same request at once is a retry, another that was on its way is none', async () => {
  await open();
  room.github.faults.once('tooMany');
  expect(await statusOf(read())).toBe(429);
  expect(await statusOf(write())).toBe(403);
  expect(room.github.violations).toEqual([]);
  expect(await statusOf(read())).toBe(403);
  expect(room.github.violations).toMatchObject([{ rule: 'early-retry', path: '/repos/ada/shop' }]);
});

describe('pacing', () => {
  test('two writes of one installation less than a second apart are written down', async () => {
    await open({ checkPacing: true });
    await write();
    nowMs += 1_000;
    await write();
    await read();
    expect(room.github.violations).toEqual([]);
    nowMs += 990;
    await write();
    expect(room.github.violations).toMatchObject([{ rule: 'pacing', method: 'POST' }]);
  });

  test('a write that a rename redirects is one write', async () => {
    await open({ checkPacing: true });
    room.github.renameRepository(shop, 'store');
    expect((await write()).status).toBe(201);
    expect(room.github.requests.slice(-2).map(({ method, status }) => [method, status])).toEqual([
      ['POST', 307],
      ['POST', 201],
    ]);
    expect(room.github.violations).toEqual([]);
  });

  test('the primary limit is of an hour', async () => {
    await open({ requestsPerHour: 3 });
    const { headers } = await read();
    expect(headers['x-ratelimit-remaining']).toBe('2');
    await read();
    await read();
    const error = await read().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } });
    expect(room.github.violations).toEqual([]);
    expect(await statusOf(read())).toBe(403);
    expect(room.github.violations).toMatchObject([{ rule: 'rate-limit' }]);
    nowMs += 3_600_000;
    octokit = await room.github.asInstallation('ada');
    expect(await statusOf(read())).toBe(200);
  });
});

describe('a webhook', () => {
  const pushed = async () =>
    (await room.told('push')).map(({ guid, body }) => [guid, body['after']] as const);

  test('that is duplicated has the same GUID, one that is copied another', async () => {
    await open();
    room.github.faults.set({ webhooks: { duplicate: 1 } });
    const one = room.github.push(shop, { a: 'one' });
    await room.github.settled();
    room.github.faults.set({ webhooks: { copy: 1 } });
    const two = room.github.push(shop, { a: 'two' });
    const all = await pushed();
    expect(all.map(([, after]) => after)).toEqual([one, one, two, two]);
    expect(all[0]?.[0]).toBe(all[1]?.[0]);
    expect(all[2]?.[0]).not.toBe(all[3]?.[0]);
  });

  test('that is late comes after the one that followed it, or at last when nothing does', async () => {
    await open();
    room.github.faults.set({ webhooks: { reorder: 1 } });
    const one = room.github.push(shop, { a: 'one' });
    room.github.faults.clear();
    const two = room.github.push(shop, { a: 'two' });
    await room.github.settled();
    room.github.faults.set({ webhooks: { reorder: 1 } });
    const three = room.github.push(shop, { a: 'three' });
    expect((await pushed()).map(([, after]) => after)).toEqual([two, one, three]);
  });

  test('that is undelivered is listed as failed and can be asked for, one that is lost is not', async () => {
    await open();
    room.github.faults.set({ webhooks: { undelivered: 1 } });
    const one = room.github.push(shop, { a: 'one' });
    room.github.faults.set({ webhooks: { lost: 1 } });
    room.github.push(shop, { a: 'two' });
    room.github.faults.clear();
    expect(await pushed()).toEqual([]);
    const app = room.github.asApp();
    const { data } = await app.apps.listWebhookDeliveries({ status: 'failure' });
    expect(data).toMatchObject([{ event: 'push', status: 'timed out' }]);
    await app.apps.redeliverWebhookDelivery({ delivery_id: data[0]!.id });
    expect((await pushed()).map(([, after]) => after)).toEqual([one]);
  });
});
