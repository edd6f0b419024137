import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it, type Mock, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { startTcpProxy, throughProxy } from '../../../test/support/tcp-proxy.ts';
import { openPostgresHints, type PostgresHints } from './postgres-hints.ts';

let database: TestDatabase;
const opened: PostgresHints[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hints) => hints.close()));
});
afterAll(() => database.drop());

async function open(
  url: string = database.url,
  onError: (error: unknown) => void = () => {},
): Promise<PostgresHints> {
  const hints = await openPostgresHints({ url, onError });
  opened.push(hints);
  return hints;
}

/** Ends connections of hints as a restart of the server, or a firewall, would. */
async function breakConnections(): Promise<void> {
  const sql = postgres(database.url, { max: 1 });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'offshoot-log-hints'`;
  await sql.end();
}

/** Publishes until it is heard: a hint may get lost, but not for long. */
async function hear(publisher: PostgresHints, hint: Mock<() => void>, timeout: number): Promise<void> {
  hint.mockClear();
  await vi.waitFor(
    () => {
      publisher.publish('a');
      expect(hint).toHaveBeenCalled();
    },
    { timeout, interval: 100 },
  );
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('hints over Postgres', () => {
  it('reach subscribers in every process', async () => {
    const [one, other] = [await open(), await open()];
    const [own, foreign] = [vi.fn<() => void>(), vi.fn<() => void>()];
    one.subscribe('a', own);
    other.subscribe('a', foreign);
    one.publish('a');
    await vi.waitFor(() => expect([own, foreign].map((hint) => hint.mock.calls.length)).toEqual([1, 1]));
  });

  it('reach those of their deployment only, until they unsubscribe', async () => {
    const hints = await open();
    const [a, b, gone] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
    hints.subscribe('a', a);
    hints.subscribe('b', b);
    hints.subscribe('a', gone)();
    hints.publish('a');
    await vi.waitFor(() => expect(a).toHaveBeenCalledOnce());
    expect(b).not.toHaveBeenCalled();
    expect(gone).not.toHaveBeenCalled();
  });

  it('are at most 20 a second for one deployment, and the last is never left out', async () => {
    const [publisher, subscriber] = [await open(), await open()];
    const heard: number[] = [];
    subscriber.subscribe('flood', () => heard.push(performance.now()));
    const startedAt = performance.now();
    let lastAt = startedAt;
    for (; lastAt - startedAt < 500; lastAt = performance.now()) {
      publisher.publish('flood');
      await pause(1);
    }
    await vi.waitFor(() => expect(heard.at(-1)).toBeGreaterThan(lastAt - 1));
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.length).toBeLessThanOrEqual(13);
  });

  it('are heard again after connections broke, and subscribers are woken for what they missed', async () => {
    const hints = await open();
    const hint = vi.fn<() => void>();
    hints.subscribe('a', hint);
    await breakConnections();
    await vi.waitFor(() => expect(hint).toHaveBeenCalled(), { timeout: 15_000 });
    hint.mockClear();
    hints.publish('a');
    await vi.waitFor(() => expect(hint).toHaveBeenCalled(), { timeout: 5000 });
  });

  it('are heard again after PostgreSQL was out of reach for three seconds', async () => {
    const network = await startTcpProxy(Number(new URL(database.url).port));
    const hints = await open(throughProxy(database.url, network));
    const [publisher, hint] = [await open(), vi.fn<() => void>()];
    hints.subscribe('a', hint);
    await hear(publisher, hint, 1000);
    await network.cut();
    await pause(3000);
    await network.restore();
    await hear(publisher, hint, 15_000);
    await hear(hints, hint, 15_000);
    expect(hint).toHaveBeenCalled();
    await network.close();
  });

  it('tell when they can not be sent', async () => {
    const network = await startTcpProxy(Number(new URL(database.url).port));
    const onError = vi.fn<(error: unknown) => void>();
    const hints = await open(throughProxy(database.url, network), onError);
    await network.cut();
    hints.publish('a');
    await vi.waitFor(() => expect(onError).toHaveBeenCalled(), { timeout: 10_000 });
  });
});
