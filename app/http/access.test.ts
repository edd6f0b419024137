import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openShopRoom, type ShopRoom } from '../../test/support/sign-in-room.ts';
import type { Visitor } from '../../test/support/visitor.ts';
import { RIGHTS_MAX_AGE_MS } from '../actions/github-rights.ts';

const TIMEOUT_MS = 120_000;

let room: ShopRoom;
beforeAll(async () => {
  room = await openShopRoom();
}, TIMEOUT_MS);
afterAll(() => room.dispose());

const read = (visitor: Visitor, path = '/api/projects/shop') =>
  visitor.send<Record<string, unknown>>('GET', path);

describe('somebody of GitHub', { timeout: TIMEOUT_MS }, () => {
  it('is who asked for the deployments that they ask for', async () => {
    const visitor = await room.signIn('will');
    const { status, body } = await visitor.send<object>(
      'POST',
      `/api/deployments/${room.shop.deployment.id}/redeploy`,
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
    const deployment = (await visitor.get(`/deployments/${room.shop.deployment.id}`)).body;
    expect(deployment.includes(`/deployments/${room.shop.deployment.id}/redeploy`)).toBe(mayDeploy);
    const refused = await visitor.post(`/deployments/${room.shop.deployment.id}/pin`);
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
      const address = path.replace(':id', room.shop.deployment.id);
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

describe('a live page', { timeout: TIMEOUT_MS }, () => {
  it('is looked at for each person by themselves: others are shown something else at the same address', async () => {
    const people = [await room.signIn('rita'), await room.signIn('eve')];
    const versions = await Promise.all(
      people.map(async (each) => (await read(each, '/live/')).body['version']),
    );
    expect(versions[0]).not.toBe(versions[1]);
    room.clock.now += RIGHTS_MAX_AGE_MS - 500;
    const heard = await Promise.all(
      people.map((each, index) =>
        each.send<string>('GET', `/live/?version=${String(versions[index])}`, {
          headers: { accept: 'text/event-stream' },
        }),
      ),
    );
    for (const { body } of heard) expect(body).not.toContain('changed');
  });
});

describe('a WebSocket', { timeout: TIMEOUT_MS }, () => {
  it('follows the log of what may be seen, no longer than rights are known', async () => {
    const visitor = await room.signIn('rita');
    await read(visitor);
    room.clock.now += RIGHTS_MAX_AGE_MS - 300;
    expect(await connect(visitor, room.shop.deployment.id)).toBe('closed with 1000');
  });

  it('is refused for what may not', async () => {
    expect(await connect(await room.signIn('eve'), room.shop.deployment.id)).toBe('refused with 404');
    expect(await connect(await room.signIn('adam'), room.own.deployment.id)).toBe('refused with 404');
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
