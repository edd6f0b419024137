import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { closeDatabase, type Database, openDatabase } from './database.ts';
import {
  claimRepositoriesToCompare,
  findRound,
  giveBackRepositories,
  listRecordedHeads,
  saveRound,
} from './github-rounds.ts';
import { githubInstallations, githubRepositories } from './github-schema.ts';
import { branches, projects } from './schema.ts';

const NOW = Date.parse('2026-01-10T00:00:00Z');
const ROUND_MS = 300_000;
const DAY_MS = 24 * 3_600_000;
const at = (ms: number) => new Date(NOW + ms);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { maxConnections: 6 });
});
beforeEach(async () => {
  await db.execute(sql`truncate projects, github_repositories, github_installations cascade`);
  await db.insert(githubInstallations).values([
    { id: 1, accountLogin: 'ada' },
    { id: 2, accountLogin: 'bea' },
  ]);
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});

async function addRepository(id: number, changes: Partial<typeof githubRepositories.$inferInsert> = {}) {
  const fullName = `ada/r${id}`;
  const repository = {
    id,
    installationId: 1,
    fullName,
    htmlUrl: `https://x.example/${fullName}`,
    isPrivate: false,
  };
  await db.insert(githubRepositories).values({ ...repository, ...changes });
}
async function addProject(
  repositoryId: number,
  branch: Partial<typeof branches.$inferInsert> | undefined = {},
) {
  const id = `p${repositoryId}`;
  const project = { id, slug: id, name: id, productionBranch: 'main', settings: {}, createdAt: at(0) };
  await db.insert(projects).values({ ...project, repositoryId });
  if (branch === undefined) return;
  const main = { projectId: id, name: 'main', slug: 'main', generation: 1, commit: 'a'.repeat(40) };
  await db.insert(branches).values({ ...main, ...branch });
}
const claim = async (round: number, changes: { perInstallation?: number; limit?: number } = {}) => {
  const claimed = await claimRepositoriesToCompare(db, {
    at: at(round * ROUND_MS),
    askedBefore: at((round - 0.5) * ROUND_MS),
    goneAfter: at(-30 * DAY_MS),
    perInstallation: 100,
    limit: 1000,
    ...changes,
  });
  return claimed.map(({ id }) => id).toSorted((one, other) => one - other);
};

test('repositories take turns: those that were not asked for longest, so many of an account', async () => {
  for (const id of [1, 2, 3, 4, 5]) await addRepository(id).then(() => addProject(id));
  await addRepository(6, { installationId: 2 });
  await addProject(6);
  expect(await claim(1, { perInstallation: 2 })).toEqual([1, 2, 6]);
  expect(await claim(2, { perInstallation: 2 })).toEqual([3, 4, 6]);
  expect(await claim(3, { perInstallation: 2 })).toEqual([1, 5, 6]);
  expect(await claim(4, { perInstallation: 2 })).toEqual([2, 3, 6]);
});

test('a round has a bound, which is shared between the accounts', async () => {
  for (const id of [1, 2, 3]) await addRepository(id).then(() => addProject(id));
  await addRepository(4, { installationId: 2 });
  await addProject(4);
  expect(await claim(1, { limit: 2 })).toEqual([1, 4]);
});

test('none is taken twice in one round, by whoever comes at the same time', async () => {
  for (const id of [1, 2, 3, 4]) await addRepository(id).then(() => addProject(id));
  const claimed = await Promise.all([claim(1), claim(1), claim(1), claim(1)]);
  expect(claimed.flat().toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4]);
});

test('what was given back comes first', async () => {
  for (const id of [1, 2, 3]) await addRepository(id).then(() => addProject(id));
  await claim(1);
  await giveBackRepositories(db, [3]);
  expect(await claim(2, { perInstallation: 1 })).toEqual([3]);
});

test('only what has an active branch of a project, and can be reached', async () => {
  await addRepository(1);
  await addProject(1);
  await addRepository(2);
  await addRepository(3);
  await addProject(3, undefined);
  await db.delete(branches).where(sql`project_id = 'p3'`);
  await addRepository(4, { removedAt: at(0) });
  await addProject(4);
  await addRepository(5);
  await addProject(5, { deletedAt: at(-31 * DAY_MS), commit: null });
  await addRepository(6);
  await addProject(6, { deletedAt: at(-29 * DAY_MS), commit: null });
  await addRepository(7);
  await addProject(7);
  await db
    .update(projects)
    .set({ deletedAt: at(0) })
    .where(sql`id = 'p7'`);
  await db
    .update(githubInstallations)
    .set({ suspendedAt: at(0) })
    .where(sql`id = 2`);
  await addRepository(8, { installationId: 2 });
  await addProject(8);
  expect(await claim(1)).toEqual([1, 6]);
});

test('heads are those of active branches', async () => {
  await addRepository(1);
  await addProject(1);
  const gone = (name: string, days: number) => ({
    projectId: 'p1',
    name,
    slug: name,
    generation: 1,
    deletedAt: at(-days * DAY_MS),
  });
  await db.insert(branches).values([gone('old', 31), gone('recent', 29)]);
  expect(await listRecordedHeads(db, 'p1', at(-30 * DAY_MS))).toEqual([
    { name: 'main', commit: 'a'.repeat(40), deletedAt: null },
    { name: 'recent', commit: null, deletedAt: at(-29 * DAY_MS) },
  ]);
});

test('a round is kept for each App', async () => {
  const state = { since: at(0), cursor: 'v1_7', beganAt: at(1), oldestOpen: at(2) };
  expect(await findRound(db, 1)).toBeUndefined();
  await saveRound(db, 1, state);
  expect(await findRound(db, 1)).toMatchObject(state);
  const settled = { since: at(5), cursor: null, beganAt: null, oldestOpen: null };
  await saveRound(db, 1, settled);
  expect(await findRound(db, 1)).toMatchObject(settled);
  expect(await findRound(db, 2)).toBeUndefined();
});
