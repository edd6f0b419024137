import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pointerKey } from '../../contracts/storage-keys.ts';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';

interface Deployment {
  readonly id: string;
  readonly status: string;
  readonly createdAt: number;
  readonly [key: string]: unknown;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

const MANIFEST = 'a'.repeat(64);
let room: ApiRoom;
let git: GitServer;
let commits: { main: string; feature: string };

beforeAll(async () => {
  [room, git] = await Promise.all([openApiRoom(), startGitServer()]);
  const { repository, url, commit } = git.createRepository('blog', { 'index.html': 'one' });
  const feature = repository.commit({ 'index.html': 'two' }, { branch: 'feature/x' });
  repository.tag('v1', commit, 'annotated');
  commits = { main: commit, feature };
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url } });
  await room.client.call('POST', '/api/projects', { json: { gitUrl: url, slug: 'other' } });
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});

async function deploy(json?: Record<string, unknown>, slug = 'blog') {
  room.clock.now += 1;
  const call = json === undefined ? {} : { json };
  return room.client.call<Deployment>('POST', `/api/projects/${slug}/deployments`, call);
}

async function act(id: string, verb: 'cancel' | 'redeploy' | 'promote') {
  room.clock.now += 1;
  return room.client.call<Deployment>('POST', `/api/deployments/${id}/${verb}`);
}

/** What a build would have done. */
async function finish(id: string): Promise<void> {
  await room.db.execute(
    sql`update deployments set status = 'ready', manifest = ${MANIFEST} where id = ${id}`,
  );
}

describe('deploying', () => {
  it.each([undefined, {}])('takes the production branch when nothing is asked for (%j)', async (json) => {
    const { status, body, headers } = await deploy(json);
    expect(status).toBe(202);
    expect(headers['location']).toBe(`/api/deployments/${body.id}`);
    expect(body).toMatchObject({
      project: { slug: 'blog', name: 'blog' },
      status: 'queued',
      reason: null,
      environment: 'production',
      refKind: 'branch',
      ref: 'main',
      commit: commits.main,
      phases: [],
      urls: {
        deployment: `http://${body.id}--blog.localhost:8000`,
        branch: 'http://main--blog.localhost:8000',
        production: 'http://blog.localhost:8000',
        logs: `http://deploy.example.com/logs/${body.id}`,
      },
      createdAt: room.clock.now,
      startedAt: null,
      finishedAt: null,
    });
    expect((await room.client.call('GET', `/api/deployments/${body.id}`)).body).toEqual(body);
  });

  it('takes no body for nothing, though many clients name a type for it', async () => {
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await room.client.call('POST', '/api/projects/blog/deployments', { headers });
    expect([status, body['ref']]).toEqual([202, 'main']);
  });

  it('gives a branch a host of its own', async () => {
    const { body } = await deploy({ ref: 'feature/x' });
    expect(body).toMatchObject({
      environment: 'preview',
      commit: commits.feature,
      urls: {
        branch: expect.stringMatching(/^http:\/\/feature-x-[0-9a-f]{8}--blog\.localhost:8000$/),
        production: null,
      },
    });
  });

  it.each([
    ['a tag', () => 'v1', 'tag'],
    ['a commit', () => commits.feature, 'commit'],
    ['a commit in capitals', () => commits.feature.toUpperCase(), 'commit'],
  ])('gives %s only the host of the deployment', async (_what, ref, refKind) => {
    const { body } = await deploy({ ref: ref() });
    expect(body).toMatchObject({ refKind, environment: 'preview', urls: { branch: null, production: null } });
  });

  it('replaces an older one of the branch that nobody has begun', async () => {
    const [older, newer] = [(await deploy()).body, (await deploy()).body];
    expect((await room.client.call('GET', `/api/deployments/${older.id}`)).body['status']).toBe('superseded');
    expect((await room.client.call('GET', `/api/deployments/${newer.id}`)).body['status']).toBe('queued');
  });

  it.each([
    ['mai', 'Did you mean "main"?'],
    ['--upload-pack=id', 'no branch or tag'],
    ['a$(id)', 'no branch or tag'],
    ['abcdef1', 'all 40 hexadecimal digits'],
  ])('refuses the ref %j with a sentence', async (ref, sentence) => {
    const { status, body } = await deploy({ ref });
    expect([status, body['code']]).toEqual([422, 'ref_not_found']);
    expect(body['errors']).toMatchObject([{ pointer: '/ref', message: expect.stringContaining(sentence) }]);
  });

  it.each([{ ref: '' }, { ref: 7 }, { ref: 'a\nb' }, { ref: 'x'.repeat(256) }, { branch: 'main' }])(
    'refuses the body %j',
    async (json) => {
      const { status, body } = await deploy(json);
      expect([status, body['code']]).toEqual([422, 'invalid_request']);
    },
  );

  it('says so when the repository has gone', async () => {
    await room.db.execute(sql`update projects set git_url = ${`${git.url}/gone.git`} where slug = 'other'`);
    const { status, body } = await deploy({}, 'other');
    expect([status, body['code']]).toEqual([422, 'repository_unreachable']);
    await room.db.execute(sql`update projects set git_url = ${`${git.url}/blog.git`} where slug = 'other'`);
  });
});

