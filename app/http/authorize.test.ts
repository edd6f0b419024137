import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../test/support/github/state.ts';
import { openShopRoom, type ShopRoom } from '../../test/support/sign-in-room.ts';
import type { Visitor } from '../../test/support/visitor.ts';
import { RIGHTS_MAX_AGE_MS } from '../actions/github-rights.ts';
import { githubSessions } from '../db/sign-in-schema.ts';
import { MISS_MAX_AGE_MS } from './authorize.ts';

const TIMEOUT_MS = 120_000;

let room: ShopRoom;
beforeAll(async () => {
  room = await openShopRoom();
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
      await read(visitor, `/logs/${room.own.deployment.id}`),
      await read(visitor, `/logs/${'a'.repeat(20)}`),
    ];
    expect(JSON.stringify(log.body).replace(room.own.deployment.id, 'a'.repeat(20))).toBe(
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
    await read(visitor, `/api/deployments/${room.shop.deployment.id}`);
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
    room.github.setRole(room.repository, 'will', 'write');
    const visitor = await room.signIn('will');
    const pin = () =>
      visitor.send('PATCH', `/api/deployments/${room.shop.deployment.id}`, { json: { pinned: true } });
    expect((await pin()).status).toBe(200);
    room.github.setRole(room.repository, 'will', role);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect((await pin()).status).toBe(status);
    room.github.setRole(room.repository, 'will', 'write');
  });

  it('end within five minutes when the App is suspended, and are there again with it', async () => {
    const visitor = await room.signIn('adam');
    expect(await statusOf(visitor)).toBe(200);
    room.github.suspend(room.installation);
    room.clock.now += RIGHTS_MAX_AGE_MS;
    expect(await statusOf(visitor)).toBe(404);
    expect((await visitor.send<Items>('GET', '/api/projects')).body.items).toEqual([]);
    room.github.unsuspend(room.installation);
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

it('breaks none of GitHub’s rules', () => {
  expect(room.github.violations).toEqual([]);
});
