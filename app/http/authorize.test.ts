import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Installation, Repository, Role } from '../../test/support/github/state.ts';
import { type Made, openSignInRoom, type SignInRoom } from '../../test/support/sign-in-room.ts';
import type { Visitor } from '../../test/support/visitor.ts';
import { RIGHTS_MAX_AGE_MS } from '../actions/github-rights.ts';
import { githubSessions } from '../db/sign-in-schema.ts';
import { MISS_MAX_AGE_MS } from './authorize.ts';

const TIMEOUT_MS = 120_000;

let room: SignInRoom;
let repository: Repository;
let installation: Installation;
let shop: Made;
/** Of no repository: the administrator's alone. */
let own: Made;

beforeAll(async () => {
  room = await openSignInRoom();
  repository = room.github.createRepository('acme/shop', { isPrivate: true });
  room.github.setRole(repository, 'rita', 'read');
  room.github.setRole(repository, 'will', 'write');
  room.github.setRole(repository, 'adam', 'admin');
  installation = room.github.install('acme');
  shop = await room.createProject(repository, 'shop');
  own = await room.createProject(null, 'own');
}, TIMEOUT_MS);
afterAll(() => room.dispose());

type Items = { readonly items: readonly { readonly slug: string }[]; readonly next: string | null };

const read = (visitor: Visitor, path = '/api/projects/shop') =>
  visitor.send<Record<string, unknown>>('GET', path);
const statusOf = async (visitor: Visitor, path?: string) => (await read(visitor, path)).status;
const questionsOf = (login: string) =>
  room.github.requests.filter(({ caller }) => caller === `user ${login}`).length;

describe('what somebody may not see', { timeout: TIMEOUT_MS }, () => {
  it('is answered with the words for what is not there', async () => {
    const visitor = await room.signIn('rita');
    const [hidden, absent] = [
      await read(visitor, '/api/projects/own'),
      await read(visitor, '/api/projects/owl'),
    ];
    expect(hidden.status).toBe(404);
    expect(JSON.stringify(hidden.body).replace('own', 'owl')).toBe(JSON.stringify(absent.body));
    const [log, nothing] = [
      await read(visitor, `/logs/${own.deployment.id}`),
      await read(visitor, `/logs/${'a'.repeat(20)}`),
    ];
    expect(JSON.stringify(log.body).replace(own.deployment.id, 'a'.repeat(20))).toBe(
      JSON.stringify(nothing.body),
    );
  });

  it('is every project without a repository, whoever they are', async () => {
    for (const login of ['rita', 'will', 'adam'])
      expect(await statusOf(await room.signIn(login), '/api/projects/own')).toBe(404);
  });

  it('is a public repository, too, that the person is no member of', async () => {
    const open = room.github.createRepository('acme/open');
    await room.createProject(open, 'open');
    expect(await statusOf(await room.signIn('eve'), '/api/projects/open')).toBe(404);
    room.github.setRole(open, 'eve', 'read');
    expect(await statusOf(await room.signIn('eve'), '/api/projects/open')).toBe(200);
  });

  it('is not in lists, and their pages are whole', async () => {
    const site = room.github.createRepository('acme/site', { isPrivate: true });
    room.github.setRole(site, 'lena', 'read');
    for (let number = 1; number <= 5; number += 1) {
      room.clock.now += 1000;
      await room.createProject(site, `site-${number}`);
      room.clock.now += 1000;
      await room.createProject(null, `hidden-${number}`);
    }
    const visitor = await room.signIn('lena');
    const listed: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const after: string = next === '' ? '' : `&after=${next}`;
      const { body } = await visitor.send<Items>('GET', `/api/projects?limit=2${after}`);
      listed.push(...body.items.map(({ slug }) => slug));
      next = body.next;
    }
    expect(listed).toEqual(['site-5', 'site-4', 'site-3', 'site-2', 'site-1']);
    const all = await visitor.send<{ items: { project: string }[] }>('GET', '/api/deployments?limit=100');
    expect(all.body.items).toHaveLength(5);
    expect(await statusOf(visitor, '/api/deployments?project=hidden-1')).toBe(404);
    expect((await visitor.get('/')).body).not.toContain('hidden-');
    expect((await visitor.get('/?q=hidden-3')).body).toContain('No project has words');
    expect((await visitor.get('/?q=site-3')).body).toContain('/projects/site-3');
  });

  it('is said in a page, to somebody who may see nothing', async () => {
    const page = await (await room.signIn('nina')).get('/');
    expect(page.body).toContain('No projects to see yet');
    expect(page.body).not.toContain('href="/new"');
  });
});

