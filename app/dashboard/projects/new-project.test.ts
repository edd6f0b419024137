import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { EXAMPLES } from './first-site.ts';

const PASSWORD = 'hunter2-hunter2';
let room: ApiRoom;
let git: GitServer;
let closed: GitServer;
let visitor: Visitor;
let url: string;
beforeAll(async () => {
  [room, git, closed] = await Promise.all([
    openApiRoom(),
    startGitServer(),
    startGitServer({ credentials: `ada:${PASSWORD}` }),
  ]);
  const { repository, url: made } = git.createRepository('shop', { 'index.html': '<h1>Hello</h1>' });
  repository.commit({ 'index.html': 'two' }, { branch: 'next' });
  url = made;
  visitor = await new Visitor(room.server).signIn();
});
afterAll(async () => {
  await room.dispose();
  await Promise.all([git.close(), closed.close()]);
});

const create = (form: Record<string, string>) => visitor.post('/new', { gitUrl: url, name: '', ...form });

async function read<Row>(path: string): Promise<Row> {
  return (await room.client.call<Row & Record<string, unknown>>('GET', path)).body;
}

async function countProjects(): Promise<number> {
  const [row] = await room.db.execute<{ count: string }>(sql`select count(*) from projects`);
  return Number(row?.count);
}

/** What stands at a field. */
function mistakeAt(body: string, field: string): string | undefined {
  return new RegExp(`id="${field}-mistake">([^<]*)<`).exec(body)?.[1];
}

describe('an empty Offshoot', () => {
  it('shows a form for a Git URL, examples of one click, and the command for a folder', async () => {
    const { status, body } = await visitor.get('/');
    expect(status).toBe(200);
    expect(body).toContain('<h1>Deploy your first site</h1>');
    expect(body).toMatch(/<input[^>]*name="gitUrl"/);
    const offered = [...body.matchAll(/type="hidden" name="gitUrl" value="([^"]*)"/g)].map(
      (match) => match[1],
    );
    expect(offered).toEqual(EXAMPLES.map(({ gitUrl }) => gitUrl));
    expect(offered).toHaveLength(3);
    expect(body).toContain('npx offshoot deploy &lt;folder&gt;');
  });
});

describe('creating a project', () => {
  it('needs nothing but a Git URL, and leads to its first deployment', async () => {
    const { status, headers } = await visitor.post('/new', { gitUrl: ` ${url} ` });
    expect(status).toBe(303);
    const id = /^\/deployments\/([a-z0-9]{20})$/.exec(String(headers['location']))?.[1];
    expect(await read(`/api/deployments/${id}`)).toMatchObject({
      project: { slug: 'shop', name: 'shop' },
      status: 'queued',
      environment: 'production',
      ref: 'main',
      requestedBy: { kind: 'administrator' },
    });
  });

  it('takes all that can be typed', async () => {
    const { status } = await create({
      name: 'All of it',
      productionBranch: 'next',
      rootDirectory: 'site',
      installCommand: 'npm ci',
      buildCommand: 'make',
      buildCommandSkip: 'yes',
      outputDirectory: 'dist',
      nodeMajor: '22',
    });
    expect(status).toBe(303);
    expect(await read('/api/projects/all-of-it')).toMatchObject({
      name: 'All of it',
      productionBranch: 'next',
      settings: {
        rootDirectory: 'site',
        installCommand: 'npm ci',
        buildCommand: '',
        outputDirectory: 'dist',
        nodeMajor: 22,
      },
    });
  });

  it('leads to the project where the repository goes away before its first deployment', async () => {
    let wasListed = false;
    const fragile = await startGitServer({
      intercept: ({ method }, response) => {
        if (wasListed) response.writeHead(503).end();
        const isGone = wasListed;
        wasListed ||= method === 'POST';
        return isGone;
      },
    });
    const { url: fragileUrl } = fragile.createRepository('fragile', { a: '1' });
    const { status, headers } = await visitor.post('/new', { gitUrl: fragileUrl });
    await fragile.close();
    expect([status, headers['location']]).toEqual([303, '/projects/fragile']);
    expect((await visitor.get('/projects/fragile')).body).toContain('Nothing is served yet');
  });
});

