import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startOffshoot, waitFor, type LogLine, type Offshoot } from '../support/offshoot.ts';
import { descendantsOf, processesWithEnvironment, type ProcessEntry } from '../support/processes.ts';

/** `KILLS=50 npx vitest run test/e2e/kill.test.ts` is the long form. */
const KILLS = Number(process.env['KILLS'] ?? 7);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const RECOVERY_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 90_000;
/** A build takes about this long; kills fall anywhere in it. */
const BUILD_MS = 2_500;
const LINES = 200;

const VICTIMS = ['app', 'proxy', 'postgres', 'clickhouse', 'supervisor', 'builder', 'user command'] as const;
type Victim = (typeof VICTIMS)[number];

let git: GitServer;
let offshoot: Offshoot;
let slug: string;
let siteUrl: string;
let commitPage: (body: string) => void;

beforeAll(async () => {
  git = await startGitServer();
  offshoot = await startOffshoot({
    environment: { OFFSHOOT_LEASE_MS: '5000', OFFSHOOT_HEARTBEAT_MS: '1000' },
  });
  const { repository, url } = git.createRepository('victim', filesOf('first'));
  commitPage = (body) => repository.commit(filesOf(body));
  ({ slug, url: siteUrl } = await offshoot.createProject({ gitUrl: url }));
}, TEST_TIMEOUT_MS);

afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, TEST_TIMEOUT_MS);

/** A build without dependencies that says a numbered line every few milliseconds. */
function filesOf(body: string): Record<string, string> {
  const script = [
    "import { mkdirSync, writeFileSync } from 'node:fs';",
    "import { setTimeout as sleep } from 'node:timers/promises';",
    `for (let line = 1; line <= ${LINES}; line += 1) {`,
    `  console.log('line ' + line);`,
    `  await sleep(${(BUILD_MS / LINES).toFixed(1)});`,
    '}',
    "mkdirSync('dist');",
    `writeFileSync('dist/index.html', ${JSON.stringify(body)});`,
  ].join('\n');
  return {
    'package.json': JSON.stringify({ type: 'module', scripts: { build: 'node build.js' } }),
    'build.js': script,
  };
}

function findVictim(victim: Victim): ProcessEntry | undefined {
  const family = descendantsOf(offshoot.process.pid ?? 0);
  const ours = processesWithEnvironment(offshoot.dataFolder);
  const named = (text: string) => [...family, ...ours].find(({ command }) => command.includes(text));
  switch (victim) {
    case 'supervisor':
      return (
        named('embedded/main.ts') ?? {
          pid: offshoot.process.pid ?? 0,
          parent: 0,
          uid: 0,
          state: 'S',
          command: '',
        }
      );
    case 'app':
      return named('app/main.ts');
    case 'proxy':
      return named('proxy/main.ts');
    case 'clickhouse':
      return named('clickhouse-child');
    case 'postgres':
      return family.find(({ command }) => /bin\/postgres .*-D/.test(command));
    case 'builder':
      return named('builder/main.ts');
    case 'user command': {
      const builder = named('builder/main.ts');
      return builder && descendantsOf(builder.pid).find(({ command }) => command.includes('build.js'));
    }
  }
}

/** Numbers from a seed, so that a failed run can be played again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function numbersOf(lines: LogLine[], attempt: number): number[] {
  return lines
    .filter((line) => line.attempt === attempt && line.phase === 'build' && line.stream === 'stdout')
    .flatMap(({ text }) => /^line (\d+)$/.exec(text)?.[1] ?? [])
    .map(Number);
}

function isAscendingWithoutGaps(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number === index + 1);
}

/** The proxy itself may have been the victim, a moment ago. */
async function visitWhenUp(): Promise<string> {
  return waitFor('the proxy', RECOVERY_TIMEOUT_MS, async () =>
    offshoot.visit(siteUrl).then(
      ({ body }) => body,
      () => undefined,
    ),
  );
}

describe(`kill -9 at ${KILLS} random points (KILL_SEED=${SEED})`, () => {
  const random = randomOf(SEED);
  /** Kills that met somebody: a builder may not run yet, or not any more, at a random moment. */
  const hits: Partial<Record<Victim, number>> = {};
  const rounds = Array.from({ length: KILLS }, (_, index) => ({
    round: index + 1,
    victim: VICTIMS[index % VICTIMS.length] as Victim,
    afterMs: Math.round(random() * BUILD_MS * 1.3),
  }));

  test.each(rounds)(
    'round $round: $victim after $afterMs ms',
    { timeout: TEST_TIMEOUT_MS + RECOVERY_TIMEOUT_MS },
    async ({ round, victim, afterMs }) => {
      commitPage(`round ${round}`);
      const { id } = await offshoot.deploy(slug);
      await sleep(afterMs);
      const target = findVictim(victim);
      hits[victim] = (hits[victim] ?? 0) + (target === undefined ? 0 : 1);
      if (target !== undefined) process.kill(target.pid, 'SIGKILL');
      if (victim === 'supervisor') await offshoot.restart();

      const ended = await offshoot.waitForEnd(id, RECOVERY_TIMEOUT_MS);
      const lines = await offshoot.log(id);
      const attempt = Math.max(...lines.map((line) => line.attempt));
      const numbers = numbersOf(lines, attempt);
      const wasTrueFailure = victim === 'user command' && ended.reason === 'build_failed';
      if (wasTrueFailure) {
        expect(isAscendingWithoutGaps(numbers)).toBe(true);
        return;
      }
      expect(ended).toMatchObject({ status: 'ready', reason: null });
      expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
      for (let lost = 1; lost < attempt; lost += 1) {
        expect(isAscendingWithoutGaps(numbersOf(lines, lost))).toBe(true);
      }
      if (attempt > 1) expect(lines.map(({ text }) => text).join('\n')).toMatch(/builder (died|fell silent)/);
      expect(await visitWhenUp()).toBe(`round ${round}`);
    },
  );

  test('a builder that dies in every attempt ends as lost', { timeout: TEST_TIMEOUT_MS }, async () => {
    commitPage('never');
    const { id } = await offshoot.deploy(slug);
    const hunter = setInterval(() => {
      const builder = findVictim('builder');
      if (builder !== undefined) process.kill(builder.pid, 'SIGKILL');
    }, 300);
    const ended = await offshoot.waitForEnd(id, RECOVERY_TIMEOUT_MS).finally(() => clearInterval(hunter));
    expect(ended).toMatchObject({ status: 'failed', reason: 'lost' });
    expect((await offshoot.log(id)).map(({ text }) => text).join('\n')).toContain('No attempt is left');
    expect(await visitWhenUp()).not.toBe('never');
  });

  test('every server was there to be killed each time', () => {
    process.stdout.write(`killed: ${JSON.stringify(hits)} of ${KILLS} rounds\n`);
    const servers = ['app', 'proxy', 'postgres', 'clickhouse', 'supervisor'] as const;
    const roundsOf = (server: Victim) => rounds.filter(({ victim }) => victim === server).length;
    expect(servers.filter((server) => (hits[server] ?? 0) < roundsOf(server))).toEqual([]);
  });

  test('nothing of a build stays behind', { timeout: TEST_TIMEOUT_MS }, async () => {
    const left = processesWithEnvironment(offshoot.dataFolder).filter(({ command }) =>
      command.includes('build.js'),
    );
    expect(left).toEqual([]);
    expect(findVictim('builder')).toBeUndefined();
  });
});
