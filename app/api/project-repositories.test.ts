import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { type GitHub, startGitHub } from '../../test/support/github/github.ts';
import { branches, deployments, projects } from '../db/schema.ts';

const FILES = { 'web/index.html': 'web', 'docs/index.html': 'docs' };

let github: GitHub;
let room: ApiRoom;
let shop: ReturnType<GitHub['createRepository']>;
let shops = 0;

beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true });
  const { id, privateKey, webhookSecret } = github.app;
  room = await openApiRoom({
    githubApiUrl: `${github.webUrl}/api/v3`,
    githubEnvironment: {
      githubAppId: id,
      githubPrivateKey: privateKey,
      githubWebhookSecret: webhookSecret,
    },
  });
  github.hookTo(`http://127.0.0.1:${room.server.port}/api/github/webhooks`);
  github.createUser('ada');
  github.install('ada');
});
afterAll(async () => {
  await room.dispose();
  await github.close();
});
beforeEach(async () => {
  // Told, and pushed to for the first time: it is a project by itself.
  shop = github.createRepository(`ada/shop${(shops += 1)}`, { isPrivate: true, files: FILES });
  await github.settled();
});

interface Project {
  readonly id: string;
  readonly slug: string;
  readonly repositoryId: number | null;
  readonly [key: string]: unknown;
}

const create = async (json: Record<string, unknown>) =>
  room.client.call<Project>('POST', '/api/projects', { json });
const change = async (slug: string, json: Record<string, unknown>) =>
  room.client.call<Project>('PATCH', `/api/projects/${slug}`, { json });
const addressOf = (ending = '') => `${github.webUrl}/ada/shop${shops}${ending}`;
/** The slugs of the projects that a push to a new branch deploys. */
async function deployedBy(branch: string): Promise<string[]> {
  const commit = github.push(shop, { ...FILES, 'web/a': branch }, { branch });
  await github.settled();
  const rows = await room.db
    .select({ slug: projects.slug })
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(eq(deployments.commit, commit));
  return rows.map(({ slug }) => slug).toSorted();
}

describe('a project with the Git URL of a repository that the GitHub App was given', () => {
  it('needs no password, and is deployed by pushes beside the others of its repository', async () => {
    const settings = { rootDirectory: 'docs' };
    const { status, body } = await create({ gitUrl: addressOf('.git'), slug: `docs${shops}`, settings });
    expect([status, body['hasCredentials'], body.repositoryId]).toEqual([201, false, shop.id]);
    expect(await deployedBy('topic')).toEqual([`docs${shops}`, `shop${shops}`]);
    const rows = await room.db.select().from(projects).where(eq(projects.repositoryId, shop.id));
    expect(rows).toHaveLength(2);
    expect(github.violations).toEqual([]);
  });

  it.each([
    ['without the ending', () => addressOf()],
    ['with a slash at its end', () => addressOf('/')],
    ['in other letters', () => `${github.webUrl}/Ada/SHOP${shops}.git`],
  ])('is found when it is written %s', async (_how, address) => {
    expect((await create({ gitUrl: address() })).body).toMatchObject({ repositoryId: shop.id });
  });

  it('is the only one where nobody has pushed before', async () => {
    const bare = github.createRepository('ada/fresh', { isPrivate: true });
    bare.git.commit(FILES, { branch: 'main' });
    await github.settled();
    expect((await create({ gitUrl: `${github.webUrl}/ada/fresh`, slug: 'mine' })).body).toMatchObject({
      repositoryId: bare.id,
    });
    github.push(bare, { ...FILES, a: '1' }, { branch: 'topic' });
    await github.settled();
    const rows = await room.db.select().from(projects).where(eq(projects.repositoryId, bare.id));
    expect(rows.map(({ slug }) => slug)).toEqual(['mine']);
    expect(
      await room.db
        .select()
        .from(branches)
        .where(eq(branches.projectId, rows[0]?.id ?? '')),
    ).toEqual([expect.objectContaining({ name: 'topic' })]);
  });

  it('is not linked, and can’t be read, when the App has lost the repository', async () => {
    const lost = github.createRepository('ada/lost', { isPrivate: true, files: FILES });
    await github.settled();
    github.deleteRepository(lost);
    await github.settled();
    const { status, body } = await create({ gitUrl: `${github.webUrl}/ada/lost` });
    expect([status, body['code']]).toEqual([422, 'repository_unreachable']);
  });

  it('leaves its pushes when its Git URL is changed, and gets those of the new one', async () => {
    const slug = `moved${shops}`;
    await create({ gitUrl: addressOf(), slug });
    github.createRepository('grace/public', { files: FILES });
    const away = await change(slug, { gitUrl: `${github.webUrl}/grace/public` });
    expect(away.body).toMatchObject({ repositoryId: null });
    expect(await deployedBy('after')).toEqual([`shop${shops}`]);
    const back = await change(slug, { gitUrl: addressOf() });
    expect(back.body).toMatchObject({ repositoryId: shop.id });
    expect(await deployedBy('back')).toEqual([slug, `shop${shops}`].toSorted());
  });

  it('says that GitHub can’t be asked while it is away', async () => {
    github.faults.set({ isDown: true });
    const { status, body } = await create({ gitUrl: addressOf() });
    github.faults.clear();
    expect([status, body['code']]).toEqual([422, 'repository_unreachable']);
  });
});

it('a Git URL that only looks like the repository’s is not linked', async () => {
  const address = `${github.webUrl}/ada/shop${shops}-copy`;
  github.createRepository(`grace/shop${shops}`, { files: FILES });
  const { body } = await create({ gitUrl: `${github.webUrl}/grace/shop${shops}` });
  expect(body.repositoryId).toBeNull();
  expect((await create({ gitUrl: address })).status).toBe(422);
});