describe('canceling', () => {
  it('ends a queued one, and again is harmless', async () => {
    const { id } = (await deploy({ ref: 'v1' })).body;
    const first = await act(id, 'cancel');
    expect([first.status, first.body.status]).toEqual([202, 'canceled']);
    const again = await act(id, 'cancel');
    expect([again.status, again.body.status]).toEqual([202, 'canceled']);
  });

  it('is too late for one that is ready', async () => {
    const { id } = (await deploy({ ref: 'v1' })).body;
    await finish(id);
    const { status, body } = await act(id, 'cancel');
    expect([status, body['code']]).toEqual([409, 'deployment_not_cancelable']);
    expect(body['detail']).toBe('It is ready already: nothing is left to cancel.');
  });

  it('is too late for one whose build is complete', async () => {
    const { id } = (await deploy({ ref: 'v1' })).body;
    await finish(id);
    await room.db.execute(sql`update deployments set status = 'building' where id = ${id}`);
    const { status, body } = await act(id, 'cancel');
    expect(status).toBe(409);
    expect(body['detail']).toContain('goes live at this moment');
  });
});

describe('redeploying', () => {
  it('asks for the same commit again as a new deployment', async () => {
    const old = (await deploy({ ref: 'v1' })).body;
    const { status, body, headers } = await act(old.id, 'redeploy');
    expect([status, headers['location']]).toEqual([202, `/api/deployments/${body.id}`]);
    expect(body.id).not.toBe(old.id);
    expect(body).toMatchObject({ status: 'queued', commit: old['commit'], ref: 'v1' });
  });
});

describe('promoting', () => {
  it('moves production by its pointer, forth and back, without a build', async () => {
    const [one, two] = [(await deploy({ ref: 'v1' })).body, (await deploy({ ref: commits.feature })).body];
    await finish(one.id);
    await finish(two.id);
    for (const { id } of [one, two, one]) {
      const { status, body } = await act(id, 'promote');
      expect([status, body.id, body.status]).toEqual([200, id, 'ready']);
      expect(await productionPointer()).toMatchObject({
        target: { state: 'live', live: { deploymentId: id } },
      });
    }
  });

  it('refuses one that is not ready', async () => {
    const { id } = (await deploy({ ref: 'v1' })).body;
    const { status, body } = await act(id, 'promote');
    expect([status, body['code']]).toEqual([409, 'deployment_not_promotable']);
    expect(body['detail']).toBe('It is queued; only a deployment that is ready can be served.');
  });

  async function productionPointer(): Promise<unknown> {
    return JSON.parse((await room.storage.read(pointerKey('blog')))?.body.toString() ?? 'null');
  }
});

describe('a deployment that is not there', () => {
  it.each([
    ['GET', ''],
    ['POST', '/cancel'],
    ['POST', '/redeploy'],
    ['POST', '/promote'],
  ])('%s %s says so', async (method, tail) => {
    for (const id of ['a'.repeat(20), 'short', '%00', '%ff', "a'b", 'x'.repeat(300)]) {
      const { status, body } = await room.client.call(method, `/api/deployments/${id}${tail}`);
      expect([status, body['code']]).toEqual([404, 'deployment_not_found']);
    }
  });
});

