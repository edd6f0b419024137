import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestClickHouse } from '../../../test/support/clickhouse.ts';
import { makeLines } from '../../../test/support/log-lines.ts';
import { describeLogStore } from '../../../test/support/log-store-contract.ts';
import { startTcpProxy, throughProxy } from '../../../test/support/tcp-proxy.ts';
import { migrateClickHouse } from './clickhouse-migrations.ts';
import { openClickHouseLogStore } from './clickhouse.ts';
import { LogStoreUnavailable } from './log-store.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations/clickhouse');

describeLogStore('ClickHouse', async () => {
  const server = await createTestClickHouse();
  await migrateClickHouse({ url: server.url, folder: MIGRATIONS, retentionDays: 90 });
  const store = openClickHouseLogStore(server.url);
  return {
    store,
    close: async () => {
      await store.close();
      await server.drop();
    },
  };
});

describe('a ClickHouse that is away', () => {
  it('makes every call say so, with the cause', async () => {
    const store = openClickHouseLogStore('http://127.0.0.1:1/offshoot');
    const build = { deploymentId: 'a'.repeat(20), attempt: 1 };
    const calls = [
      store.append(build, makeLines(1, 1)),
      store.read({ ...build, after: undefined, limit: 1, maxBytes: 1 }),
      store.count(build),
      store.remove([build.deploymentId]),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(LogStoreUnavailable);
      expect(result.status === 'rejected' && String(result.reason)).toMatch(/ECONNREFUSED/);
    }
    await store.close();
  });

  it('and one that hangs is waited for no longer than the timeout, then used again', async () => {
    const server = await createTestClickHouse();
    await migrateClickHouse({ url: server.url, folder: MIGRATIONS, retentionDays: 90 });
    const network = await startTcpProxy(Number(new URL(server.url).port));
    const store = openClickHouseLogStore(throughProxy(server.url, network), 500);
    const build = { deploymentId: 'a'.repeat(20), attempt: 1 };
    network.hang();
    const startedAt = performance.now();
    await expect(store.append(build, makeLines(1, 1))).rejects.toThrow(/could not insert lines: Timeout/);
    // Without the timeout the client would wait for 12 s.
    expect(performance.now() - startedAt).toBeLessThan(8000);
    await network.restore();
    await store.append(build, makeLines(1, 1));
    expect(await store.count(build)).toBe(1);
    await Promise.all([store.close(), network.close()]);
    await server.drop();
  });
});
