import { inspect } from 'node:util';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';
import { closeDatabase } from '../db/database.ts';
import { projects } from '../db/schema.ts';
import { sealText } from '../domain/sealed-text.ts';

let room: ApiRoom;
let git: GitServer;
let url: string;
beforeAll(async () => {
  [room, git] = await Promise.all([openApiRoom(), startGitServer()]);
  url = git.createRepository('Mein.Café', { 'index.html': '<h1>Hello</h1>' }).url;
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});

interface Project {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: number;
  readonly [key: string]: unknown;
}

async function create(json: Record<string, unknown>) {
  return room.client.call<Project>('POST', '/api/projects', { json });
}

describe('creating a project', () => {
  it('needs nothing but a Git URL', async () => {
    const { status, body, headers } = await create({ gitUrl: url });
    expect(status).toBe(201);
    expect(headers['location']).toBe('/api/projects/mein-cafe');
    expect(body).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{20}$/),
      slug: 'mein-cafe',
      name: 'Mein.Café',
      gitUrl: url.replace('é', '%C3%A9'),
      repositoryId: null,
      hasCredentials: false,
      productionBranch: 'main',
      settings: {},
      holdProduction: false,
      cancelRunning: false,
      keepPerBranch: null,
      previewDays: null,
      url: 'http://mein-cafe.localhost:8000',
      createdAt: room.clock.now,
    });
  });

  it('numbers a slug that was made and is taken', async () => {
    expect((await create({ gitUrl: url, name: 'Twice' })).body.slug).toBe('twice');
    expect((await create({ gitUrl: url, name: 'Twice' })).body.slug).toBe('twice-2');
    expect((await create({ gitUrl: url, name: 'twice!' })).body.slug).toBe('twice-3');
  });

  it('refuses a slug that was asked for and is taken', async () => {
    await create({ gitUrl: url, slug: 'wanted' });
    const { status, body } = await create({ gitUrl: url, slug: 'wanted' });
    expect([status, body['code']]).toEqual([409, 'slug_taken']);
    expect(body['detail']).toContain('Another project has the slug "wanted"');
  });

  it('gives two requests at once different slugs', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ gitUrl: url, name: 'Race' })));
    const slugs = answers.map((answer) => answer.body.slug).toSorted();
    expect(slugs).toEqual(['race', 'race-2', 'race-3', 'race-4', 'race-5']);
  });

  it('takes all settings', async () => {
    const asked = {
      name: 'All settings',
      slug: 'all-settings',
      productionBranch: 'main',
      settings: { rootDirectory: 'site', buildCommand: '', outputDirectory: 'dist', nodeMajor: 22 },
      holdProduction: true,
      keepPerBranch: 3,
      previewDays: 0,
    };
    const { body } = await create({ gitUrl: url, ...asked });
    expect(body).toMatchObject(asked);
    expect((await room.client.call('GET', '/api/projects/all-settings')).body).toEqual(body);
  });

  it('takes the default branch that the repository names', async () => {
    const { repository, url: other } = git.createRepository('trunked', { a: '1' });
    repository.commit({ a: '2' }, { branch: 'trunk' });
    repository.setDefaultBranch('trunk');
    expect((await create({ gitUrl: other })).body['productionBranch']).toBe('trunk');
  });
});

