import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import postgres from 'postgres';
import { Probot } from 'probot';
import { openApiRoom } from '../test/support/api-room.ts';
import { openTestServers } from '../test/support/test-servers.ts';
import type { Order, Sent } from './clients/send-webhooks.ts';

const APP_ID = 7;
const SECRET = 'It’s a secret to everybody';
const REPOSITORIES = 50;
const CONNECTIONS = 16;
const WARM_UP = 300;
/** Webhooks a second, and for how many seconds: a busy organisation, and one that rebases everything. */
const RATES = [50, 200] as const;
const PACED_SECONDS = 10;
/** As many as can be accepted: so many under way at once. */
const AT_ONCE = 32;
const FLOOD = 3000;

interface Target {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * How long GitHub waits for the answer to a push that deploys, and how many are accepted a second: the real app with its
 * guards, signature and transaction (delivery, branch, deployment, hosts, jobs) on a real PostgreSQL, asked by a client in
 * a process of its own. The peer is a bare Probot app in front of the same client: its own middleware and a handler that does
 * nothing, so it keeps nothing either. What the transaction consists of is printed by statement.
 */
export default async function benchWebhooks(): Promise<Record<string, number>> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const servers = await openTestServers(['shared_preload_libraries=pg_stat_statements']);
  const bare = await startBareProbot(privateKey);
  const own = await startOffshoot(privateKey, {
    postgresUrl: await servers.postgresUrl(),
    clickHouseUrl: await servers.clickHouseUrl(),
  });
  const { pace, flood, stop } = startClient();
  try {
    await flood(own, WARM_UP);
    const figures: Record<string, number> = {};
    for (const rate of RATES) {
      const times = await pace(own, rate);
      figures[`ackP50MsAt${rate}`] = percentile(times, 0.5);
      figures[`ackP99MsAt${rate}`] = percentile(times, 0.99);
    }
    await flood(bare, WARM_UP);
    const statements = await watchStatements(await servers.postgresUrl());
    const acceptedPerSecond = await flood(own, FLOOD);
    const costs = await statements.read(FLOOD);
    const bareProbotPerSecond = await flood(bare, FLOOD);
    const ratioToBareProbot = acceptedPerSecond / bareProbotPerSecond;
    return { ...figures, acceptedPerSecond, bareProbotPerSecond, ratioToBareProbot, ...costs };
  } finally {
    stop();
    await own.close();
    await bare.close();
    await servers.stop();
  }
}

async function startOffshoot(
  githubPrivateKey: string,
  urls: { readonly postgresUrl: string; readonly clickHouseUrl: string },
): Promise<Target> {
  const room = await openApiRoom({
    ...urls,
    maxConnections: CONNECTIONS,
    githubEnvironment: { githubAppId: APP_ID, githubPrivateKey, githubWebhookSecret: SECRET },
  });
  return {
    url: `http://127.0.0.1:${room.server.port}/api/github/webhooks`,
    close: () => room.dispose(),
  };
}

async function startBareProbot(privateKey: string): Promise<Target> {
  const probot = new Probot({ appId: APP_ID, privateKey, secret: SECRET, log: pino({ level: 'silent' }) });
  await probot.ready();
  probot.on('push', () => undefined);
  const middleware = await probot.getNodeMiddleware({ path: '/' });
  const server = createServer((request, response) => void middleware(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What GitHub does, in a process of its own: in real life it is somebody else's machine. */
function startClient() {
  const child = fork(new URL('./clients/send-webhooks.ts', import.meta.url));
  const send = async (
    { url }: Target,
    order: Omit<Order, 'url' | 'secret' | 'repositories'>,
  ): Promise<Sent> => {
    child.send({ url, secret: SECRET, repositories: REPOSITORIES, ...order } satisfies Order);
    const [sent] = (await once(child, 'message')) as [Sent | { readonly error: string }];
    if ('error' in sent) throw new Error(sent.error);
    return sent;
  };
  return {
    pace: async (target: Target, rate: number) =>
      (await send(target, { count: rate * PACED_SECONDS, perSecond: rate })).timesMs,
    /** As many as can be; how many were accepted a second. */
    flood: async (target: Target, count: number) =>
      (count * 1000) / (await send(target, { count, atOnce: AT_ONCE })).tookMs,
    stop: () => child.disconnect(),
  };
}

const MAX_SHOWN_STATEMENT = 90;
const LEAST_SHOWN_SHARE = 0.01;

/** Counts what PostgreSQL does from now on; read tells what of it each of so many pushes costs, and prints it. */
async function watchStatements(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`create extension if not exists pg_stat_statements`;
  await sql`select pg_stat_statements_reset()`;
  return {
    async read(pushes: number): Promise<Record<string, number>> {
      const rows = await sql<{ query: string; calls: number; ms: number }[]>`
        select query, calls::float8, total_exec_time + total_plan_time as ms from pg_stat_statements order by ms desc`;
      await sql.end();
      const often = rows.filter(({ calls }) => calls / pushes > LEAST_SHOWN_SHARE);
      for (const { query, calls, ms } of often)
        console.error(describeStatement(query, calls / pushes, ms / pushes));
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
      return {
        statementsPerPush: sum(often.map(({ calls }) => calls)) / pushes,
        databaseMsPerPush: sum(often.map(({ ms }) => ms)) / pushes,
      };
    },
  };
}

function describeStatement(query: string, calls: number, ms: number): string {
  const line = query
    .replaceAll(/\s+/g, ' ')
    .replaceAll(
      /(?<=(?:select|insert into \S+|returning) )[^;]{60,}?(?= from | values | returning |$)/g,
      '…',
    );
  return `${ms.toFixed(3).padStart(8)} ms  ${calls.toFixed(2).padStart(5)} ×  ${line.slice(0, MAX_SHOWN_STATEMENT)}`;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
