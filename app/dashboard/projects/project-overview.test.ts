import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../../test/support/git-server.ts';
import { Visitor } from '../../../test/support/visitor.ts';

const MANIFEST = 'a'.repeat(64);
const DAY_MS = 86_400_000;
const HOSTILE = 'x"><b>y';
let room: ApiRoom;
let git: GitServer;
let visitor: Visitor;
let commits: { main: string; feature: string };
beforeAll(async () => {
  [room, git] = await Promise.all([openApiRoom(), startGitServer()]);
  visitor = await new Visitor(room.server).signIn();
  const { repository, url, commit } = git.createRepository('shop', { 'index.html': 'one' });
  const feature = repository.commit({ 'index.html': 'two' }, { branch: 'feature/x' });
  repository.commit({ 'index.html': 'three' }, { branch: HOSTILE });
  repository.tag('v1', commit, 'annotated');
  commits = { main: commit, feature };
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url } });
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});

async function deploy(ref?: string): Promise<string> {
  room.clock.now += 1000;
  const form: Record<string, string> = ref === undefined ? {} : { ref };
  const { status, headers } = await visitor.post('/projects/shop/deployments', form);
  expect(status).toBe(303);
  return String(headers['location']).replace('/deployments/', '');
}

/** What a build would have done, and the activation after it. */
async function finish(id: string, subject: string): Promise<void> {
  const at = new Date(room.clock.now).toISOString();
  await room.db.execute(sql`
    update deployments set status = 'ready', manifest = ${MANIFEST}, commit_subject = ${subject}, commit_author = 'Ada',
      started_at = ${at}, finished_at = ${at} where id = ${id}`);
  await room.db.execute(sql`
    update aliases set state = 'live', deployment_id = ${id}, manifest = ${MANIFEST}
    where deployment_id = ${id} or (kind = 'production' and exists
      (select 1 from deployments where id = ${id} and environment = 'production'))`);
}

const overview = async () => (await visitor.get('/projects/shop')).body;

/** The part of a page between two of its words. */
function part(body: string, from: string, to: string): string {
  return body.slice(body.indexOf(from), body.indexOf(to, body.indexOf(from)));
}

describe('a project that nothing was deployed of', () => {
  it('says how to begin', async () => {
    const body = await overview();
    expect(body).toMatch(/Nothing is served yet: deploy <code>main<\/code>/);
    expect(body).toContain('Nothing was deployed yet.');
    expect(body).toMatch(/<title>shop · Offshoot<\/title>/);
    expect(body).toMatch(/icon-plain\.svg/);
  });
});

describe('the deploy form', () => {
  it('takes the production branch when nothing is typed, and leads to the deployment', async () => {
    const { body } = await room.client.call('GET', `/api/deployments/${await deploy('  ')}`);
    expect(body).toMatchObject({ ref: 'main', commit: commits.main, requestedBy: { kind: 'administrator' } });
  });

  it.each([
    ['a branch', () => 'feature/x', 'branch'],
    ['a tag', () => 'v1', 'tag'],
    ['a commit', () => commits.feature, 'commit'],
  ])('takes %s', async (_what, ref, refKind) => {
    const { body } = await room.client.call('GET', `/api/deployments/${await deploy(ref())}`);
    expect(body).toMatchObject({ refKind, ref: ref() });
  });

  it.each([
    ['featur/x', 'Did you mean &quot;feature/x&quot;?'],
    ['<b>none', 'no branch or tag &quot;&lt;b&gt;none&quot;'],
    ['abcdef1', 'all 40 hexadecimal digits'],
    ['x'.repeat(256), 'It must have at most 255 characters.'],
    ['a\u0001', 'A name in Git has no control characters.'],
  ])('says what is wrong with %j, at the field', async (ref, sentence) => {
    const { status, body } = await visitor.post('/projects/shop/deployments', { ref });
    expect(status).toBe(422);
    expect(part(body, 'id="ref-mistake"', '</span>')).toContain(sentence);
    expect(body).toMatch(/id="ref"[^>]*aria-invalid="true"/);
    expect(body).not.toContain('<b>none');
    expect(body).toContain('id="branches"');
  });

  it('says when the repository can not be reached', async () => {
    await room.db.execute(sql`
      insert into projects (id, slug, name, git_url, production_branch, settings, created_at)
      values (${'g'.repeat(20)}, 'gone-away', 'Gone away', 'http://127.0.0.1:1/x.git', 'main', '{}', now())`);
    const { status, body } = await visitor.post('/projects/gone-away/deployments');
    expect(status).toBe(422);
    expect(part(body, 'id="ref-mistake"', '</span>')).toContain('can&#39;t be reached');
  });

  it('is refused to other sites', async () => {
    const headers = { origin: 'http://shop.localhost:8000', 'sec-fetch-site': 'same-site' };
    expect((await visitor.post('/projects/shop/deployments', {}, headers)).status).toBe(403);
  });
});

