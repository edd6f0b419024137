import { afterAll, beforeAll, expect, test } from 'vitest';
import { listDueInstallations } from '../../app/db/github-due.ts';
import { findGithubDelivery } from '../../app/db/github-deliveries.ts';
import { listProjectsOfRepository } from '../../app/db/github-repositories.ts';
import { listBranches } from '../../app/db/branches.ts';
import { deployments } from '../../app/db/schema.ts';
import { isFinal } from '../../app/domain/transition.ts';
import { type GithubRoom, openGithubRoom } from '../support/github-room.ts';
import type { Repository } from '../support/github/state.ts';

// Not much of it is a matter of time: the clock is the test's. The pushes, the database and GitHub are real.
/** `PUSHES=1000 npx vitest run test/e2e/github-outage.test.ts` is the long form. */
const PUSHES = Number(process.env['PUSHES'] ?? 200);
const TIMEOUT_MS = 15 * 60_000;
const SECOND_MS = 1000;
const ROUND_MS = 5 * 60 * SECOND_MS;
const OUTAGE_ROUNDS = 72;
/** Two hours: a hundred redeliveries a round, and one status a second for each account. */
const MAX_ROUNDS_AFTER = 24;
const ACCOUNTS = ['ada', 'bea'];
const REPOSITORIES_EACH = 2;
/** Enough pushes to each that GitHub does not lose all of them: a branch that nobody told of is left alone. */
const BRANCHES_EACH = Math.max(1, Math.min(10, Math.floor(PUSHES / 100)));
/** Every so many webhooks GitHub loses altogether: no list has them. */
const LOST_SHARE = 0.2;
/** Of one round while nobody answers: one for the list of deliveries, three repositories, and what signs in. */
const MAX_REQUESTS_OF_FAILED_ROUND = 8;

let room: GithubRoom;
let repositories: Repository[];
beforeAll(async () => {
  room = await openGithubRoom();
  repositories = ACCOUNTS.flatMap((account) =>
    Array.from({ length: REPOSITORIES_EACH }, (_, index) =>
      room.github.createRepository(`${account}/r${index}`, { files: { 'index.html': 'first' } }),
    ),
  );
  for (const account of ACCOUNTS) room.github.install(account);
  for (const repository of repositories) room.github.push(repository, { 'index.html': 'known' });
  await goOn();
  await room.buildAll();
  await goOn();
}, TIMEOUT_MS);
afterAll(() => room?.dispose(), TIMEOUT_MS);

/** Five minutes, with what the reconciler of some process sends in them. */
async function goOn(): Promise<void> {
  const { db, jobs } = room.dependencies;
  await jobs.send(db, 'redeliver-webhooks', {}, { oncePerSeconds: ROUND_MS / SECOND_MS });
  await jobs.send(db, 'compare-heads', {}, { oncePerSeconds: ROUND_MS / SECOND_MS });
  await jobs.send(db, 'report-deployments', {}, { oncePerSeconds: 1 });
  await room.pass(ROUND_MS);
}

/** All pushes to each branch are of one row, so the last one is what must be served. */
function push(index: number): void {
  const repository = repositories[index % repositories.length] as Repository;
  const branch = `b${Math.floor(index / repositories.length) % BRANCHES_EACH}`;
  room.github.push(
    repository,
    { 'index.html': `push ${index}` },
    { branch: branch === 'b0' ? 'main' : branch },
  );
}

const headsOf = ({ knownRefs }: Repository) =>
  new Map([...knownRefs].map(([ref, commit]) => [ref.replace('refs/heads/', ''), commit]));
