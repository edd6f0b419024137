import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../test/support/offshoot.ts';
import { listProcesses } from '../test/support/processes.ts';
import { type RunningService, startService } from './children.ts';
import { clickHouseService, clickHouseUrl, type ClickHousePlace, prepareClickHouse } from './clickhouse.ts';
import { findFreePort, LOOPBACK } from './ports.ts';

// The engine is started through a function that chdb exports but does not document: these tests guard it.

const RECOVERY_TIMEOUT_MS = 15_000;
const pids: number[] = [];
const events = {
  say: () => {},
  now: Date.now,
  started: async (_: string, pid: number) => void pids.push(pid),
};

let folder: string;
let place: ClickHousePlace;
let port: number;
let server: RunningService;
let client: ClickHouseClient;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-clickhouse-'));
  place = await prepareClickHouse(folder, 'correct');
  port = await findFreePort();
  server = await startService(clickHouseService(place, port), events);
  client = createClient({
    url: clickHouseUrl(place, port),
    keep_alive: { enabled: false },
    log: { level: ClickHouseLogLevel.OFF },
  });
  await client.command({ query: 'CREATE TABLE lines (n UInt64) ENGINE = MergeTree ORDER BY n' });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(query: string): Promise<unknown> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return result.json();
}

async function insert(values: readonly number[]): Promise<void> {
  await client.insert({ table: 'lines', values: values.map((n) => ({ n })), format: 'JSONEachRow' });
}

async function waitForRecovery(): Promise<void> {
  await waitFor('ClickHouse', RECOVERY_TIMEOUT_MS, () => ask('SELECT 1').catch(() => undefined));
}

describe('the engine', () => {
  test('is ClickHouse with an Atomic database of ours, and bounded memory', async () => {
    expect(await ask('SELECT version() AS v')).toEqual([{ v: expect.stringMatching(/^26\./) }]);
    expect(await ask("SELECT engine FROM system.databases WHERE name = 'offshoot'")).toEqual([
      { engine: 'Atomic' },
    ]);
    expect(
      await ask("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"),
    ).toEqual([{ value: String(1024 ** 3) }]);
  });

  test('refuses a query that would need more memory than it may use', async () => {
    await expect(ask('SELECT groupArray(number) FROM numbers(1000000000)')).rejects.toThrow(
      /memory limit exceeded/i,
    );
    expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('keeps its files with the password to itself', async () => {
    for (const name of ['config.xml', 'users.xml']) {
      expect((await stat(path.join(place.folder, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(place.folder)).mode & 0o777).toBe(0o700);
  });
});

describe('nobody is answered without our credentials:', () => {
  const query = `query=${encodeURIComponent("SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')")}`;
  const basic = (credentials: string) => ({
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
  });
  test.each<[string, string, Record<string, string>]>([
    ['none', `/?${query}`, {}],
    ['the user of the local session', `/?user=default&${query}`, {}],
    ['that user by header', `/?${query}`, { 'x-clickhouse-user': 'default' }],
    ['that user by basic credentials', `/?${query}`, basic('default:')],
    ['a wrong password', `/?${query}`, basic('offshoot:wrong')],
    ['the right ones in another place', `/?user=offshoot&password=correct&${query}`, {}],
    ['the play page', '/play', {}],
    ['a path that has its own handler elsewhere', `/replicas_status?${query}`, {}],
  ])('%s', async (_, target, headers) => {
    const answer = await fetch(`http://${LOOPBACK}:${port}${target}`, {
      headers: { connection: 'close', ...headers },
    });
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('root:');
  });
});

describe('acknowledged rows', () => {
  test('are there after an end in order and another start', async () => {
    await insert([1, 2, 3]);
    await server.stop();
    server = await startService(clickHouseService(place, port), events);
    expect(await ask('SELECT count() AS count FROM lines WHERE n <= 3')).toEqual([{ count: 3 }]);
  });

  test.each([1, 2, 3])('are there after kill -9 amid inserts, round %i', async (round) => {
    const acknowledged: number[] = [];
    let next = round * 1_000_000;
    const inserting = (async () => {
      for (;;) {
        const values = Array.from({ length: 1000 }, () => (next += 1));
        await insert(values);
        acknowledged.push(...values);
      }
    })().catch(() => {});
    await waitFor('rows', RECOVERY_TIMEOUT_MS, async () => acknowledged.length > 5000 || undefined);
    process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    await inserting;
    await waitForRecovery();
    const rows = (await ask(
      `SELECT n FROM lines WHERE n > ${round * 1_000_000} AND n < ${round * 1_000_000 + 900_000}`,
    )) as {
      n: string;
    }[];
    const found = new Set(rows.map(({ n }) => Number(n)));
    expect(acknowledged.filter((n) => !found.has(n))).toEqual([]);
  });
});

test('it ends when its parent is killed', async () => {
  const other = path.join(folder, 'other');
  const script = `
    import { clickHouseService, prepareClickHouse } from ${JSON.stringify(path.join(import.meta.dirname, 'clickhouse.ts'))};
    const service = clickHouseService(await prepareClickHouse(process.argv[1], 'x'), Number(process.argv[2]));
    const child = await service.start();
    while (!(await service.isReady().catch(() => false)));
    console.log(child.pid);`;
  const otherPort = String(await findFreePort());
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script, other, otherPort], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  parent.kill('SIGKILL');
  const pid = Number(printed.toString());
  await waitFor('its end', RECOVERY_TIMEOUT_MS, async () => !isRunning(pid) || undefined);
  expect(isRunning(pid)).toBe(false);
});

function isRunning(pid: number): boolean {
  return listProcesses().some((entry) => entry.pid === pid && entry.state !== 'Z');
}