describe('the page', () => {
  it('shows a first build on its way', async () => {
    const body = await overview();
    expect(part(body, 'id="production"', '</section>')).toContain('First build');
    expect(body).toMatch(/icon-busy\.svg/);
  });

  it('shows one address with what it serves, by its commit', async () => {
    const id = await deploy();
    await finish(id, 'Open the <i>shop');
    const production = part(await overview(), 'id="production"', '</section>');
    expect(production).toContain('<a href="http://shop.localhost:8000">shop.localhost:8000</a>');
    expect(production).toContain('<span class="badge ready">Live</span>');
    expect(production).toContain(`<a href="/deployments/${id}">Open the &lt;i&gt;shop</a>`);
    expect(production).toContain(`<code>${commits.main.slice(0, 7)}</code>`);
    expect(production).toContain('Ada');
  });

  it('shows branches with their hosts and newest deployments, production first', async () => {
    const feature = await deploy('feature/x');
    await finish(feature, 'Two');
    await deploy(HOSTILE);
    const branches = part(await overview(), 'id="branches"', '</section>');
    const names = [...branches.matchAll(/<b>([^<]*)<\/b>/g)].map((match) => match[1]);
    expect(names).toEqual(['main', 'x&quot;&gt;&lt;b&gt;y', 'feature/x']);
    expect(branches).toMatch(/href="http:\/\/feature-x-[0-9a-f]{8}--shop\.localhost:8000"/);
    expect(branches).toContain(`<a href="/deployments/${feature}">Two</a>`);
    expect(branches).toContain('<span class="badge busy">Queued</span>');
  });

  it('marks a branch that is gone, with when its previews go', async () => {
    const deletedAt = new Date(room.clock.now - 18.5 * DAY_MS).toISOString();
    await room.db.execute(sql`update branches set deleted_at = ${deletedAt} where name = 'feature/x'`);
    const branches = part(await overview(), 'id="branches"', '</section>');
    expect(branches).toMatch(
      /Gone from the repository<\/span>\s*<span class="faint">kept\s*<time[^>]*>for 11 more days/,
    );
    await room.db.execute(sql`update projects set preview_days = 19 where slug = 'shop'`);
    expect(await overview()).toMatch(/kept\s*<time[^>]*>for less than a day/);
  });

  it('leaves out a branch that is gone and of which nothing is served any more', async () => {
    await room.db.execute(sql`update aliases set state = 'gone' where branch = 'feature/x'`);
    expect(part(await overview(), 'id="branches"', '</section>')).not.toContain('feature/x');
  });

  it('shows the last deployments, and which one production serves', async () => {
    const list = part(await overview(), 'id="latest"', '</section>');
    expect(list.match(/<li>/g)?.length).toBe(6);
    expect(list.match(/Live in production/g)).toHaveLength(1);
    expect(list).toContain('href="/projects/shop/deployments"');
  });

  it('shows a dozen branches, and all of them when asked', async () => {
    await room.db.execute(sql`
      insert into branches (project_id, name, slug, generation)
      select id, 'branch-' || i, 'branch-' || i, nextval('generations') from projects, generate_series(1, 20) i
      where slug = 'shop'`);
    const count = (body: string) => part(body, 'id="branches"', '</section>').match(/class="host"/g)?.length;
    const body = await overview();
    expect(count(body)).toBe(12);
    expect(body).toContain('href="/projects/shop?branches=all#branches"');
    expect(count((await visitor.get('/projects/shop?branches=all')).body)).toBe(22);
  });

  it('says that it has changed when something of it has', async () => {
    const version = async () =>
      (await visitor.get('/live/projects/shop', { accept: 'application/json' })).body;
    const before = await version();
    room.clock.now += DAY_MS;
    expect(await version()).toEqual(before);
    await deploy();
    expect(await version()).not.toEqual(before);
  });

  it('says when production is held', async () => {
    await room.db.execute(sql`update projects set hold_production = true where slug = 'shop'`);
    expect(await overview()).toContain('Production is held');
  });
});

describe('a project without a repository', () => {
  it('explains how folders are uploaded, and has no form', async () => {
    await room.db.execute(sql`
      insert into projects (id, slug, name, production_branch, settings, created_at)
      values (${'f'.repeat(20)}, 'folder', 'Folder', 'main', '{}', now())`);
    const { body } = await visitor.get('/projects/folder');
    expect(body).toContain('npx offshoot deploy &lt;folder&gt;');
    expect(body).not.toContain('action="/projects/folder/deployments"');
    expect((await visitor.post('/projects/folder/deployments')).status).toBe(422);
  });

  it('names what was uploaded', async () => {
    await room.db.execute(sql`
      insert into deployments (id, project_id, environment, ref_kind, ref, source, status, settings, attempts_left, phases, created_at)
      values (${'u'.repeat(20)}, ${'f'.repeat(20)}, 'production', 'branch', 'main', 'upload', 'ready', '{}', 0, '[]', now())`);
    expect((await visitor.get('/projects/folder')).body).toContain('Uploaded folder');
  });
});

describe('a project that is not there', () => {
  it.each([
    ['GET', ''],
    ['GET', '/deployments'],
    ['GET', '/settings'],
    ['GET', '/delete'],
    ['POST', '/deployments'],
    ['POST', '/settings'],
    ['POST', '/delete'],
  ])('is a page that says so: %s %s', async (method, path) => {
    for (const slug of ['none', '%3Cb%3E', 'x'.repeat(300), '..%2F..']) {
      const address = `/projects/${slug}${path}`;
      const { status, body, headers } = await (method === 'GET'
        ? visitor.get(address)
        : visitor.post(address));
      expect(status).toBe(404);
      expect(headers['content-type']).toContain('text/html');
      expect(body).not.toContain('<b>');
    }
  });
});
