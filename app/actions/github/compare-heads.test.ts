import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GithubRoom, openGithubRoom } from '../../../test/support/github-room.ts';
import type { Repository } from '../../../test/support/github/state.ts';
import { findBranch, listBranches } from '../../db/branches.ts';
import { listProjectsOfRepository } from '../../db/github-repositories.ts';
import { deployments } from '../../db/schema.ts';
import { compareHeads } from './compare-heads.ts';

const START_MS = 90_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const ROUND_MS = 5 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

let room: GithubRoom;
let shop: Repository;
let owners = 0;
let bea: string;
beforeAll(async () => {
  room = await openGithubRoom();
}, START_MS);
beforeEach(async () => {
  owners += 1;
  bea = `bea${owners}`;
  shop = room.github.createRepository(`ada${owners}/shop`, { files: { 'index.html': 'one' } });
  room.github.install(`ada${owners}`);
  room.github.push(shop, { 'index.html': 'two' });
  await room.pass(MINUTE_MS);
  room.clock.now += DAY_MS;
  room.forgetRequests();
}, START_MS);
afterEach(async () => {
  room.github.faults.set({});
  // Out of the way of the next test.
  await room.db.execute(sql`update github_repositories set removed_at = now()`);
});
afterAll(() => room.dispose());

const round = () => compareHeads(room.dependencies, new AbortController().signal);
/** GitHub lists nothing of these: no redelivery brings them. */
async function lose(act: () => void): Promise<void> {
  room.github.faults.set({ webhooks: { lost: 1 } });
  act();
  await room.github.settled();
  room.github.faults.set({});
  room.clock.now += ROUND_MS;
}
const asked = () => room.github.requests.filter(({ path }) => path.includes('/matching-refs/'));
const projectOf = async (repository: Repository) => {
  const [project] = await listProjectsOfRepository(room.db, repository.id);
  if (project === undefined) throw new Error('it has no project');
  return project;
};
const recorded = async (branch: string, repository = shop) =>
  findBranch(room.db, (await projectOf(repository)).id, branch);

describe('a push that GitHub told nobody of', { timeout: START_MS }, () => {
  it('is deployed after one round, which costs one call a repository', async () => {
    let commit = '';
    await lose(() => (commit = room.github.push(shop, { 'index.html': 'three' })));
    await round();
    await room.pass(MINUTE_MS);
    expect(await recorded('main')).toMatchObject({ commit });
    const rows = await room.db.select().from(deployments);
    expect(rows.map((row) => row.commit)).toContain(commit);
    expect(asked()).toHaveLength(1);
    expect(room.github.violations).toEqual([]);
  });

  it('of a deletion takes the host away, and of a branch that is back brings it back', async () => {
    room.github.push(shop, { 'index.html': 'x' }, { branch: 'topic' });
    await room.pass(MINUTE_MS);
    await lose(() => room.github.deleteBranch(shop, 'topic'));
    await round();
    await room.pass(MINUTE_MS);
    expect((await recorded('topic'))?.deletedAt).not.toBeNull();
    let commit = '';
    await lose(() => (commit = room.github.push(shop, { 'index.html': 'y' }, { branch: 'topic' })));
    await round();
    await room.pass(MINUTE_MS);
    expect(await recorded('topic')).toMatchObject({ commit, deletedAt: null });
  });

  it('to a branch that nobody knew is left alone: an old repository is not built at the first look', async () => {
    await lose(() => void room.github.push(shop, { 'index.html': 'x' }, { branch: 'unknown' }));
    await round();
    await room.pass(MINUTE_MS);
    expect(await listBranches(room.db, (await projectOf(shop)).id)).toHaveLength(1);
  });

  it('costs no call for a branch that is where it should be', async () => {
    const before = room.github.requests.length;
    await round();
    await room.pass(MINUTE_MS);
    // The list, and a token to read it with, since the last one is a day old.
    expect(room.github.requests.length - before).toBe(2);
  });
});

describe('many repositories', { timeout: START_MS }, () => {
  /** With a project each, in one account. */
  async function createMany(count: number, owner = bea): Promise<Repository[]> {
    const made = Array.from({ length: count }, (_, index) =>
      room.github.createRepository(`${owner}/r${index}`, { files: { 'index.html': 'one' } }),
    );
    room.github.install(owner);
    for (const repository of made) room.github.push(repository, { 'index.html': 'two' });
    await room.pass(ROUND_MS);
    return made;
  }
  const namesOf = (requests: ReturnType<typeof asked>) => requests.map(({ path }) => path.split('/')[3]);

  it('are compared once where two processes come at the same time', async () => {
    await createMany(4);
    await Promise.all([round(), round(), round()]);
    expect(new Set(namesOf(asked())).size).toBe(asked().length);
    expect(asked()).toHaveLength(5);
  });

  it('are left for the next round while GitHub is away, after three that failed', async () => {
    await createMany(4);
    room.github.faults.set({ isDown: true });
    const before = room.github.requests.length;
    await round();
    expect(room.github.requests.length - before).toBeLessThanOrEqual(4);
    room.github.faults.set({});
    room.clock.now += ROUND_MS;
    const lists = asked().length;
    await round();
    expect(asked().length - lists).toBe(5);
  });

  it('wait where GitHub asks for silence, and so does what was found before', async () => {
    const made = await createMany(5);
    await lose(() => {
      for (const repository of made) room.github.push(repository, { 'index.html': 'three' });
    });
    room.github.faults.set({ retryAfterSeconds: 600 });
    room.github.faults.once('forbidden', `GET /repos/${bea}/r2/git/matching-refs`);
    await round();
    const told = room.clock.now;
    await room.pass(9 * MINUTE_MS);
    expect(asked().filter(({ path }) => path.includes(`/${bea}/`))).toHaveLength(3);
    room.clock.now = told + 11 * MINUTE_MS;
    await round();
    await room.pass(MINUTE_MS);
    for (const repository of made)
      expect(await recorded('main', repository)).toMatchObject({ commit: repository.git.tipOf('main') });
    expect(room.github.violations).toEqual([]);
  });

  it('without a project, without a branch or out of reach cost nothing', async () => {
    const [lost] = await createMany(1);
    room.github.createRepository(`ada${owners}/never-pushed`);
    const installation = room.github.state.installations
      .values()
      .find(({ account }) => account.login === bea);
    if (lost === undefined || installation === undefined) throw new Error('there is none');
    room.github.uninstall(installation);
    await room.pass(ROUND_MS);
    await round();
    expect(namesOf(asked())).toEqual(['shop']);
  });
});