describe('rights', { timeout: TIMEOUT_MS }, () => {
  it('are asked for once in five minutes, however much is asked for', async () => {
    const visitor = await room.signIn('rita');
    const before = questionsOf('rita');
    await Promise.all([read(visitor), read(visitor), read(visitor, '/api/projects')]);
    room.clock.now += RIGHTS_MAX_AGE_MS - 1;
    await read(visitor, `/api/deployments/${shop.deployment.id}`);
    // Its installations, and the repositories of the one that it sees.
    expect(questionsOf('rita') - before).toBe(2);
    room.clock.now += 1;
    expect(await statusOf(visitor)).toBe(200);
    expect(questionsOf('rita') - before).toBe(4);
  });

  it('that were given a moment ago are there when they are first wanted', async () => {
    const fresh = room.github.createRepository('acme/fresh', { isPrivate: true });
    const visitor = await room.signIn('wendy');
    const made = await room.createProject(fresh, 'fresh');
    expect(await statusOf(visitor, '/projects/fresh')).toBe(404);
    room.github.setRole(fresh, 'wendy', 'read');
    const before = questionsOf('wendy');
    room.clock.now += MISS_MAX_AGE_MS - 1;
    expect(await statusOf(visitor, `/deployments/${made.deployment.id}`)).toBe(404);
    expect(questionsOf('wendy') - before).toBe(0);
    room.clock.now += 1;
    expect(await statusOf(visitor, `/deployments/${made.deployment.id}`)).toBe(200);
    expect(await statusOf(visitor, '/projects/fresh')).toBe(200);
  });

  it.each<[string, Role, number]>([
    ['is no collaborator any more', 'none', 404],
    ['may only read from now on', 'read', 403],
  ])('of somebody who %s are lost within five minutes', async (_what, role, status) => {
    room.github.setRole(repository, 'will', 'write');
    const visitor = await room.signIn('will');
    const pin = () =>
      visitor.send('PATCH', `/api/deployments/${shop.deployment.id}`, { json: { pinned: true } });
    expect((await pin()).status).toBe(200);
    room.github.setRole(repository, 'will', role);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect((await pin()).status).toBe(status);
    room.github.setRole(repository, 'will', 'write');
  });

  it('end within five minutes when the App is suspended, and are there again with it', async () => {
    const visitor = await room.signIn('adam');
    expect(await statusOf(visitor)).toBe(200);
    room.github.suspend(installation);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect(await statusOf(visitor)).toBe(404);
    expect((await visitor.send<Items>('GET', '/api/projects')).body.items).toEqual([]);
    room.github.unsuspend(installation);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect(await statusOf(visitor)).toBe(200);
  });

  it('end within five minutes when the repository is taken away from the App, or the App uninstalled', async () => {
    const [kept, taken] = [
      room.github.createRepository('beta/kept', { isPrivate: true }),
      room.github.createRepository('beta/taken', { isPrivate: true }),
    ];
    const beta = room.github.install('beta', [kept, taken]);
    await room.createProject(kept, 'kept');
    await room.createProject(taken, 'taken');
    const visitor = await room.signIn('beta');
    expect([await statusOf(visitor, '/projects/kept'), await statusOf(visitor, '/projects/taken')]).toEqual([
      200, 200,
    ]);
    room.github.removeRepositories(beta, taken);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect([await statusOf(visitor, '/projects/kept'), await statusOf(visitor, '/projects/taken')]).toEqual([
      200, 404,
    ]);
    room.github.uninstall(beta);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect(await statusOf(visitor, '/projects/kept')).toBe(404);
  });

  it('that GitHub can’t be asked for let nobody in and refuse nobody for good', async () => {
    const visitor = await room.signIn('adam');
    expect(await statusOf(visitor)).toBe(200);
    room.github.faults.set({ seed: 3, answers: { serverError: 1 } });
    expect(await statusOf(visitor)).toBe(200);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    const answer = await read(visitor);
    expect(answer).toMatchObject({ status: 503, body: { code: 'permission_unknown' } });
    expect(answer.headers['retry-after']).toBe('10');
    expect(answer.body['detail']).toContain('GitHub could not be asked whether you may do this');
    expect((await visitor.get('/projects/shop')).body).toContain('GitHub could not be asked');
    expect((await room.client.call('GET', '/api/projects/shop')).status).toBe(200);
    expect((await visitor.post('/logout')).status).toBe(303);
    room.github.faults.set({});
    room.clock.now += 10_000;
    expect(await statusOf(await room.signIn('adam'))).toBe(200);
  });

  it('are not asked for with every click while GitHub is away', async () => {
    const visitor = await room.signIn('adam');
    room.github.faults.set({ seed: 3, answers: { serverError: 1 } });
    const before = questionsOf('adam');
    for (let count = 0; count < 5; count += 1) expect(await statusOf(visitor)).toBe(503);
    expect(questionsOf('adam') - before).toBe(1);
    room.github.faults.set({});
  });

  it('come from the App in effect: a session through another one is over', async () => {
    const visitor = await room.signIn('adam');
    await room.db.update(githubSessions).set({ appId: 1 });
    expect(await statusOf(visitor)).toBe(401);
    expect(await room.db.select().from(githubSessions)).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ login: 'adam', appId: room.github.app.id })]),
    );
  });
});

