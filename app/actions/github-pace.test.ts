import { setImmediate as yieldTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import type { GithubFailure, GithubResult } from '../domain/github-failure.ts';
import { paceRead, paceWrite, WRITER_LIFETIME_MS, WRITER_RENEWAL_MS } from '../github/client/pace-writes.ts';
import { createGithubPace } from './github-pace.ts';

const SECOND = 1000;
const START = Date.parse('2026-01-01T00:00:00Z');
const DONE: GithubResult<string> = { ok: true, value: 'written' };
const limited = (retryAt: number): GithubResult<string> => ({
  ok: false,
  failure: { kind: 'rate_limited', retryAt, message: 'too many' },
});

let database: TestDatabase;
/** Of two app processes. */
let pools: [Database, Database];
let now = START;
let installation = 0;
let ids = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  pools = [
    openDatabase(database.url, { maxConnections: 4 }),
    openDatabase(database.url, { maxConnections: 4 }),
  ];
});
afterAll(async () => {
  await Promise.all(pools.map(closeDatabase));
  await database.drop();
});
beforeEach(() => {
  now = START;
  installation += 1;
});
afterEach(() => void vi.useRealTimers());

function openProcess(pool: 0 | 1) {
  return createGithubPace({
    db: pools[pool],
    readTime: async () => now,
    randomId: () => `writer-${(ids += 1)}`,
    sleep: async (ms) => void (now += ms),
    log: { warn: () => undefined },
  });
}

const write = (process = openProcess(0), result: GithubResult<string> = DONE) =>
  paceWrite(installation, async () => result, process);

describe('writes to one installation', () => {
  it('come one after another and a second apart, whatever process they are in', async () => {
    let inFlight = 0;
    const begun: number[] = [];
    const ended: number[] = [];
    /** As a job does: it comes again when it was told to. */
    const run = async (process: ReturnType<typeof openProcess>): Promise<void> => {
      const paced = await paceWrite(
        installation,
        async () => {
          inFlight += 1;
          expect(inFlight).toBe(1);
          begun.push(now);
          await yieldTurn();
          now += 300;
          ended.push(now);
          inFlight -= 1;
          return DONE;
        },
        process,
      );
      if (paced.outcome === 'done') return;
      expect(paced.until).toBeGreaterThan(START);
      now = Math.max(now, paced.until);
      await run(process);
    };
    const processes = [openProcess(0), openProcess(1)];
    await Promise.all(Array.from({ length: 12 }, (_, index) => run(processes[index % 2]!)));
    expect(begun).toHaveLength(12);
    for (const [index, at] of begun.slice(1).entries())
      expect(at - (ended[index] ?? Infinity)).toBeGreaterThanOrEqual(SECOND);
  });

  it('do not wait for those of another installation', async () => {
    await write();
    expect(await write()).toEqual({ outcome: 'wait', until: now + SECOND });
    installation += 1;
    expect(await write()).toEqual({ outcome: 'done', result: DONE });
  });

  it('are told when to come again, and then get through', async () => {
    await write();
    now += 400;
    const paced = await write(openProcess(1));
    expect(paced).toMatchObject({ outcome: 'wait' });
    now = paced.outcome === 'wait' ? paced.until : now;
    expect(await write(openProcess(1))).toMatchObject({ outcome: 'done' });
  });

  it('wait out what GitHub asks for, in every process, and a shorter wish shortens no longer one', async () => {
    expect(await write(openProcess(0), limited(now + 60 * SECOND))).toMatchObject({ outcome: 'done' });
    await paceRead(installation + 1000, async () => limited(now), openProcess(1));
    const asked: string[] = [];
    const early = await paceWrite(
      installation,
      async () => {
        asked.push('early');
        return limited(now + SECOND);
      },
      openProcess(1),
    );
    expect(early).toEqual({ outcome: 'wait', until: START + 60 * SECOND });
    now += 59 * SECOND;
    expect(await write(openProcess(1))).toMatchObject({ outcome: 'wait' });
    expect(asked).toEqual([]);
    now += SECOND;
    expect(await write(openProcess(1))).toMatchObject({ outcome: 'done' });
  });

  it('pause between two writes of the same turn', async () => {
    const at = await paceWrite(
      installation,
      async ({ pauseBetweenWrites }) => {
        await pauseBetweenWrites();
        return { ok: true, value: now };
      },
      openProcess(0),
    );
    expect(at).toMatchObject({ result: { value: START + SECOND } });
  });

  it('go on after one that threw', async () => {
    const bug = paceWrite(installation, () => Promise.reject(new Error('a bug')), openProcess(0));
    await expect(bug).rejects.toThrow('a bug');
    now += SECOND;
    expect(await write()).toMatchObject({ outcome: 'done' });
  });

  it('go on after a process died in the middle of one', async () => {
    const { store } = openProcess(0);
    await store.claim({
      installationId: installation,
      writer: 'dead',
      at: now,
      until: now + WRITER_LIFETIME_MS,
    });
    expect(await write(openProcess(1))).toEqual({ outcome: 'wait', until: now + SECOND });
    now += WRITER_LIFETIME_MS;
    expect(await write(openProcess(1))).toMatchObject({ outcome: 'done' });
  });

  it('wait for one that takes long, as long as its process lives', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = paceWrite(
      installation,
      async () => {
        begun.resolve();
        await gate.promise;
        return DONE;
      },
      openProcess(0),
    );
    await begun.promise;
    now += WRITER_LIFETIME_MS - 1;
    vi.advanceTimersByTime(WRITER_RENEWAL_MS);
    const renewedUntil = async () => {
      const [row] = await pools[1].execute<{ until: string }>(
        sql`select writer_until as until from github_paces where installation_id = ${installation}`,
      );
      return new Date(row?.until ?? 0).getTime();
    };
    // The renewal is on its way to the database.
    await expect.poll(renewedUntil, { timeout: 25_000 }).toBe(now + WRITER_LIFETIME_MS);
    now = START + WRITER_LIFETIME_MS;
    expect(await write(openProcess(1))).toMatchObject({ outcome: 'wait' });
    gate.resolve();
    expect(await slow).toMatchObject({ outcome: 'done' });
  });

  it('that come back late end no other one’s turn', async () => {
    const { store } = openProcess(0);
    const place = { installationId: installation, writer: 'late' };
    await store.claim({ ...place, at: now, until: now + SECOND });
    now += SECOND;
    await store.claim({ installationId: installation, writer: 'next', at: now, until: now + 9 * SECOND });
    await store.release(place, now);
    await store.renew(place, now + 99 * SECOND);
    expect(await write()).toMatchObject({ outcome: 'wait' });
    now += 9 * SECOND;
    expect(await write()).toMatchObject({ outcome: 'done' });
  });
});

