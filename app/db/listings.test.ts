import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { seededSlug, seedProjects } from '../../test/support/seed-projects.ts';
import { searchWordsOf } from '../domain/search-words.ts';
import { listBranchesWithLatest, listBranchNames } from './branch-listing.ts';
import { closeDatabase, type Database, openDatabase, queryRows } from './database.ts';
import { listLatestOfProjects, listLinesOfProject, listNewestOfAll } from './deployment-lines.ts';
import { findProduction, listProjectsWithProduction, searchProjects } from './project-listing.ts';
import { findLivingProject } from './projects.ts';

const PROJECTS = 2000;
let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { maxConnections: 4 });
  await seedProjects(db, { projects: PROJECTS, deploymentsPerProject: 10 });
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});

async function search(text: string): Promise<string[]> {
  const found = await searchProjects(db, {
    slug: text,
    words: searchWordsOf(text),
    visible: undefined,
    limit: 5,
  });
  return found.map(({ project }) => project.slug);
}

describe('a search', () => {
  it.each([
    ['by a number in the name', '1234', [seededSlug(1234)]],
    ['by the beginnings of two words, in any order', '1234 nor', ['northern-blog-1234']],
    ['by the whole slug', seededSlug(77), [seededSlug(77)]],
    ['that nothing matches', 'zebra', []],
    ['of no letters', '-- %', []],
    ['of what means something to PostgreSQL', "shop' | 'x:* & !77", []],
  ])('%s finds what it should', async (_how, text, slugs) => {
    expect(await search(text)).toEqual(slugs);
  });

  it('has the project of that slug first, though many are newer', async () => {
    await db.execute(sql`update projects set slug = 'shop' where id = ${`p${'1'.padStart(19, '0')}`}`);
    const [first, ...others] = await search('shop');
    expect(first).toBe('shop');
    expect(others).toHaveLength(4);
  });

  it('finds words on both sides of what joins them', async () => {
    await db.execute(sql`update projects set name = 'Mein.Café_Søndag/v2' where slug = ${seededSlug(9)}`);
    for (const text of ['café', 'SØND', 'v2', 'mein v2']) expect(await search(text)).toContain(seededSlug(9));
  });

  it('leaves out what is being deleted', async () => {
    await db.execute(sql`update projects set deleted_at = now() where slug = ${seededSlug(500)}`);
    expect(await search(seededSlug(500))).toEqual([]);
  });
});

describe('pages of projects', () => {
  it('follow each other without a gap or a repetition, also among projects of one moment', async () => {
    await db.execute(sql`update projects set created_at = '2030-01-01' where slug like '%-19__'`);
    const all = await listProjectsWithProduction(db, { after: undefined, visible: undefined, limit: 300 });
    const seen: string[] = [];
    for (let page = 0; page < 3; page += 1) {
      const last = all[page * 100 - 1]?.project;
      const after = last && { createdAt: last.createdAt.getTime(), id: last.id };
      const rows = await listProjectsWithProduction(db, { after, visible: undefined, limit: 100 });
      seen.push(...rows.map(({ project }) => project.id));
    }
    expect(seen).toEqual(all.map(({ project }) => project.id));
    expect(new Set(seen).size).toBe(300);
  });
});

it('no listing of the dashboard reads a table from its beginning to its end', async () => {
  const before = await readScans();
  const own = openDatabase(database.url, { maxConnections: 4 });
  const project = (await findLivingProject(own, seededSlug(321)))!;
  const after = { createdAt: Date.parse('2025-01-03'), id: 'p' };
  await listProjectsWithProduction(own, { after: undefined, visible: undefined, limit: 31 });
  await listProjectsWithProduction(own, { after, visible: undefined, limit: 31 });
  const listed = await listProjectsWithProduction(own, { after: undefined, visible: undefined, limit: 30 });
  const ids = listed.map((row) => row.project.id);
  expect((await listLatestOfProjects(own, ids, 3)).size).toBe(30);
  expect(await listNewestOfAll(own, 8, undefined)).toHaveLength(8);
  for (const word of ['docs', 'a', '1234', 'zebra']) {
    await searchProjects(own, { slug: word, words: [word], visible: undefined, limit: 31 });
  }
  expect((await findProduction(own, project.slug)).deployment?.ref).toBe('main');
  expect(await listBranchesWithLatest(own, project, 31)).toHaveLength(3);
  expect(await listBranchNames(own, project.id, 100)).toHaveLength(3);
  const page = { after: undefined, limit: 21 };
  expect(await listLinesOfProject(own, { projectId: project.id }, page)).toHaveLength(10);
  await listLinesOfProject(own, { projectId: project.id, branch: 'main', status: 'failed' }, page);
  await listLinesOfProject(own, { projectId: project.id }, { after, limit: 21 });
  // A connection hands in its counts when it ends.
  await closeDatabase(own);
  expect(await readScans()).toEqual(before);
});

/** Rows that were read by sequential scans, by table. */
async function readScans(): Promise<Record<string, number>> {
  await db.execute(sql`select pg_stat_force_next_flush()`);
  const rows = await queryRows<{ name: string; read: string }>(
    db,
    sql`select relname as name, seq_tup_read as read from pg_stat_user_tables
        where relname in ('projects', 'deployments', 'branches', 'aliases')`,
  );
  return Object.fromEntries(rows.map(({ name, read }) => [name, Number(read)]));
}