describe('a mistake is told at its field, with what was typed kept', () => {
  it.each([
    ['gitUrl', { gitUrl: '' }, 'This must not be empty.'],
    ['gitUrl', { gitUrl: 'nonsense' }, 'This is not a complete Git URL'],
    ['gitUrl', { gitUrl: 'git@github.com:a/b.git' }, 'SSH is not supported'],
    ['gitUrl', { gitUrl: 'http://127.0.0.1:1/x.git' }, 'can&#39;t be reached'],
    ['gitUrl', { gitUrl: `https://example.com/${'x'.repeat(2100)}` }, 'at most 2048 characters'],
    ['name', { name: 'x'.repeat(101) }, 'at most 100 characters'],
    ['name', { name: 'two\nlines' }, 'A name is one line of text.'],
    ['productionBranch', { productionBranch: 'mai' }, 'Did you mean &quot;main&quot;?'],
    ['productionBranch', { productionBranch: 'a\u0007' }, 'no control characters'],
    ['rootDirectory', { rootDirectory: 'x'.repeat(600) }, 'at most 512 characters'],
    ['buildCommand', { buildCommand: 'a\0b' }, 'It is not valid text.'],
    ['nodeMajor', { nodeMajor: '17' }, 'It must be at least 18.'],
    ['nodeMajor', { nodeMajor: '31' }, 'It must be at most 30.'],
    ['nodeMajor', { nodeMajor: '22.5' }, 'A whole number is expected.'],
    ['nodeMajor', { nodeMajor: 'lts' }, 'A whole number is expected.'],
  ])('%s: %j', async (field, typed: Record<string, string>, sentence) => {
    const before = await countProjects();
    const { status, body } = await create({ outputDirectory: 'kept-as-typed', ...typed });
    expect(status).toBe(422);
    expect(mistakeAt(body, field)).toContain(sentence);
    expect(body).toMatch(new RegExp(`id="${field}"[^>]*aria-invalid="true"`));
    expect(body).toContain('value="kept-as-typed"');
    expect(body).toMatch(/role="alert"[^>]*>\s*Nothing was created\. One field needs another look\./);
    expect(await countProjects()).toBe(before);
  });

  it('all of them at once', async () => {
    const { body } = await create({ gitUrl: '', nodeMajor: 'x', name: 'y'.repeat(101) });
    expect(body).toContain('3 fields need another look.');
    for (const field of ['gitUrl', 'nodeMajor', 'name']) expect(mistakeAt(body, field)).toBeDefined();
    expect(body.match(/autofocus/g)).toHaveLength(1);
  });

  it('a build setting that is wrong is not hidden', async () => {
    expect((await create({ nodeMajor: 'x' })).body).toMatch(/<details id="build"\s+open/);
  });

  it('a hundredth project of one name asks for another name', async () => {
    await room.db.execute(sql`
      insert into projects (id, slug, name, production_branch, settings, created_at)
      select 'x' || lpad(i::text, 19, '0'), case i when 1 then 'same' else 'same-' || i end, 'same', 'main', '{}', now()
      from generate_series(1, 99) i`);
    const { status, body } = await create({ name: 'Same' });
    expect([status, mistakeAt(body, 'name')]).toEqual([422, expect.stringContaining('choose another one')]);
  });
});

describe('a password inside the Git URL', () => {
  const secretUrl = (credentials: string) =>
    closed.createRepository('secret', { a: '1' }).url.replace('://', `://${credentials}@`);

  it('is used, and shown on no page', async () => {
    const { status, headers } = await create({ gitUrl: secretUrl(`ada:${PASSWORD}`), name: 'Secret' });
    expect(status).toBe(303);
    expect(closed.requests.some(({ authorization }) => authorization !== undefined)).toBe(true);
    for (const path of ['/', '/projects/secret', '/projects/secret/settings', '/projects/secret/deployments'])
      expect((await visitor.get(path)).body).not.toContain(PASSWORD);
    expect(JSON.stringify(headers)).not.toContain(PASSWORD);
  });

  it.each([
    ['that is wrong', { gitUrl: 'http://ada:hunter3-hunter3@127.0.0.1:1/x.git' }],
    ['in a URL that is none', { gitUrl: 'http//ada:hunter3-hunter3@x' }],
    ['with a slash', { gitUrl: 'https://ada:1/hunter3-hunter3@x/y' }],
    ['beside another mistake', { gitUrl: 'https://ada:hunter3-hunter3@example.com/x', nodeMajor: 'x' }],
  ])('%s is not sent back, and has to be typed again', async (_which, typed) => {
    const { status, body } = await create(typed);
    expect(status).toBe(422);
    expect(body).not.toContain('hunter3');
    expect(mistakeAt(body, 'gitUrl')).toContain('Type it again, with its user and password');
  });
});

it('what was typed can not become a part of the page', async () => {
  const attack = '"><script>alert(1)</script>';
  const { body } = await create({
    gitUrl: attack,
    name: attack,
    productionBranch: attack,
    buildCommand: attack,
  });
  expect(body).not.toContain('<script>alert');
  expect(body).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
});

it('is for people who signed in', async () => {
  const stranger = new Visitor(room.server);
  expect((await stranger.get('/new')).headers['location']).toBe('/login?next=%2Fnew');
  expect((await stranger.post('/new', { gitUrl: url })).status).toBe(401);
});