describe('a Git URL that can not be used is refused at once', () => {
  it.each([
    ['nonsense', 'git_url_invalid', 'This is not a complete Git URL'],
    ['ext::sh -c id', 'git_url_invalid', 'white space'],
    ['git@github.com:a/b.git', 'git_url_invalid', 'SSH is not supported'],
    ['--upload-pack=/bin/sh', 'git_url_invalid', 'hyphen'],
    ['file:///nonexistent/repository', 'repository_unreachable', 'no Git repository'],
    ['http://127.0.0.1:1/a.git', 'repository_unreachable', "can't be reached"],
    ['http://host.invalid/a.git', 'repository_unreachable', 'was not found'],
  ])('%s', async (gitUrl, code, sentence) => {
    const { status, body } = await create({ gitUrl });
    expect([status, body['code']]).toEqual([422, code]);
    expect(body['detail']).toContain(sentence);
    expect(body['errors']).toEqual([{ pointer: '/gitUrl', message: body['detail'] }]);
  });

  it('when nothing is there', async () => {
    const { body } = await create({ gitUrl: `${git.url}/missing.git` });
    expect(body).toMatchObject({
      code: 'repository_unreachable',
      detail: expect.stringContaining('no Git repository'),
    });
  });

  it('when the repository is empty', async () => {
    const { body } = await create({ gitUrl: git.createRepository('empty').url });
    expect(body).toMatchObject({ code: 'ref_not_found', detail: expect.stringContaining('no branch yet') });
  });

  it('when it has no such production branch', async () => {
    const { body } = await create({ gitUrl: url, productionBranch: 'mai' });
    expect(body).toMatchObject({
      code: 'ref_not_found',
      detail: 'The repository has no branch or tag "mai". Did you mean "main"?',
      errors: [{ pointer: '/productionBranch' }],
    });
  });

  it('when it leads to a private address and local repositories are not allowed', async () => {
    const closed = await openApiRoom({ allowLocal: false });
    try {
      const { body } = await closed.client.call('POST', '/api/projects', { json: { gitUrl: url } });
      expect(body).toMatchObject({
        code: 'repository_unreachable',
        detail: expect.stringContaining('is not a public host'),
      });
      const local = await closed.client.call('POST', '/api/projects', { json: { gitUrl: 'file:///tmp' } });
      expect(local.body['code']).toBe('git_url_invalid');
    } finally {
      await closed.dispose();
    }
  });
});

describe('a password inside the Git URL', () => {
  const PASSWORD = 'hunter2-hunter2';
  let closed: GitServer;
  let secretUrl: string;
  beforeAll(async () => {
    closed = await startGitServer({ credentials: `ada:${PASSWORD}` });
    secretUrl = closed.createRepository('secret', { a: '1' }).url;
  });
  afterAll(() => closed.close());

  it('is needed where the server asks for one', async () => {
    const { body } = await create({ gitUrl: secretUrl });
    expect(body).toMatchObject({
      code: 'repository_unreachable',
      detail: expect.stringContaining('user name and password'),
    });
  });

  it('is never shown in a refusal', async () => {
    const wrong = secretUrl.replace('://', '://ada:wrong-password@');
    const { body } = await create({ gitUrl: wrong });
    expect(body['code']).toBe('repository_unreachable');
    expect(JSON.stringify(body)).not.toContain('wrong-password');
  });

  it('is used, sealed in the database, and never shown', async () => {
    const answer = await create({ gitUrl: secretUrl.replace('://', `://ada:${PASSWORD}@`) });
    expect(answer.body).toMatchObject({ gitUrl: secretUrl, hasCredentials: true });
    expect(JSON.stringify(answer)).not.toContain(PASSWORD);
    const rows = await room.db.execute(sql`select projects::text as row from projects where slug = 'secret'`);
    expect(String(rows[0]?.['row'])).toContain('v1.');
    expect(String(rows[0]?.['row'])).not.toContain(PASSWORD);
  });

  it('is opened again to deploy', async () => {
    const { status, body } = await room.client.call('POST', '/api/projects/secret/deployments', { json: {} });
    expect(status).toBe(202);
    expect(JSON.stringify(body)).not.toContain(PASSWORD);
    expect(closed.requests.at(-1)?.authorization).toBe(
      `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`,
    );
  });

  it('can be changed, and the new one is asked first', async () => {
    const refused = await change(secretUrl.replace('://', '://ada:wrong-password@'));
    expect([refused.status, refused.body['code']]).toEqual([422, 'repository_unreachable']);
    expect(JSON.stringify(refused.body)).not.toContain('wrong-password');
    const taken = await change(secretUrl.replace('://', `://ada:${PASSWORD}@`));
    expect([taken.status, taken.body['hasCredentials']]).toEqual([200, true]);
  });

  it('is forgotten with the Git URL that it stood in', async () => {
    const { body } = await change(url);
    expect(body).toMatchObject({ hasCredentials: false });
    const rows = await room.db.execute(sql`select git_credentials from projects where slug = 'secret'`);
    expect(rows[0]?.['git_credentials']).toBeNull();
  });

  it('that no key opens is asked for again', async () => {
    const sealed = sealText('ada:x', 'another row', Buffer.alloc(32, 1), Buffer.alloc(12));
    await room.db.execute(sql`update projects set git_credentials = ${sealed} where slug = 'secret'`);
    const { body } = await room.client.call('POST', '/api/projects/secret/deployments', { json: {} });
    expect(body).toMatchObject({
      code: 'repository_unreachable',
      detail: expect.stringContaining('give the Git URL again'),
    });
  });

  async function change(gitUrl: string) {
    return room.client.call('PATCH', '/api/projects/secret', { json: { gitUrl } });
  }

  it('has not reached the log', () => {
    expect(inspect(room.errors, { depth: null })).not.toContain(PASSWORD);
  });
});

