import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { tablesWith } from '../../test/support/search-database.ts';
import { environmentVariables } from '../db/environment-schema.ts';
import { githubApp } from '../db/github-schema.ts';
import { projects, webhooks } from '../db/schema.ts';
import { githubSessions } from '../db/sign-in-schema.ts';
import { createSecretBox, type SecretBox } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';
import { gitUrlOfProject, sealGitCredentials } from './project-git-url.ts';
import { openEnvironmentVariable } from './seal-environment-variable.ts';
import { sealAgain } from './seal-again.ts';
import { openWebhook, sealWebhookSecret, sealWebhookUrl } from './seal-webhook.ts';
import { setEnvironmentVariables } from './set-environment-variables.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];
const VARIABLES = 120;
let room: CoreRoom;
let projectId: string;

beforeAll(async () => {
  room = await openCoreRoom();
  const before = createSecretBox([FIRST], randomBytes);
  const project = await room.createProject();
  projectId = project.id;
  await room.createProject();
  const gitCredentials = sealGitCredentials(project.id, 'user:password', before);
  await room.db
    .update(projects)
    .set({ gitCredentials })
    .where(sql`id = ${project.id}`);
  const id = room.dependencies.randomId();
  const webhook = { id, projectId, urlHint: 'x', events: [], createdAt: new Date(0) };
  const url = sealWebhookUrl(id, 'https://example.com/hook', before);
  const secret = sealWebhookSecret(id, 'a-secret-of-a-webhook', before);
  await room.db.insert(webhooks).values({ ...webhook, format: 'json', url, secret });
  const app = { appId: 123, slug: 'x', name: 'x', htmlUrl: 'x', clientId: 'x', createdAt: new Date(0) };
  const ofApp = before.seal('{"privateKey":"…"}', sealingContext('githubApp', '123'));
  await room.db.insert(githubApp).values({ ...app, secrets: ofApp });
  const session = { tokenHash: 'a-hash', userId: 1, login: 'ada', appId: 123, createdAt: new Date(0) };
  const userToken = before.seal('ghu_a-token', sealingContext('githubSession', session.tokenHash));
  await room.db.insert(githubSessions).values({ ...session, userToken, expiresAt: new Date(0) });
  const variables = Array.from({ length: VARIABLES }, (_, index) => ({
    name: `V${index}`,
    value: `v${index}`,
  }));
  const order = { projectId, environment: null, branch: null, variables };
  const result = await setEnvironmentVariables(order, { ...room.dependencies, secrets: before });
  if (result.outcome !== 'set') throw new Error(result.outcome);
});
afterAll(() => room.dispose());

const seal = (secrets: SecretBox) => sealAgain({ db: room.db, secrets });
const ALL = VARIABLES + 5;

/** All secrets of the database, opened with one key alone. */
async function readWith(key: Buffer) {
  const box = createSecretBox([key], randomBytes);
  const [project] = await room.db
    .select()
    .from(projects)
    .where(sql`id = ${projectId}`);
  const [webhook] = await room.db.select().from(webhooks);
  const [app] = await room.db.select().from(githubApp);
  const [session] = await room.db.select().from(githubSessions);
  const variables = await room.db.select().from(environmentVariables);
  if (project === undefined || webhook === undefined || app === undefined || session === undefined)
    throw new Error('not there');
  return {
    git: gitUrlOfProject(project, box),
    ...openWebhook(webhook, box),
    app: box.open(app.secrets, sealingContext('githubApp', String(app.appId))),
    userToken: box.open(session.userToken, sealingContext('githubSession', session.tokenHash)),
    variables: variables.map((row) => [row.name, openEnvironmentVariable(row, box)]),
  };
}

describe('another key', () => {
  it('seals everything again that the old one has sealed, which then is needed no more', async () => {
    expect(await seal(createSecretBox([SECOND, FIRST], randomBytes))).toEqual({ sealed: ALL, unreadable: 0 });
    const read = await readWith(SECOND);
    expect(read).toMatchObject({
      git: 'https://user:password@example.com/repository.git',
      url: 'https://example.com/hook',
      secret: 'a-secret-of-a-webhook',
      userToken: 'ghu_a-token',
      app: '{"privateKey":"…"}',
    });
    expect(read.variables).toHaveLength(VARIABLES);
    expect(read.variables.filter(([name, value]) => name?.toLowerCase() !== value)).toEqual([]);
    await expect(readWith(FIRST)).rejects.toThrow('sealed with another key');
  });

  it('has nothing to do the second time', async () => {
    expect(await seal(createSecretBox([SECOND, FIRST], randomBytes))).toEqual({ sealed: 0, unreadable: 0 });
    expect(await seal(createSecretBox([SECOND], randomBytes))).toEqual({ sealed: 0, unreadable: 0 });
  });

  it('without the old one tells how much it can not open, and leaves it as it is', async () => {
    expect(await seal(createSecretBox([THIRD], randomBytes))).toEqual({ sealed: 0, unreadable: ALL });
    expect((await readWith(SECOND)).variables).toHaveLength(VARIABLES);
  });

  it('does not undo what is set meanwhile', async () => {
    const after = createSecretBox([THIRD, SECOND], randomBytes);
    const order = { projectId, environment: null, branch: null, variables: [{ name: 'V7', value: 'set' }] };
    let isSet = false;
    const slow: SecretBox = {
      ...after,
      open(sealed, context) {
        isSet ||= context.startsWith('environment-variables/');
        return after.open(sealed, context);
      },
    };
    const sealing = [seal(slow), seal(after)];
    await setEnvironmentVariables(order, { ...room.dependencies, secrets: after });
    const counts = await Promise.all(sealing);
    expect(isSet).toBe(true);
    expect(counts.map(({ unreadable }) => unreadable)).toEqual([0, 0]);
    const read = await readWith(THIRD);
    expect(Object.fromEntries(read.variables)).toMatchObject({ V7: 'set', V8: 'v8' });
  });

  it('leaves nothing in any table that an older key has sealed', async () => {
    await seal(createSecretBox([FIRST, SECOND, THIRD], randomBytes));
    const prefixes = [FIRST, SECOND, THIRD].map((key) => createSecretBox([key], randomBytes).prefix);
    const tables = await Promise.all(prefixes.map((prefix) => tablesWith(room.db, prefix)));
    expect(tables.map((names) => names.toSorted())).toEqual([
      [
        'public.environment_variables',
        'public.github_app',
        'public.github_sessions',
        'public.projects',
        'public.webhooks',
      ],
      [],
      [],
    ]);
  });
});