describe('somebody of GitHub', { timeout: TIMEOUT_MS }, () => {
  it('is who asked for the deployments that they ask for', async () => {
    const visitor = await room.signIn('will');
    const { status, body } = await visitor.send<object>(
      'POST',
      `/api/deployments/${shop.deployment.id}/redeploy`,
    );
    expect([status, body]).toMatchObject([202, { requestedBy: { kind: 'github-user', login: 'will' } }]);
  });

  it('changes settings, but never which repository the project is of: rights come from it', async () => {
    const visitor = await room.signIn('adam');
    const patch = (json: object) => visitor.send('PATCH', '/api/projects/shop', { json });
    expect(await patch({ gitUrl: 'https://github.com/adam/other.git' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await patch({ name: 'The shop' })).toMatchObject({ status: 200, body: { name: 'The shop' } });
    expect((await visitor.get('/projects/shop/settings')).body).not.toContain('name="gitUrl"');
    const form = { name: 'Shop', productionBranch: 'main', gitUrl: 'https://github.com/adam/other.git' };
    expect((await visitor.post('/projects/shop/settings', form)).status).toBe(303);
    expect((await read(visitor)).body).toMatchObject({ name: 'Shop', gitUrl: null });
  });

  it.each([
    ['rita', false, false],
    ['will', true, false],
    ['adam', true, true],
  ])('%s is offered what they may do', async (login, mayDeploy, mayManage) => {
    const visitor = await room.signIn(login);
    const project = (await visitor.get('/projects/shop')).body;
    expect(project.includes('id="deploy"')).toBe(mayDeploy);
    for (const page of ['environment', 'notifications', 'settings'])
      expect(project.includes(`href="/projects/shop/${page}"`)).toBe(mayManage);
    const deployment = (await visitor.get(`/deployments/${shop.deployment.id}`)).body;
    expect(deployment.includes(`/deployments/${shop.deployment.id}/redeploy`)).toBe(mayDeploy);
    const refused = await visitor.post(`/deployments/${shop.deployment.id}/pin`);
    expect(refused.status).toBe(mayDeploy ? 303 : 403);
  });

  it('is told in a page what they would need', async () => {
    const visitor = await room.signIn('rita');
    const { status, body } = await visitor.get('/projects/shop/settings');
    expect(status).toBe(403);
    expect(body).toContain('an administrator of the repository');
    expect((await visitor.get('/setup')).body).toContain('the administrator of this Offshoot');
  });

  it.each(['/live/projects/shop', '/logs/:id'])(
    'hears at %s no longer than their rights are known',
    async (path) => {
      const visitor = await room.signIn('rita');
      const address = path.replace(':id', shop.deployment.id);
      const { version } = (await read(visitor, '/live/projects/shop')).body;
      room.clock.now += RIGHTS_MAX_AGE_MS - 300;
      // It is answered to its end, or this test is.
      const events = await visitor.send<string>('GET', `${address}?version=${String(version)}`, {
        headers: { accept: 'text/event-stream' },
      });
      expect([events.status, events.headers['content-type']]).toEqual([
        200,
        expect.stringContaining('text/event-stream'),
      ]);
      expect(events.body).not.toContain('changed');
    },
  );
});

describe('a WebSocket', { timeout: TIMEOUT_MS }, () => {
  it('follows the log of what may be seen, no longer than rights are known', async () => {
    const visitor = await room.signIn('rita');
    await read(visitor);
    room.clock.now += RIGHTS_MAX_AGE_MS - 300;
    expect(await connect(visitor, shop.deployment.id)).toBe('closed with 1000');
  });

  it('is refused for what may not', async () => {
    expect(await connect(await room.signIn('eve'), shop.deployment.id)).toBe('refused with 404');
    expect(await connect(await room.signIn('adam'), own.deployment.id)).toBe('refused with 404');
  });

  /** Until it has closed by itself, or was refused. */
  function connect(visitor: Visitor, id: string): Promise<string> {
    const headers = {
      cookie: `offshoot_session=${visitor.cookie('offshoot_session')}`,
      host: 'deploy.example.com',
      origin: 'http://deploy.example.com',
    };
    const socket = new WebSocket(`ws://127.0.0.1:${room.server.port}/logs/${id}`, { headers });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => resolve(`closed with ${code}`));
      socket.on('unexpected-response', (request, response) => {
        resolve(`refused with ${response.statusCode}`);
        request.destroy();
      });
    });
  }
});

it('breaks none of GitHub’s rules', () => {
  expect(room.github.violations).toEqual([]);
});
