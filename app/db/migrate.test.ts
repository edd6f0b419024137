import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedServerUrl } from '../../test/support/shared-server.ts';
import { closeDatabase, type Database, openDatabase, queryRows } from './database.ts';
import { migratePostgres } from './migrate.ts';

const FOLDER = path.join(import.meta.dirname, '../../migrations/postgres');
const STARTS = 8;

let name: string;
let url: string;
let db: Database;

/** An empty database: createTestDatabase gives migrated ones. */
beforeEach(async () => {
  const server = new URL(await sharedServerUrl('postgres'));
  name = `empty_${Math.random().toString(36).slice(2)}`;
  await administer(server.href, `create database ${name}`);
  server.pathname = `/${name}`;
  url = server.href;
  db = openDatabase(url, { maxConnections: 2 });
});

afterEach(async () => {
  await closeDatabase(db);
  await administer(await sharedServerUrl('postgres'), `drop database ${name} with (force)`);
});

async function administer(server: string, statement: string): Promise<void> {
  const client = postgres(server, { max: 1, onnotice: () => {} });
  await client.unsafe(statement);
  await client.end();
}

async function countOf(statement: string): Promise<number> {
  const [row] = await queryRows<{ count: string }>(db, sql.raw(statement));
  return Number(row?.count);
}

/** A newer program: the same migrations and one more. */
async function withNewerFolder<T>(extra: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offshoot-migrations-'));
  try {
    await cp(FOLDER, folder, { recursive: true });
    const journalFile = path.join(folder, 'meta/_journal.json');
    const journal = JSON.parse(await readFile(journalFile, 'utf8')) as { entries: object[] };
    const entry = { idx: 99, version: '7', when: 4_000_000_000_000, tag: '0099_extra', breakpoints: true };
    await writeFile(journalFile, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }));
    await writeFile(path.join(folder, '0099_extra.sql'), extra);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('migrations', () => {
  test(`${STARTS} programs that start at once on an empty database all find it ready`, async () => {
    await Promise.all(Array.from({ length: STARTS }, () => migratePostgres(url, FOLDER)));
    expect(await countOf('select count(*) from deployments')).toBe(0);
    const journal = JSON.parse(await readFile(path.join(FOLDER, 'meta/_journal.json'), 'utf8')) as {
      entries: object[];
    };
    const applied = await countOf('select count(*) from drizzle.__drizzle_migrations');
    expect(applied).toBe(journal.entries.length);
  });

  test('a newer program goes on from what is there', async () => {
    await migratePostgres(url, FOLDER);
    await withNewerFolder('create table extra (id int)', (folder) => migratePostgres(url, folder));
    expect(await countOf('select count(*) from extra')).toBe(0);
  });

  test('an older program refuses a newer schema, says what to do, and changes nothing', async () => {
    await withNewerFolder('create table extra (id int)', (folder) => migratePostgres(url, folder));
    await expect(migratePostgres(url, FOLDER)).rejects.toThrow(
      /migrations that this version of Offshoot does not know: a newer version has used it\. Start that version again/,
    );
    expect(await countOf('select count(*) from extra')).toBe(0);
  });

  test('one that fails leaves nothing of itself, and is applied whole the next time', async () => {
    const broken = 'create table extra (id int);--> statement-breakpoint\nselect 1 / 0';
    await expect(withNewerFolder(broken, (folder) => migratePostgres(url, folder))).rejects.toThrow(
      'select 1 / 0',
    );
    await withNewerFolder('create table extra (id int)', (folder) => migratePostgres(url, folder));
    expect(await countOf('select count(*) from extra')).toBe(0);
  });
});
