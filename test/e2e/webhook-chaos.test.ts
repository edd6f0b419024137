import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeDatabase, type Database, openDatabase } from '../../app/db/database.ts';
import { listReceivedGuids } from '../../app/db/github-rounds.ts';
import { listDueInstallations } from '../../app/db/github-due.ts';
import { branches as branchRows, deployments, projects } from '../../app/db/schema.ts';
import { formatCommitStatus } from '../../app/domain/github/format-commit-status.ts';
import { isFinal } from '../../app/domain/transition.ts';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { createTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { GitRepository } from '../support/git-repository.ts';
import { seededRandom } from '../support/github/faults.ts';
import { type GitHub, startGitHub } from '../support/github/github.ts';
import type { Repository } from '../support/github/state.ts';
import { killMeanwhile } from '../support/kill-meanwhile.ts';
import { type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/**
 * `WEBHOOKS=2000 KILLS=50 RECOVERY_MS=60000 npx vitest run test/e2e/webhook-chaos.test.ts` is the long form, for a machine
 * that does nothing else: only there the time until all is at rest is a matter of what is tested.
 */
const WEBHOOKS = Number(process.env['WEBHOOKS'] ?? 120);
const KILLS = Number(process.env['KILLS'] ?? 5);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
/** One in ten is sent twice, one in ten again under another GUID, one in five after the one that follows. */
const FAULTS = { duplicate: 0.1, copy: 0.1, reorder: 0.2 } as const;
const WEBHOOKS_A_PUSH = 1 + FAULTS.duplicate + FAULTS.copy;
/** GitHub takes one status a second of an account; each account has a branch or two whose last push is built at the end. */
const PUSHES_OF_ACCOUNT = 85;
const ACCOUNTS = Math.max(6, Math.round(WEBHOOKS / WEBHOOKS_A_PUSH / PUSHES_OF_ACCOUNT));
const PUSHED_AT_ONCE = 3;
const RECOVERY_MS = Number(process.env['RECOVERY_MS'] ?? Number.POSITIVE_INFINITY);
const IS_LONG = WEBHOOKS >= 2000;
const REST_TIMEOUT_MS = IS_LONG ? 30 * 60_000 : 4 * 60_000;
const TIMEOUT_MS = REST_TIMEOUT_MS * 2;
const ROUND_MS = 3000;

interface Place {
  readonly repository: Repository;
  /** Where somebody works: what is pushed comes from here. */
  readonly local: GitRepository;
  readonly url: string;
  readonly branches: readonly string[];
}

let database: TestDatabase;
let clickHouse: TestClickHouse;
let db: Database;
let github: GitHub;
let first: Offshoot;
let second: Offshoot;
let balancer: Balancer;
let folder: string;
let places: Place[];
/** Commit → what it serves. */
const bodies = new Map<string, string>();

beforeAll(async () => {
  [database, clickHouse, github] = await Promise.all([
    createTestDatabase(),
    createTestClickHouse(),
    startGitHub({ isEnterprise: true, checkPacing: true, inOrder: false }),
  ]);
  db = openDatabase(database.url, { maxConnections: 4 });
  const environment = {
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: clickHouse.url,
    OFFSHOOT_SECRET_KEY: randomBytes(32).toString('base64'),
    OFFSHOOT_LEASE_MS: '5000',
    OFFSHOOT_HEARTBEAT_MS: '1000',
    // A builder is the victim more often than machines die.
    OFFSHOOT_MAX_ATTEMPTS: '10',
    OFFSHOOT_GITHUB_ROUND_MS: String(ROUND_MS),
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GITHUB_API_URL: `${github.webUrl}/api/v3`,
  };
  first = await startOffshoot({ environment });
  second = await startOffshoot({ environment, dataFolder: first.dataFolder });
  balancer = await startBalancer([first.appPort, second.appPort]);
  github.hookTo(`${balancer.url}/api/github/webhooks`);
  folder = mkdtempSync(join(tmpdir(), 'offshoot-chaos-'));
  places = Array.from({ length: ACCOUNTS }, (_, index) => createPlace(index));
  await inTurns(places, async (place) => push(place, place.branches, 'first'));
  await github.settled();
}, TIMEOUT_MS);

afterAll(async () => {
  await second?.stop();
  await first?.dispose(); // removes the folder, which both share
  await balancer?.close();
  await github?.close();
  if (db !== undefined) await closeDatabase(db);
  await Promise.all([database?.drop(), clickHouse?.drop()]);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, TIMEOUT_MS);

function createPlace(index: number): Place {
  const owner = github.createUser(`owner${index}`);
  const repository = github.createRepository(`${owner.login}/site${index}`, { isPrivate: index % 2 === 0 });
  github.install(owner.login);
  return {
    repository,
    local: new GitRepository(join(folder, String(index))),
    url: github.cloneUrl(repository, owner),
    branches: index % 3 === 0 ? ['main', 'topic'] : ['main'],
  };
}

/** Commits to these branches, and a real `git push` of all of them. */
async function push(
  { repository, local, url }: Place,
  branches: readonly string[],
  body: string,
): Promise<void> {
  for (const branch of branches) {
    // No two commits of the whole test are the same.
    const page = `${repository.name}, ${branch}: ${body}`;
    bodies.set(local.commit({ 'index.html': page }, { branch, message: body }), page);
  }
  const refs = branches.map((branch) => `refs/heads/${branch}`);
  await promisify(execFile)('git', ['-C', local.directory, 'push', '--quiet', url, ...refs]);
}

/** Places are worked on at the same time, a few of them; each one push after another. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: PUSHED_AT_ONCE }, next));
}

/** Each push of each place, in an order of chance. */
function planPushes(random: () => number): { readonly place: Place; readonly branches: readonly string[] }[] {
  const count = Math.round(WEBHOOKS / WEBHOOKS_A_PUSH);
  const planned: { place: Place; branches: readonly string[] }[] = [];
  for (let pushed = 0; pushed < count; pushed += planned.at(-1)?.branches.length ?? 1) {
    const place = places[Math.floor(random() * places.length)] as Place;
    planned.push({ place, branches: place.branches });
  }
  return planned;
}

const tipsOf = ({ repository, branches }: Place) =>
  branches.map((branch) => ({ branch, commit: repository.git.tipOf(branch) ?? '' }));
const readDeployments = () => db.select().from(deployments);

/** What is not at rest yet; undefined when all is. */
async function findUnrest(): Promise<string | undefined> {
  const recorded = await db
    .select({ repositoryId: projects.repositoryId, name: branchRows.name, commit: branchRows.commit })
    .from(branchRows)
    .innerJoin(projects, eq(projects.id, branchRows.projectId));
  const behind = places.flatMap((place) =>
    tipsOf(place).filter(
      ({ branch, commit }) =>
        !recorded.some(
          (row) => row.repositoryId === place.repository.id && row.name === branch && row.commit === commit,
        ),
    ),
  );
  if (behind.length > 0) return `${behind.length} branches are behind`;
  const open = (await readDeployments()).filter(({ status }) => !isFinal(status));
  return open.length > 0 ? `${open.length} deployments have not ended` : undefined;
}

describe(`${WEBHOOKS} webhooks on two apps, with ${KILLS} times kill -9 (KILL_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  let accepted: string[];

  test('everything comes to rest after the last restart', { timeout: TIMEOUT_MS }, async () => {
    github.faults.set({ seed: SEED, webhooks: FAULTS });
    let pushed = 0;
    const planned = planPushes(random);
    const byPlace = [...Map.groupBy(planned, ({ place }) => place).values()];
    const pushing = inTurns(byPlace, async (pushes) => {
      for (const { place, branches } of pushes) await push(place, branches, `push ${(pushed += 1)}`);
    });
    const hits = await killMeanwhile(pushing, { apps: [first, second], kills: KILLS, random });
    await github.settled();
    await Promise.all([first, second].map(untilUp));
    const since = Date.now();
    await waitFor('rest', REST_TIMEOUT_MS, async () =>
      (await findUnrest()) === undefined ? true : undefined,
    ).catch(async (error: unknown) => {
      throw new Error(`no rest: ${await findUnrest()}`, { cause: error });
    });
    const tookMs = Date.now() - since;
    const sent = github.state.deliveries.length;
    process.stdout.write(
      `${sent} webhooks sent, killed ${JSON.stringify(hits)}; at rest ${Math.round(tookMs / 1000)} s later\n`,
    );
    await waitFor('all statuses', REST_TIMEOUT_MS, async () =>
      (await listDueInstallations(db, 1)).length === 0 && (await findUnrest()) === undefined
        ? true
        : undefined,
    );
    accepted = github.state.deliveries.filter(({ statusCode }) => statusCode === 202).map(({ guid }) => guid);
    expect(await findUnrest()).toBeUndefined();
    expect(tookMs).toBeLessThanOrEqual(RECOVERY_MS);
  });

  test('no webhook that was accepted is lost', async () => {
    const received = await listReceivedGuids(db, accepted);
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.filter((guid) => !received.has(guid))).toEqual([]);
  });

  test('each branch serves its newest push', { timeout: TIMEOUT_MS }, async () => {
    const rows = await readDeployments();
    for (const place of places) {
      for (const { branch, commit } of tipsOf(place)) {
        const row = rows.find((each) => each.commit === commit && each.ref === branch);
        expect(row).toMatchObject({ status: 'ready', reason: null });
        const { urls } = await first.deployment(row?.id ?? '');
        const { body } = await first.visit(urls['branch'] ?? urls['production'] ?? '');
        expect(body).toBe(bodies.get(commit));
      }
    }
  });

  test('none is deployed twice, and every deployment is in a true state at its end', async () => {
    const rows = await readDeployments();
    const twice = [...Map.groupBy(rows, ({ ref, commit }) => `${ref} ${commit}`)].filter(
      ([, same]) => same.length > 1,
    );
    expect(twice).toEqual([]);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['ready', 'superseded']));
  });

  test('the statuses at GitHub are those of the database', async () => {
    const rows = await db
      .select({ deployment: deployments, slug: projects.slug, repositoryId: projects.repositoryId })
      .from(deployments)
      .innerJoin(projects, eq(projects.id, deployments.projectId));
    for (const { deployment, slug, repositoryId } of rows) {
      const place = places.find(({ repository }) => repository.id === repositoryId);
      const shown = place?.repository.statuses.findLast(({ sha }) => sha === deployment.commit);
      const { state, context, description } = formatCommitStatus(deployment, slug, '');
      expect(shown).toMatchObject({ state, context, description });
    }
    // Comments of pull requests, and GitHub's own deployments, are compared here as well, once there are any.
  });

  test('no rule of GitHub’s was broken', () => {
    expect(github.violations).toEqual([]);
  });
});

/** A supervisor starts again what was killed. */
async function untilUp({ appPort }: Offshoot): Promise<void> {
  await waitFor('the app', REST_TIMEOUT_MS, async () => {
    const answer = await fetch(`http://127.0.0.1:${appPort}/healthz`).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  });
}