describe('a body that does not fit', () => {
  it.each([
    [{}, [{ pointer: '/name', message: 'give a Git URL, or a name for a project without one' }]],
    [{ gitUrl: 7, name: '' }, [{ pointer: '/gitUrl' }, { pointer: '/name' }]],
    [{ gitUrl: 'x', nmae: 'y' }, [{ pointer: '/nmae', message: 'there is no such field' }]],
    [{ gitUrl: 'x', settings: { 'a/b~c': 1 } }, [{ pointer: '/settings/a~1b~0c' }]],
    [{ gitUrl: 'x', settings: { nodeMajor: 4 } }, [{ pointer: '/settings/nodeMajor' }]],
    [{ gitUrl: 'x', slug: 'a--b' }, [{ pointer: '/slug' }]],
    [{ gitUrl: 'x', name: 'two\nlines' }, [{ pointer: '/name' }]],
    [{ gitUrl: 'x', productionBranch: 'a\u0000b' }, [{ pointer: '/productionBranch' }]],
    [{ gitUrl: 'x', settings: { buildCommand: 'a\u0000b' } }, [{ pointer: '/settings/buildCommand' }]],
    [{ gitUrl: 'x', settings: { buildCommand: '\ud800' } }, [{ pointer: '/settings/buildCommand' }]],
    [{ gitUrl: 'x', name: '\ud800' }, [{ pointer: '/name' }]],
    [[], [{ pointer: '' }]],
    ['text', [{ pointer: '' }]],
    [null, [{ pointer: '' }]],
  ])('%j names every field that is wrong', async (json, errors) => {
    const { status, body } = await room.client.call('POST', '/api/projects', { json });
    expect([status, body['code']]).toEqual([422, 'invalid_request']);
    expect(body['errors']).toMatchObject(errors);
  });

  it('names a bounded number of them', async () => {
    const wrong = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field-${index}`, 1]));
    const { body } = await room.client.call('POST', '/api/projects', { json: wrong });
    expect(body['errors']).toHaveLength(50);
  });

  it('is told from one that is no JSON, and from one that is of another kind', async () => {
    const headers = { 'content-type': 'application/json' };
    const broken = await room.client.call('POST', '/api/projects', { raw: '{"gitUrl": ', headers });
    expect([broken.status, broken.body['code']]).toEqual([400, 'invalid_json']);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const other = await room.client.call('POST', '/api/projects', { raw: 'gitUrl=x', headers: form });
    expect([other.status, other.body['code']]).toEqual([415, 'unsupported_media_type']);
    const none = await room.client.call('POST', '/api/projects', { raw: '{}' });
    expect([none.status, none.body['code']]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('changing a project', () => {
  it('changes what is named and keeps the rest', async () => {
    const before = (await create({ gitUrl: url, slug: 'changing', holdProduction: true })).body;
    const changes = {
      name: 'New name',
      settings: { buildCommand: 'make' },
      previewDays: 7,
      cancelRunning: true,
    };
    const { body } = await room.client.call('PATCH', '/api/projects/changing', { json: changes });
    expect(body).toEqual({ ...before, ...changes });
  });

  it('is harmless when it changes nothing', async () => {
    const before = (await room.client.call('GET', '/api/projects/changing')).body;
    expect((await room.client.call('PATCH', '/api/projects/changing', { json: {} })).body).toEqual(before);
  });

  it('refuses to change what hosts are made of', async () => {
    const { status, body } = await room.client.call('PATCH', '/api/projects/changing', {
      json: { slug: 'x' },
    });
    expect([status, body['errors']]).toEqual([
      422,
      [{ pointer: '/slug', message: 'there is no such field' }],
    ]);
  });
});

describe('deleting a project', () => {
  it('hides it at once, cancels its builds, and leaves the rest to a job', async () => {
    const { id } = (await create({ gitUrl: url, slug: 'doomed' })).body;
    const deployment = (await room.client.call('POST', '/api/projects/doomed/deployments', { json: {} }))
      .body;
    const { status, body } = await room.client.call('DELETE', '/api/projects/doomed');
    expect([status, body]).toEqual([202, { slug: 'doomed', deleting: true }]);
    expect((await room.client.call('GET', '/api/projects/doomed')).status).toBe(404);
    expect((await room.client.call('GET', `/api/deployments/${String(deployment['id'])}`)).status).toBe(404);
    const states = await room.db.execute(sql`select status from deployments where project_id = ${id}`);
    expect([...states]).toEqual([{ status: 'canceled' }]);
    expect(await jobsOf(id)).toBe(1);
  });

  it('may be asked for twice, and keeps the slug taken until it is done', async () => {
    expect((await room.client.call('DELETE', '/api/projects/doomed')).status).toBe(202);
    expect((await create({ gitUrl: url, slug: 'doomed' })).status).toBe(409);
    const [row] = await room.db
      .select()
      .from(projects)
      .where(sql`slug = 'doomed'`);
    expect(await jobsOf(row?.id ?? '')).toBe(1);
  });

  async function jobsOf(projectId: string): Promise<number> {
    const rows = await room.db.execute(
      sql`select 1 from pgboss.job where name = 'delete-project' and data ->> 'projectId' = ${projectId}`,
    );
    return rows.length;
  }
});

describe('a project that is not there', () => {
  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/deployments'],
    ['POST', '/deployments'],
    ['GET', '/aliases'],
  ])('%s %s says so', async (method, tail) => {
    const call = method === 'PATCH' || method === 'POST' ? { json: {} } : {};
    for (const slug of ['missing', '%00', '..%2f..', "a'b", 'x'.repeat(300)]) {
      const { status, body } = await room.client.call(method, `/api/projects/${slug}${tail}`, call);
      expect([status, body['code']]).toEqual([404, 'project_not_found']);
    }
  });
});

describe('listing projects', () => {
  it('is newest first and stable while projects come and go', async () => {
    await room.db.execute(sql`delete from projects`);
    for (let number = 1; number <= 5; number += 1) {
      room.clock.now += number % 2; // two at the same millisecond
      await create({ gitUrl: url, slug: `listed-${number}` });
    }
    const whole = await list('?limit=100');
    const first = await list('?limit=2');
    await create({ gitUrl: url, slug: 'newer' });
    await room.client.call('DELETE', `/api/projects/${first.items[1]?.slug}`);
    const second = await list(`?limit=2&after=${first.next}`);
    const third = await list(`?limit=2&after=${second.next}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(whole.items);
    expect(whole.items.map((item) => item.createdAt)).toEqual(
      whole.items.map((item) => item.createdAt).toSorted((a, b) => b - a),
    );
    expect([whole.next, third.next]).toEqual([null, null]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'after=x', 'after=', `after=${'x'.repeat(300)}`])(
    'refuses %s',
    async (query) => {
      const { status, body } = await room.client.call('GET', `/api/projects?${query}`);
      expect([status, body['errors']]).toMatchObject([422, [{ pointer: query.split('=')[0] }]]);
    },
  );

  it('can be of one repository, however its URL is written', async () => {
    const { url: other } = git.createRepository('Other', { 'index.html': '' });
    await create({ gitUrl: other, slug: 'of-other' });
    const written = other.replace('//', '//user:secret@').replace('http:', 'HTTP:');
    const { items, next } = await list(`?gitUrl=${encodeURIComponent(`${written}/`)}`);
    expect([items.map(({ slug }) => slug), next]).toEqual([['of-other'], null]);
    expect((await list(`?gitUrl=${encodeURIComponent(`${other}-not`)}`)).items).toEqual([]);
  });

  it('refuses a repository that is no Git URL, in a sentence', async () => {
    const { status, body } = await room.client.call('GET', '/api/projects?gitUrl=git@github.com:o/r');
    expect([status, body['code'], body['detail']]).toEqual([
      422,
      'git_url_invalid',
      expect.stringContaining('SSH'),
    ]);
  });

  async function list(query: string) {
    return (await room.client.call<{ items: Project[]; next: string | null }>('GET', `/api/projects${query}`))
      .body;
  }
});

describe('while Postgres is out of reach', () => {
  it('the answer is 503 and says when to ask again', async () => {
    const lost = await openApiRoom();
    try {
      await closeDatabase(lost.db);
      const { status, headers, body } = await lost.client.call('GET', '/api/projects');
      expect([status, body['code'], headers['retry-after']]).toEqual([503, 'unavailable', '2']);
      expect((await lost.client.call('GET', '/healthz')).status).toBe(200);
    } finally {
      await lost.dispose();
    }
  });
});
