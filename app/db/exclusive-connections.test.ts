import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { startTcpProxy } from '../../test/support/tcp-proxy.ts';
import { tryWithLock } from './advisory-lock.ts';
import { closeDatabase, type Database, openDatabase } from './database.ts';

const LOCK = 4711;
/** What the victim of a cut hears: it depends on what it did at that moment. */
const LOST = /connection|terminat|rollback|ECONNRESET|EPIPE/i;

let database: TestDatabase;
let db: Database;
let other: Database;

beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { maxConnections: 3, applicationName: 'locker' });
  other = openDatabase(database.url, { maxConnections: 1, applicationName: 'other' });
});
afterEach(async () => {
  await Promise.all([closeDatabase(db), closeDatabase(other)]);
  await database.drop();
});

async function endConnections(): Promise<void> {
  await other.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'locker'`,
  );
}

describe('a lock of the whole database', () => {
  test('keeps others out while the work is done, and is free afterwards, after a failure too', async () => {
    const seen: boolean[] = [];
    await tryWithLock(db, LOCK, async () => {
      seen.push(await tryWithLock(other, LOCK, async () => {}));
    });
    await expect(tryWithLock(db, LOCK, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    seen.push(await tryWithLock(other, LOCK, async () => {}));
    expect(seen).toEqual([false, true]);
  });

  test('is given back with its connection, and the pool is whole afterwards', async () => {
    for (let round = 0; round < 5; round += 1) {
      await expect(tryWithLock(db, LOCK, endConnections)).rejects.toThrow(LOST);
      await expect.poll(() => tryWithLock(other, LOCK, async () => {})).toBe(true);
    }
    await expectWhole();
    expect(await tryWithLock(db, LOCK, async () => {})).toBe(true);
  });
});

describe('the pool', () => {
  test('refuses soon while PostgreSQL is away, however often it has refused, and is back soon after it', async () => {
    const url = new URL(database.url);
    const network = await startTcpProxy(Number(url.port));
    url.port = String(network.port);
    const pool = openDatabase(url.href, { maxConnections: 16 });
    const ask = () => pool.execute(sql`select 1`);
    await ask();
    await network.cut();
    const startedAt = performance.now();
    const isRefused = async () => {
      for (let turn = 0; turn < 5; turn += 1) await expect(ask()).rejects.toThrow(/Failed query/);
    };
    await Promise.all(Array.from({ length: 8 }, isRefused));
    await network.restore();
    await ask();
    // By itself postgres.js comes to wait 20 seconds before each try.
    expect(performance.now() - startedAt).toBeLessThan(18_000);
    await Promise.all([closeDatabase(pool), network.close()]);
  });

  test.each([
    { why: 'between two statements of a transaction', pauseMs: 0 },
    { why: 'while a transaction does something else', pauseMs: 50 },
  ])('survives connections that end $why', async ({ pauseMs }) => {
    for (let round = 0; round < 5; round += 1) {
      const cut = db.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        await endConnections();
        await sleep(pauseMs);
        await tx.execute(sql`select 2`);
      });
      await expect(cut).rejects.toThrow(LOST);
    }
    await expectWhole();
  });

  test('survives connections that end while they are idle or begin a transaction', async () => {
    for (let round = 0; round < 10; round += 1) {
      const transactions = [1, 2, 3].map(() => db.transaction((tx) => tx.execute(sql`select 1`)));
      await Promise.allSettled([...transactions, endConnections()]);
    }
    await expectWhole();
  });
});

/** All connections can be had at once, and all answer; soon, since one that was told to end may still seem alive. */
async function expectWhole(): Promise<void> {
  const both = () => [1, 2].map(() => db.transaction((tx) => tx.execute(sql`select pg_sleep(0.05)`)));
  await expect
    .poll(async () => (await Promise.allSettled(both())).map(({ status }) => status))
    .toEqual(['fulfilled', 'fulfilled']);
}