async function recordedOf(repository: Repository): Promise<Map<string, string | null>> {
  const [project] = await listProjectsOfRepository(room.db, repository.id);
  const rows = await listBranches(room.db, project?.id ?? '');
  return new Map(
    rows.filter(({ deletedAt }) => deletedAt === null).map(({ name, commit }) => [name, commit]),
  );
}
const failedGuids = () => new Set(room.github.state.deliveries.map(({ guid }) => guid));
async function missingGuids(): Promise<string[]> {
  const guids = [...failedGuids()];
  const found = await Promise.all(guids.map((guid) => findGithubDelivery(room.db, guid)));
  return guids.filter((_, index) => found[index] === undefined);
}
const unfinished = async () =>
  (await room.db.select().from(deployments)).filter(({ status }) => !isFinal(status));

async function isConverged(): Promise<boolean> {
  if ((await unfinished()).length > 0 || (await listDueInstallations(room.db, 1)).length > 0) return false;
  if ((await missingGuids()).length > 0) return false;
  const recorded = await Promise.all(repositories.map(recordedOf));
  return repositories.every((repository, index) => {
    const heads = headsOf(repository);
    return [...heads].every(([branch, commit]) => recorded[index]?.get(branch) === commit);
  });
}

/** What keeps it from being at rest. */
async function describeRest(): Promise<string> {
  const [missing, open, due] = [
    await missingGuids(),
    await unfinished(),
    await listDueInstallations(room.db, 10),
  ];
  return JSON.stringify({
    missing: missing.map((guid) => room.github.state.deliveries.filter((each) => each.guid === guid).length),
    open: open.map(({ ref, status }) => `${ref} ${status}`),
    due,
    heads: repositories.map((repository) => Object.fromEntries(headsOf(repository))),
    recorded: (await Promise.all(repositories.map(recordedOf))).map((each) => Object.fromEntries(each)),
  });
}

test(
  `GitHub gone for six hours, with ${PUSHES} pushes meanwhile: all converge after it is back, within its rate limits`,
  { timeout: TIMEOUT_MS },
  async () => {
    const { github } = room;
    room.forgetRequests();
    const perRound: number[] = [];
    github.faults.set({ seed: 5, isDown: true, webhooks: { undelivered: 1 - LOST_SHARE, lost: LOST_SHARE } });
    for (let round = 0, pushed = 0; round < OUTAGE_ROUNDS; round += 1) {
      const until = Math.ceil((PUSHES * (round + 1)) / OUTAGE_ROUNDS);
      for (; pushed < Math.min(until, PUSHES); pushed += 1) push(pushed);
      const before = github.requests.length;
      await goOn();
      perRound.push(github.requests.length - before);
    }
    expect(Math.max(...perRound)).toBeLessThanOrEqual(MAX_REQUESTS_OF_FAILED_ROUND);
    expect(await missingGuids()).not.toEqual([]);

    github.faults.clear();
    const back = github.requests.length;
    let after = 0;
    while (!(await isConverged())) {
      after += 1;
      if (after > MAX_ROUNDS_AFTER)
        throw new Error(`after ${MAX_ROUNDS_AFTER} rounds: ${await describeRest()}`);
      await goOn();
      await room.buildAll();
    }

    // Each branch shows its newest commit, here and there.
    for (const repository of repositories) {
      const heads = headsOf(repository);
      const recorded = await recordedOf(repository);
      expect(Object.fromEntries(recorded)).toEqual(Object.fromEntries(heads));
      for (const commit of heads.values()) {
        const rows = (await room.db.select().from(deployments)).filter((row) => row.commit === commit);
        expect(rows.map(({ status }) => status)).toEqual(['ready']);
        expect(repository.statuses.findLast(({ sha }) => sha === commit)?.state).toBe('success');
      }
    }
    // None was asked for too often or too early, and writes kept their distance, those of the App itself too.
    expect(github.violations).toEqual([]);
    const asked = github.requests.slice(back).filter(({ path }) => path.endsWith('/attempts'));
    const gaps = asked.slice(1).map(({ atMs }, index) => atMs - (asked[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SECOND_MS);
    expect(room.jobs.lost).toEqual([]);
    process.stdout.write(
      `${PUSHES} pushes: converged ${after} rounds after GitHub was back, with ${github.requests.length - back} requests\n`,
    );
  },
);
