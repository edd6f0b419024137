import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLineSender } from '../../../publish/protocol/send-lines.ts';
import { createAppClient } from '../../../publish/protocol/app-client.ts';
import { createLifeline } from '../../../publish/protocol/lifeline.ts';
import { logBatchSchema } from '../../../contracts/log-line.ts';
import { type RunningService, startService } from '../../../embedded/children.ts';
import { clickHouseService, clickHouseUrl, prepareClickHouse } from '../../../embedded/clickhouse.ts';
import { findFreePort } from '../../../embedded/ports.ts';
import { type LogApp, startLogApp } from '../../../test/support/log-app.ts';
import { readAll } from '../../../test/support/log-store-contract.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';

const KILLS = 4;
const LINES_BETWEEN_KILLS = 30_000;
const LINES_A_TURN = 500;
const TEST_TIMEOUT_MS = 120_000;

let folder: string;
let clickHouse: RunningService;
/** Of the process that runs now: a killed one is started again. */
let clickHousePid = Number.NaN;
let postgres: TestDatabase;
let app: LogApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-log-crash-'));
  const [place, port] = [await prepareClickHouse(folder, 'test'), await findFreePort()];
  clickHouse = await startService(clickHouseService(place, port), {
    say: () => {},
    now: Date.now,
    started: async (_, pid) => void (clickHousePid = pid),
  });
  postgres = await createTestDatabase();
  app = await startLogApp({ databaseUrl: postgres.url, clickHouseUrl: clickHouseUrl(place, port) });
}, TEST_TIMEOUT_MS);
afterAll(async () => {
  await app.close();
  await clickHouse.stop();
  await postgres.drop();
  await rm(folder, { recursive: true, force: true });
}, TEST_TIMEOUT_MS);

/** The builder's own sender; `acknowledged` is the last number that the app has promised to keep. */
function startSender(deploymentId: string) {
  const progress = { acknowledged: 0, isInFlight: false };
  const client = createAppClient({
    appUrl: app.url,
    token: `${deploymentId}.1`,
    nonce: 'n'.repeat(16),
    lifeline: createLifeline(),
    monotonicMs: () => performance.now(),
    random: Math.random,
  });
  const onFailure = vi.fn<(error: unknown) => void>();
  const post = async (body: string): Promise<void> => {
    progress.isInFlight = true;
    await client.sendLogs(body);
    progress.isInFlight = false;
    progress.acknowledged = logBatchSchema.parse(JSON.parse(body)).lines.at(-1)?.seq ?? 0;
  };
  const sender = createLineSender({ post, monotonicMs: () => performance.now(), onFailure });
  return { sender, progress, onFailure };
}

describe('kill -9 of ClickHouse in the middle of inserts', () => {
  it(
    'loses no acknowledged line, and every line is there once in the end',
    async () => {
      const deploymentId = await app.insertDeployment();
      const build = { deploymentId, attempt: 1 };
      const { sender, progress, onFailure } = startSender(deploymentId);
      for (let kill = 1; kill <= KILLS; kill++) {
        while (sender.lastSeq() < kill * LINES_BETWEEN_KILLS) {
          for (let line = 0; line < LINES_A_TURN; line++) {
            sender.push({
              at: Date.now(),
              phase: 'build',
              stream: 'stdout',
              text: `line ${sender.lastSeq() + 1}`,
            });
          }
          await sender.room();
          await new Promise(setImmediate);
        }
        await vi.waitFor(() => expect(progress.isInFlight).toBe(true), { interval: 1 });
        const acknowledged = progress.acknowledged;
        process.kill(clickHousePid, 'SIGKILL');
        await vi.waitFor(
          async () => expect(await app.store.count(build)).toBeGreaterThanOrEqual(acknowledged),
          {
            timeout: 30_000,
          },
        );
      }
      await sender.flush();
      expect(onFailure).not.toHaveBeenCalled();
      const count = KILLS * LINES_BETWEEN_KILLS;
      expect(progress.acknowledged).toBe(count);
      expect(app.warnings.length).toBeGreaterThan(0);
      const lines = await readAll(app.store, { deploymentId, limit: 5000, maxBytes: 4e6 });
      expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      expect(lines.every(({ seq, text }) => text === `line ${seq}`)).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );
});
