import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { type LogLine, startOffshoot, waitFor, type Offshoot } from '../support/offshoot.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { descendantsOf, type ProcessEntry } from '../support/processes.ts';

const TIMEOUT_MS = 120_000;
const LINES = 100;

let git: GitServer;
let database: TestDatabase;
let clickHouse: TestClickHouse;
let first: Offshoot;
let second: Offshoot;

beforeAll(async () => {
  [git, database, clickHouse] = await Promise.all([
    startGitServer(),
    createTestDatabase(),
    createTestClickHouse(),
  ]);
  const environment = {
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: clickHouse.url,
    OFFSHOOT_SECRET_KEY: randomBytes(32).toString('base64'),
    OFFSHOOT_LEASE_MS: '4000',
    OFFSHOOT_HEARTBEAT_MS: '1000',
  };
  first = await startOffshoot({ environment });
  // The same folder: the lock on it belongs to the embedded servers, and here are none.
  second = await startOffshoot({ environment, dataFolder: first.dataFolder });
}, TIMEOUT_MS);

afterAll(async () => {
  await second?.stop();
  await first?.dispose(); // removes the folder, which both share
  await Promise.all([git?.close(), database?.drop(), clickHouse?.drop()]);
}, TIMEOUT_MS);

function filesOf(body: string, lineMs: number): Record<string, string> {
  const script = [
    `const { setTimeout: sleep } = require('node:timers/promises');`,
    `(async () => { for (let line = 1; line <= ${LINES}; line += 1) { console.log('line ' + line); await sleep(${lineMs}); }`,
    `require('fs').mkdirSync('dist'); require('fs').writeFileSync('dist/index.html', ${JSON.stringify(body)}); })();`,
  ].join('\n');
  return { 'package.json': JSON.stringify({ scripts: { build: 'node build.js' } }), 'build.js': script };
}

function familyOf(offshoot: Offshoot): ProcessEntry[] {
  return descendantsOf(offshoot.process.pid ?? 0);
}

function builderOf(offshoot: Offshoot): ProcessEntry | undefined {
  return familyOf(offshoot).find(({ command }) => command.includes('builder/main.ts'));
}

async function linesOf(offshoot: Offshoot, id: string): Promise<string[]> {
  const lines = await offshoot.log(id);
  const last = Math.max(...lines.map(({ attempt }) => attempt));
  return lines
    .filter(({ attempt, text }) => attempt === last && text.startsWith('line '))
    .map(({ text }) => text);
}

const ALL_LINES = Array.from({ length: LINES }, (_, index) => `line ${index + 1}`);

describe('two apps on one database, one ClickHouse and one folder', { timeout: TIMEOUT_MS }, () => {
  test('what one is asked, the other knows, and its log too', async () => {
    const { url } = git.createRepository('shared', filesOf('from either', 2));
    const { slug, url: site } = await first.createProject({ gitUrl: url });
    const { id } = await second.deploy(slug);
    expect((await first.waitForEnd(id)).status).toBe('ready');
    expect(await linesOf(first, id)).toEqual(ALL_LINES);
    expect(await linesOf(second, id)).toEqual(ALL_LINES);
    expect((await first.visit(site)).body).toBe('from either');
  });

  test('when one is gone for good in mid-build, the other brings the deployment to its end', async () => {
    const { url } = git.createRepository('survivor', filesOf('one', 80));
    const { slug, url: site } = await first.createProject({ gitUrl: url });
    const { id } = await first.deploy(slug);
    const launcher = await waitFor('the builder', 20_000, async () =>
      [first, second].find((each) => builderOf(each) !== undefined),
    );
    const survivor = launcher === first ? second : first;
    // One page: reading the log to its end would go on as long as the build does.
    await waitFor('its first lines', 20_000, async () => {
      const { body } = await survivor.call<{ logs: LogLine[] }>('GET', `/logs/${id}`);
      return body.logs.some(({ text }) => text === 'line 5') ? true : undefined;
    });
    // The builder itself goes on, and finds nobody to report to.
    for (const { pid, command } of familyOf(launcher)) {
      if (/(app|proxy)\/main\.ts/.test(command)) process.kill(pid, 'SIGKILL');
    }
    launcher.process.kill('SIGKILL');

    expect(await survivor.waitForEnd(id, 60_000)).toMatchObject({ status: 'ready', reason: null });
    expect(await linesOf(survivor, id)).toEqual(ALL_LINES);
    expect(Math.max(...(await survivor.log(id)).map(({ attempt }) => attempt))).toBe(2);
    expect((await survivor.visit(site)).body).toBe('one');
  });
});
