import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { openClickHouseLogStore } from '../app/logs/stores/clickhouse.ts';
import { type BuildLog, createBuildLog } from '../builder/log/build-log.ts';
import { createLineSender } from '../publish/protocol/send-lines.ts';
import { createAppClient } from '../publish/protocol/app-client.ts';
import { createLifeline } from '../publish/protocol/lifeline.ts';
import { closeDatabase, openDatabase } from '../app/db/database.ts';
import { readEvents } from '../test/support/event-stream.ts';
import { insertDeployment, type LogAppServers } from '../test/support/log-app.ts';
import { nextDeploymentId } from '../test/support/log-lines.ts';
import { openTestServers } from '../test/support/test-servers.ts';

const LINES = 400_000;
const CHUNK_LINES = 400;
const RUNS = 3;
const PACED_LINES = 6000;
const PACED_MS = 10_000;
const SINGLE_INSERTS = 500;
const VISIBLE_POLL_MS = 5;

/**
 * From the bytes that a command prints to rows that can be read, and to a browser's event: the builder's own code
 * (masking, splitting, numbering, sending), the app in a process of its own, real PostgreSQL and ClickHouse. The
 * peers: the obvious way, one insert a line, and ClickHouse fed with large inserts of ready rows, the ceiling.
 */
export default async function benchLogs(): Promise<Record<string, number>> {
  const servers = await openTestServers();
  const urls = { databaseUrl: await servers.postgresUrl(), clickHouseUrl: await servers.clickHouseUrl() };
  const app = await startApp(urls);
  try {
    await measureThroughput(app.url, urls, LINES / 10);
    const throughputs = [];
    for (let run = 0; run < RUNS; run++) throughputs.push(await measureThroughput(app.url, urls, LINES));
    const linesPerSecond = median(throughputs);
    const latencies = await measureLatencies(app.url, urls);
    const naive = await measureSingleInserts(urls.clickHouseUrl);
    const ceiling = await measureRawInserts(urls.clickHouseUrl);
    return {
      linesPerSecond,
      lineToBrowserP50Ms: percentile(latencies, 0.5),
      lineToBrowserP95Ms: percentile(latencies, 0.95),
      lineToBrowserMaxMs: percentile(latencies, 1),
      naiveLinesPerSecond: naive,
      timesNaive: linesPerSecond / naive,
      rawInsertLinesPerSecond: ceiling,
      shareOfRawInserts: linesPerSecond / ceiling,
    };
  } finally {
    await app.stop();
    await servers.stop();
  }
}

async function startApp(urls: LogAppServers) {
  const script = fileURLToPath(new URL('../test/support/log-app-process.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(urls)]);
  const [url] = (await once(child, 'message')) as [string];
  const stop = async () => {
    child.disconnect();
    await once(child, 'exit');
  };
  return { url, stop };
}

/** A build's log on its way to the app, as builder/main.ts puts it together. */
function openBuildLog(appUrl: string, deploymentId: string): BuildLog {
  const client = createAppClient({
    appUrl,
    token: `${deploymentId}.1`,
    nonce: 'n'.repeat(16),
    lifeline: createLifeline(),
    monotonicMs: () => performance.now(),
    random: Math.random,
  });
  const fail = (error: unknown): never => {
    throw error;
  };
  const sender = createLineSender({
    post: (body) => client.sendLogs(body),
    monotonicMs: () => performance.now(),
    onFailure: fail,
  });
  const secrets = ['a-clone-token-0123456789', 'another-secret-value'];
  return createBuildLog({ sender, secrets, logBytes: 1024 ** 3, now: Date.now });
}

function printedLine(index: number): string {
  return `[${index}] \u001b[32m✓\u001b[0m src/modules/feature-${index % 977}/component-${index % 31}.tsx ${index % 400} ms\n`;
}

/** Lines a second from the first byte written until the last line can be read. */
async function measureThroughput(appUrl: string, urls: LogAppServers, count: number): Promise<number> {
  const chunks = printChunks(count);
  const build = { deploymentId: nextDeploymentId(), attempt: 1 };
  const log = openBuildLog(appUrl, build.deploymentId);
  const store = openClickHouseLogStore(urls.clickHouseUrl);
  const startedAt = performance.now();
  for (const chunk of chunks) {
    await log.write('stdout', chunk);
    // A pipe gives one chunk a turn.
    await new Promise(setImmediate);
  }
  await log.close();
  while ((await store.count(build)) < count) await pause(VISIBLE_POLL_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  await store.close();
  return count / seconds;
}

function printChunks(count: number): Buffer[] {
  const starts = Array.from({ length: count / CHUNK_LINES }, (_, chunk) => chunk * CHUNK_LINES);
  return starts.map((start) =>
    Buffer.from(Array.from({ length: CHUNK_LINES }, (_, index) => printedLine(start + index)).join('')),
  );
}

/** Milliseconds from writing each of many lines, a chatty build's pace, to its event at a reader. */
async function measureLatencies(appUrl: string, urls: LogAppServers): Promise<number[]> {
  const database = openDatabase(urls.databaseUrl, { maxConnections: 1 });
  const deploymentId = await insertDeployment(database);
  await closeDatabase(database);
  const log = openBuildLog(appUrl, deploymentId);
  const writtenAt: number[] = [];
  const received = receive(`${appUrl}/logs/${deploymentId}`, PACED_LINES);
  for (let index = 0; index < PACED_LINES; index++) {
    const dueAt = (writtenAt[0] ?? performance.now()) + (index * PACED_MS) / PACED_LINES;
    if (performance.now() < dueAt) await pause(dueAt - performance.now());
    writtenAt.push(performance.now());
    await log.write('stdout', Buffer.from(printedLine(index)));
  }
  await log.close();
  return (await received).map((at, index) => at - (writtenAt[index] ?? Number.NaN));
}

async function receive(url: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for await (const { event, at } of readEvents(url)) {
    if (event === 'message') times.push(at);
    if (times.length === count) break;
  }
  return times;
}

async function measureSingleInserts(url: string): Promise<number> {
  return measureInserts(url, SINGLE_INSERTS, 1);
}

async function measureRawInserts(url: string): Promise<number> {
  return measureInserts(url, LINES, 10_000);
}

async function measureInserts(url: string, count: number, batchLines: number): Promise<number> {
  const client = createClient({ url });
  const deployment_id = nextDeploymentId();
  const startedAt = performance.now();
  for (let start = 0; start < count; start += batchLines) {
    const values = Array.from({ length: batchLines }, (_, index) => ({
      deployment_id,
      attempt: 1,
      seq: start + index + 1,
      at_ms: Date.now(),
      phase: 'build',
      stream: 'stdout',
      text: printedLine(start + index),
    }));
    await client.insert({ table: 'logs', values, format: 'JSONEachRow' });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await client.close();
  return count / seconds;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