describe('listing deployments', () => {
  beforeAll(async () => {
    await room.db.execute(sql`delete from deployments`);
    for (const ref of ['main', 'feature/x', 'v1', 'main']) await deploy({ ref });
    await deploy({}, 'other');
  });

  it.each([
    ['/api/deployments', ['other main', 'blog main', 'blog v1', 'blog feature/x', 'blog main']],
    ['/api/deployments?project=other', ['other main']],
    ['/api/projects/other/deployments', ['other main']],
    ['/api/deployments?branch=main', ['other main', 'blog main', 'blog main']],
    ['/api/deployments?branch=v1', []],
    ['/api/deployments?status=superseded', ['blog main']],
    ['/api/projects/blog/deployments?branch=main&status=queued', ['blog main']],
  ])('%s filters, newest first', async (path, expected) => {
    const { items, next } = (await room.client.call<Page<Deployment>>('GET', path)).body;
    expect(
      items.map((item) => `${(item['project'] as { slug: string }).slug} ${String(item['ref'])}`),
    ).toEqual(expected);
    expect(next).toBeNull();
  });

  it('pages through all of them once, while new ones arrive', async () => {
    const whole = (await room.client.call<Page<Deployment>>('GET', '/api/deployments')).body.items;
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { items, next } = (
        await room.client.call<Page<Deployment>>('GET', `/api/deployments?limit=2${after}`)
      ).body;
      seen.push(...items.map((item) => item.id));
      await deploy({ ref: 'v1' });
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(seen).toEqual(whole.map((item) => item.id));
  });

  it.each([
    ['status=done', 422, 'invalid_request'],
    ['branch=%00', 422, 'invalid_request'],
    ['branch=', 422, 'invalid_request'],
    ['limit=1000', 422, 'invalid_request'],
    ['project=missing', 404, 'project_not_found'],
  ])('refuses %s', async (query, status, code) => {
    const answer = await room.client.call('GET', `/api/deployments?${query}`);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});

describe('a pin', () => {
  it('is set and taken away, and shown', async () => {
    const { id } = (await deploy({ ref: 'v1' })).body;
    const path = `/api/deployments/${id}`;
    for (const pinned of [true, false]) {
      const { status, body } = await room.client.call('PATCH', path, { json: { pinned } });
      expect([status, body['pinned']]).toEqual([200, pinned]);
      expect((await room.client.call('PATCH', path, { json: {} })).body['pinned']).toBe(pinned);
      expect((await room.client.call('GET', path)).body['pinned']).toBe(pinned);
    }
  });

  it.each([
    ['x'.repeat(20), { pinned: true }, 404],
    ['%00', { pinned: true }, 404],
    ['', { pinned: 'yes' }, 422],
    ['', { status: 'ready' }, 422],
  ])('of %j with %j is refused', async (unknown, json, status) => {
    const id = unknown === '' ? (await deploy({ ref: 'v1' })).body.id : unknown;
    expect((await room.client.call('PATCH', `/api/deployments/${id}`, { json })).status).toBe(status);
  });
});

describe('the hosts of a project', () => {
  it('are listed with what each points at, page by page', async () => {
    const labels: string[] = [];
    for (let after = ''; ;) {
      const path = `/api/projects/other/aliases?limit=1${after}`;
      const { items, next } = (await room.client.call<Page<Record<string, unknown>>>('GET', path)).body;
      labels.push(
        ...items.map((item) => `${String(item['label'])} ${String(item['kind'])} ${String(item['state'])}`),
      );
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(labels.map((label) => label.replace(/^[a-z0-9]{20}--/, '<id>--')).toSorted()).toEqual([
      '<id>--other deployment waiting',
      'main--other branch waiting',
      'other production waiting',
    ]);
  });

  it('can be of one kind', async () => {
    const path = '/api/projects/other/aliases?kind=';
    const { items } = (await room.client.call<Page<Record<string, unknown>>>('GET', `${path}production`))
      .body;
    expect(items.map(({ label }) => label)).toEqual(['other']);
    expect((await room.client.call('GET', `${path}all`)).status).toBe(422);
  });
});
