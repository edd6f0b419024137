import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { deleteGithubApp, replaceGithubApp } from '../db/github-app.ts';
import type { GithubEnvironment } from '../domain/github-app.ts';
import { createSecretBox } from '../domain/sealed-text.ts';
import { createGithubCredentials, CREDENTIALS_MAX_AGE_MS, githubAppContext } from './github-credentials.ts';

const SECRETS = { privateKey: 'key', webhookSecret: 'secret', clientSecret: 'client' };
const box = createSecretBox([new Uint8Array(32).fill(1)], randomBytes);
let database: TestDatabase;
let db: Database;
let now = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { maxConnections: 4 });
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});
beforeEach(async () => {
  await db.execute(sql`delete from github_app`);
});

/** What one app process asks. */
function openProcess(environment: GithubEnvironment = {}, secrets = box) {
  return createGithubCredentials({ db, secrets, environment, now: () => now });
}

async function store(appId: number, secrets: object = SECRETS) {
  const row = {
    appId,
    slug: 'offshoot',
    name: 'Offshoot',
    htmlUrl: 'https://github.com/apps/offshoot',
    clientId: 'Iv1',
    secrets: box.seal(JSON.stringify(secrets), githubAppContext(appId)),
    createdAt: new Date(0),
  };
  await db.transaction((tx) => replaceGithubApp(tx, row));
}

const appIdOf = async (process: ReturnType<typeof openProcess>) => {
  const state = await process.read();
  return state.state === 'ready' ? state.app.appId : state.state;
};

describe('the GitHub App in effect', () => {
  it('is none until one is stored, then that one, in every process without a restart', async () => {
    const [writer, other] = [openProcess(), openProcess()];
    expect([await appIdOf(writer), await appIdOf(other)]).toEqual(['none', 'none']);
    await store(7);
    writer.forget();
    expect([await appIdOf(writer), await appIdOf(other)]).toEqual([7, 'none']);
    now += CREDENTIALS_MAX_AGE_MS;
    expect(await appIdOf(other)).toBe(7);
  });

  it('is the same object until it changes, so that clients made for it are kept', async () => {
    await store(7);
    const process = openProcess();
    const first = await process.read();
    now += CREDENTIALS_MAX_AGE_MS;
    expect(await process.read()).toBe(first);
    await store(7, { ...SECRETS, webhookSecret: 'newer' });
    now += CREDENTIALS_MAX_AGE_MS;
    expect(await process.read()).toMatchObject({ state: 'ready', app: { webhookSecret: 'newer' } });
  });

  it('is the environment’s where it names one', async () => {
    await store(7);
    const process = openProcess({ githubAppId: 8, githubPrivateKey: 'k', githubWebhookSecret: 's' });
    expect(await process.read()).toMatchObject({
      state: 'ready',
      app: { source: 'environment', appId: 8, privateKey: 'k' },
    });
  });

  it('is told to be unreadable when another key sealed it, and the environment’s works all the same', async () => {
    await store(7);
    const strange = createSecretBox([new Uint8Array(32).fill(2)], randomBytes);
    expect(await openProcess({}, strange).read()).toMatchObject({
      state: 'unreadable',
      message: expect.stringContaining('OFFSHOOT_OLD_SECRET_KEYS'),
    });
    const given = { githubAppId: 8, githubPrivateKey: 'k', githubWebhookSecret: 's' };
    expect(await appIdOf(openProcess(given, strange))).toBe(8);
  });

  it('is asked for again at once after the database failed', async () => {
    const away = await createTestDatabase();
    const moved = openDatabase(away.url, { maxConnections: 2 });
    await moved.execute(sql`alter table github_app rename to elsewhere`);
    const process = createGithubCredentials({ db: moved, secrets: box, environment: {}, now: () => now });
    await expect(process.read()).rejects.toThrow(/github_app/);
    await moved.execute(sql`alter table elsewhere rename to github_app`);
    expect(await appIdOf(process)).toBe('none');
    await closeDatabase(moved);
    await away.drop();
  });

  it('is one at most, even when two are stored at once', async () => {
    await Promise.all([1, 2, 3, 4].map((appId) => store(appId)));
    const rows = await db.execute(sql`select app_id from github_app`);
    expect(rows).toHaveLength(1);
  });

  it('is stored without a word of its secrets', async () => {
    await store(7, { ...SECRETS, privateKey: 'geheim' });
    const rows = await db.execute(sql`select github_app::text as row from github_app`);
    expect(JSON.stringify(rows)).not.toContain('geheim');
  });

  it('is forgotten by its id alone', async () => {
    await store(7);
    expect([await deleteGithubApp(db, 8), await deleteGithubApp(db, 7)]).toEqual([false, true]);
    expect(await appIdOf(openProcess())).toBe('none');
  });
});