describe('reads of one installation', () => {
  const read = (result: GithubResult<string>) => paceRead(installation, async () => result, openProcess(0));

  it('may be many at a time, and beside a write', async () => {
    const beside = await paceWrite(
      installation,
      async () => {
        const reads = await Promise.all([read(DONE), read(DONE)]);
        expect(reads.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
        return DONE;
      },
      openProcess(1),
    );
    expect(beside).toMatchObject({ outcome: 'done' });
  });

  it.each<[string, GithubFailure]>([
    ['a limit', { kind: 'rate_limited', retryAt: START + 30 * SECOND, message: '' }],
    ['a pause for repairs', { kind: 'unavailable', retryAt: START + 30 * SECOND, message: '' }],
  ])('that meet %s keep reads and writes from GitHub until it is over', async (_what, failure) => {
    await read({ ok: false, failure });
    expect(await read(DONE)).toEqual({ outcome: 'wait', until: START + 30 * SECOND });
    expect(await write(openProcess(1))).toEqual({ outcome: 'wait', until: START + 30 * SECOND });
    now = START + 30 * SECOND;
    expect([(await read(DONE)).outcome, (await write()).outcome]).toEqual(['done', 'done']);
  });

  it('that fail for another reason keep nobody', async () => {
    await read({ ok: false, failure: { kind: 'unavailable', retryAt: null, message: '' } });
    await read({ ok: false, failure: { kind: 'not_found', message: '' } });
    expect(await read(DONE)).toMatchObject({ outcome: 'done' });
  });
});

it('the clock is the database’s unless a test has another', async () => {
  const { readTime } = createGithubPace({
    db: pools[0],
    randomId: () => 'x',
    sleep: async () => undefined,
    log: { warn: () => undefined },
  });
  expect(Math.abs((await readTime()) - Date.now())).toBeLessThan(60 * 60 * SECOND);
});
