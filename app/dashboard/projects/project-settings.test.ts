import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { projects } from '../../db/schema.ts';

const PASSWORD = 'hunter2-hunter2';
const PATH = '/projects/shop/settings';
let room: ApiRoom;
let git: GitServer;
let closed: GitServer;
let visitor: Visitor;
let url: string;
let closedUrl: string;
beforeAll(async () => {
  [room, git, closed] = await Promise.all([
    openApiRoom(),
    startGitServer(),
    startGitServer({ credentials: `ada:${PASSWORD}` }),
  ]);
  url = git.createRepository('shop', { 'index.html': 'one' }).url;
  closedUrl = closed.createRepository('closed', { 'index.html': 'one' }).url;
  visitor = await new Visitor(room.server).signIn();
});
afterAll(async () => {
  await room.dispose();
  await Promise.all([git.close(), closed.close()]);
});
beforeEach(async () => {
  await room.db.delete(projects);
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url, name: 'Shop' } });
});

/** The form as a browser sends it when nothing was changed, with these changes. */
async function save(changes: Record<string, string | undefined>) {
  const { body } = await visitor.get(PATH);
  const form = Object.fromEntries(
    [...body.matchAll(/<input\s+(?:type="checkbox"\s+)?id="(\w+)"[^>]*>/g)].flatMap(([input, name = '']) => {
      const isTicked = !input.includes('checkbox') || /\schecked\s/.test(input);
      return isTicked ? [[name, unescape(/value="([^"]*)"/.exec(input)?.[1] ?? '')]] : [];
    }),
  ) as Record<string, string>;
  const typed = Object.entries({ ...form, ...changes }).filter((entry) => entry[1] !== undefined);
  return visitor.post(PATH, Object.fromEntries(typed) as Record<string, string>);
}

function unescape(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

async function readProject() {
  const [row] = await room.db.select().from(projects).where(eq(projects.slug, 'shop'));
  return row!;
}

function mistakeAt(body: string, field: string): string | undefined {
  return new RegExp(`id="${field}-mistake">([^<]*)<`).exec(body)?.[1];
}

describe('the settings', () => {
  it('sent back as they were change nothing', async () => {
    const settings = { rootDirectory: 'a "b" <c>', installCommand: '', buildCommand: 'make', nodeMajor: 22 };
    await room.db
      .update(projects)
      .set({ settings, keepPerBranch: 3, previewDays: 0, holdProduction: true, cancelRunning: true });
    const before = await readProject();
    expect((await save({})).status).toBe(303);
    expect(await readProject()).toEqual(before);
  });

  it('take everything, and say that it is saved', async () => {
    const { status, headers } = await save({
      name: 'The shop',
      productionBranch: 'trunk',
      rootDirectory: 'site',
      installCommandSkip: 'yes',
      buildCommand: 'make',
      outputDirectory: 'dist',
      nodeMajor: '20',
      holdProduction: 'yes',
      cancelRunning: 'yes',
      keepPerBranch: '4',
      previewDays: '7',
    });
    expect([status, headers['location']]).toEqual([303, `${PATH}?saved=yes`]);
    expect(await readProject()).toMatchObject({
      name: 'The shop',
      slug: 'shop',
      gitUrl: url,
      productionBranch: 'trunk',
      settings: {
        rootDirectory: 'site',
        installCommand: '',
        buildCommand: 'make',
        outputDirectory: 'dist',
        nodeMajor: 20,
      },
      holdProduction: true,
      cancelRunning: true,
      keepPerBranch: 4,
      previewDays: 7,
    });
    const { body } = await visitor.get(`${PATH}?saved=yes`);
    expect(body).toMatch(/role="status"[^>]*>\s*Saved\./);
    expect(body).toMatch(/id="installCommandSkip"[^>]*checked/);
  });

  it('that are emptied go back to what is detected, and to the default of this server', async () => {
    await room.db.update(projects).set({ settings: { nodeMajor: 20, buildCommand: '' }, keepPerBranch: 4 });
    expect((await visitor.get(PATH)).body).toContain('Empty: the default of this server, 10.');
    await save({ nodeMajor: '', buildCommandSkip: undefined, keepPerBranch: ' ' });
    expect(await readProject()).toMatchObject({ settings: {}, keepPerBranch: null });
  });
});

describe('a mistake is told at its field, and nothing is saved', () => {
  it.each([
    ['name', { name: ' ' }, 'This must not be empty.'],
    ['productionBranch', { productionBranch: '' }, 'This must not be empty.'],
    ['gitUrl', { gitUrl: '' }, 'This must not be empty.'],
    ['gitUrl', { gitUrl: 'nonsense' }, 'not a complete Git URL'],
    ['gitUrl', { gitUrl: 'http://127.0.0.1:1/x' }, 'can&#39;t be reached'],
    ['keepPerBranch', { keepPerBranch: '0' }, 'It must be at least 1.'],
    ['keepPerBranch', { keepPerBranch: '1001' }, 'It must be at most 1000.'],
    ['previewDays', { previewDays: '-1' }, 'A whole number is expected.'],
    ['previewDays', { previewDays: '99999999999999999999' }, 'A whole number is expected.'],
    ['nodeMajor', { nodeMajor: '12' }, 'It must be at least 18.'],
    ['outputDirectory', { outputDirectory: 'x'.repeat(513) }, 'at most 512 characters'],
  ])('%s: %j', async (field, typed: Record<string, string>, sentence) => {
    const before = await readProject();
    const { status, body } = await save({ installCommand: 'kept-as-typed', ...typed });
    expect(status).toBe(422);
    expect(mistakeAt(body, field)).toContain(sentence);
    expect(body).toContain('value="kept-as-typed"');
    expect(body).toMatch(/Nothing was saved\./);
    expect(await readProject()).toEqual(before);
  });

  it('and what was typed can not become a part of the page', async () => {
    const attack = '"><script>alert(1)</script>';
    const { body } = await save({
      name: attack,
      gitUrl: attack,
      productionBranch: attack,
      nodeMajor: attack,
    });
    expect(body).not.toContain('<script>alert');
  });
});

describe('the user and password of the Git URL', () => {
  const withPassword = () => closedUrl.replace('://', `://ada:${PASSWORD}@`);

  it('are never shown; the page says whether there are some', async () => {
    expect((await visitor.get(PATH)).body).not.toContain('are kept for it');
    expect((await save({ gitUrl: withPassword() })).status).toBe(303);
    const { body } = await visitor.get(PATH);
    expect(body).toContain(`value="${closedUrl}"`);
    expect(body).toContain('A user and password are kept for it');
    expect(body).not.toContain(PASSWORD);
    expect((await readProject()).gitCredentials).toMatch(/^v1\./);
  });

  it('stay when another setting is saved', async () => {
    await save({ gitUrl: withPassword() });
    const before = (await readProject()).gitCredentials;
    await save({ name: 'Renamed' });
    expect(await readProject()).toMatchObject({ name: 'Renamed', gitCredentials: before });
  });

  it('are forgotten with the URL that they were for', async () => {
    await save({ gitUrl: withPassword() });
    await save({ gitUrl: url });
    expect(await readProject()).toMatchObject({ gitUrl: url, gitCredentials: null });
  });

  it('are forgotten when that is asked for, unless the repository needs them', async () => {
    await save({ gitUrl: withPassword() });
    const { status, body } = await save({ forgetCredentials: 'yes' });
    expect([status, mistakeAt(body, 'gitUrl')]).toEqual([422, expect.stringContaining('user')]);
    expect((await readProject()).gitCredentials).not.toBeNull();
    await room.db.update(projects).set({ gitUrl: url });
    expect((await save({ forgetCredentials: 'yes' })).status).toBe(303);
    expect(await readProject()).toMatchObject({ gitUrl: url, gitCredentials: null });
  });

  it('that are wrong are not sent back', async () => {
    const { status, body } = await save({ gitUrl: closedUrl.replace('://', '://ada:hunter3-hunter3@') });
    expect(status).toBe(422);
    expect(body).not.toContain('hunter3');
    expect(body).toContain(`value="${closedUrl}"`);
  });
});

describe('a project of uploaded folders', () => {
  it('can be saved without a Git URL, and be given one', async () => {
    await room.db.update(projects).set({ gitUrl: null });
    expect((await save({ name: 'Folder' })).status).toBe(303);
    expect(await readProject()).toMatchObject({ name: 'Folder', gitUrl: null });
    await save({ gitUrl: url });
    expect(await readProject()).toMatchObject({ gitUrl: url });
  });
});

it('other sites can not save settings', async () => {
  const headers = { origin: 'http://shop.localhost:8000', 'sec-fetch-site': 'same-site' };
  expect((await visitor.post(PATH, { name: 'Stolen' }, headers)).status).toBe(403);
  expect((await readProject()).name).toBe('Shop');
});
