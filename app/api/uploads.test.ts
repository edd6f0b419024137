import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILDER_PATHS, NONCE_HEADER } from '../../contracts/build-report.ts';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';

const COMMIT = 'a'.repeat(40);

interface Project {
  readonly id: string;
  readonly slug: string;
  readonly [key: string]: unknown;
}
interface Begun {
  readonly deployment: { readonly id: string; readonly [key: string]: unknown };
  readonly upload: { readonly token: string; readonly claimBefore: number };
}

let room: ApiRoom;
let git: GitServer;
let url: string;
beforeAll(async () => {
  [room, git] = await Promise.all([openApiRoom(), startGitServer()]);
  ({ url } = git.createRepository('later', { 'index.html': 'built' }));
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});

const create = (json: Record<string, unknown>) =>
  room.client.call<Project>('POST', '/api/projects', { json });

async function createProject(name: string): Promise<string> {
  const { status, body } = await create({ name });
  expect(status).toBe(201);
  return body.slug;
}

const begin = <Body = Begun>(slug: string, json?: Record<string, unknown>) =>
  room.client.call<Body>('POST', `/api/projects/${slug}/uploads`, json === undefined ? {} : { json });

describe('a project without a repository', () => {
  it('needs a name and nothing else; its production branch is main', async () => {
    const { status, body } = await create({ name: 'Hand made' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      slug: 'hand-made',
      name: 'Hand made',
      gitUrl: null,
      hasCredentials: false,
      productionBranch: 'main',
    });
    const read = await room.client.call('GET', '/api/projects/hand-made');
    expect(read.body).toEqual(body);
  });

  it('may call its production branch as it likes, if Git could', async () => {
    const trunk = await create({ name: 'Trunk', gitUrl: null, productionBranch: 'trunk' });
    expect(trunk.body['productionBranch']).toBe('trunk');
    const { status, body } = await create({ name: 'Dots', productionBranch: 'a..b' });
    expect([status, body['code']]).toEqual([422, 'ref_not_found']);
    expect(body['errors']).toMatchObject([{ pointer: '/productionBranch' }]);
  });

  it('has nothing to build, and says what to do', async () => {
    const slug = await createProject('Nothing to build');
    const { status, body } = await room.client.call('POST', `/api/projects/${slug}/deployments`);
    expect([status, body['code']]).toEqual([409, 'no_repository']);
    expect(body['detail']).toMatch(/npx offshoot deploy <folder>.*Give it a Git URL/);
  });

  it('can be given one later, and is built from it then', async () => {
    const slug = await createProject('Later');
    await begin(slug);
    const changed = await room.client.call('PATCH', `/api/projects/${slug}`, { json: { gitUrl: url } });
    expect(changed.status).toBe(200);
    expect(changed.body['gitUrl']).toBe(url);
    const deployed = await room.client.call('POST', `/api/projects/${slug}/deployments`);
    expect(deployed.status).toBe(202);
    expect(deployed.body).toMatchObject({ source: 'git', ref: 'main' });
  });
});

describe('beginning an upload', () => {
  it('answers the deployment, where it will be, and a token that uploads to it', async () => {
    const slug = await createProject('Shop');
    const { status, headers, body } = await begin(slug, { commit: COMMIT, message: 'Spring sale' });
    expect(status).toBe(201);
    expect(headers['location']).toBe(`/api/deployments/${body.deployment.id}`);
    expect(body.deployment).toMatchObject({
      source: 'upload',
      status: 'launching',
      environment: 'production',
      ref: 'main',
      commit: COMMIT,
      commitSubject: 'Spring sale',
      requestedBy: { kind: 'administrator' },
      urls: { production: 'http://shop.localhost:8000', branch: 'http://main--shop.localhost:8000' },
    });
    expect(body.upload.claimBefore).toBeGreaterThan(room.clock.now);
    const read = await room.client.call('GET', `/api/deployments/${body.deployment.id}`);
    expect(read.body).toEqual(body.deployment);
  });

  it('takes a branch, and no body at all', async () => {
    const slug = await createProject('Branches');
    expect((await begin(slug, { branch: 'feature/ü' })).body.deployment).toMatchObject({
      environment: 'preview',
      ref: 'feature/ü',
      commit: null,
    });
    expect((await begin(slug)).status).toBe(201);
  });

  it.each([
    [{ branch: 'a..b' }, '/branch'],
    [{ branch: '' }, '/branch'],
    [{ commit: 'abc' }, '/commit'],
    [{ message: 'two\nlines' }, '/message'],
    [{ message: 'x'.repeat(201) }, '/message'],
    [{ ref: 'main' }, '/ref'],
  ])('refuses %j, naming the field', async (json, pointer) => {
    const { status, body } = await begin<Record<string, unknown>>('hand-made', json);
    expect([status, body['code']]).toEqual([422, 'invalid_request']);
    expect(body['errors']).toMatchObject([{ pointer }]);
  });

  it('of a project that is not there is 404', async () => {
    expect((await begin<Record<string, unknown>>('nobody')).body['code']).toBe('project_not_found');
  });

  it('is refused while the disk is nearly full', async () => {
    const { freeBytes } = room.disk;
    room.disk.freeBytes = 1;
    const { status, body } = await begin<Record<string, unknown>>('hand-made');
    room.disk.freeBytes = freeBytes;
    expect([status, body['code']]).toEqual([507, 'disk_full']);
    expect(body['detail']).toMatch(/disk is 99 % full/);
  });

  it('can be canceled, and built again can it not be', async () => {
    const { deployment } = (await begin('hand-made')).body;
    const again = await room.client.call('POST', `/api/deployments/${deployment.id}/redeploy`);
    expect([again.status, again.body['code']]).toEqual([409, 'deployment_not_rebuildable']);
    const canceled = await room.client.call('POST', `/api/deployments/${deployment.id}/cancel`);
    expect([canceled.status, canceled.body['status']]).toEqual([202, 'canceled']);
  });
});

describe('the token of an upload', () => {
  const NONCE = 'nonce of the test, long enough';
  const send = (token: string, path: string, json: unknown, nonce = NONCE) =>
    room.server.send('POST', path, {
      json,
      headers: { authorization: `Bearer ${token}`, [NONCE_HEADER]: nonce },
    });

  it('claims a build spec without a source, once', async () => {
    const { upload, deployment } = (await begin('hand-made')).body;
    const claimed = await send(upload.token, BUILDER_PATHS.claim, { nonce: NONCE });
    expect(claimed.status).toBe(200);
    expect(claimed.body).toMatchObject({
      deploymentId: deployment.id,
      attempt: 1,
      source: null,
      secrets: [],
    });
    const other = 'another nonce, as long';
    expect((await send(upload.token, BUILDER_PATHS.claim, { nonce: other }, other)).status).toBe(409);
  });

  it('of a project with credentials gets none of them', async () => {
    // The server asks nobody for a password, so it takes any.
    const { body: project } = await create({ gitUrl: url.replace('://', '://ada:sesame@'), name: 'Private' });
    expect(project['hasCredentials']).toBe(true);
    const { upload } = (await begin(project.slug)).body;
    const { body } = await send(upload.token, BUILDER_PATHS.claim, { nonce: NONCE });
    expect(body).toMatchObject({ source: null });
    expect(JSON.stringify(body)).not.toMatch(/sesame|ada/);
  });

  it('opens nothing of the API, and no other upload', async () => {
    const [mine, other] = [(await begin('hand-made')).body, (await begin('hand-made')).body];
    await send(mine.upload.token, BUILDER_PATHS.claim, { nonce: NONCE });
    const headers = { authorization: `Bearer ${mine.upload.token}`, [NONCE_HEADER]: NONCE };
    const asked = [
      ['GET', '/api/projects'],
      ['POST', '/api/projects/hand-made/uploads'],
      ['DELETE', '/api/projects/hand-made'],
      ['GET', `/api/deployments/${mine.deployment.id}`],
      ['POST', `/api/deployments/${mine.deployment.id}/promote`],
      ['GET', `/logs/${mine.deployment.id}`],
    ] as const;
    const answers = await Promise.all(
      asked.map(([method, path]) => room.server.send(method, path, { headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 401));
    // It was not this token that claimed the other one.
    const beat = { phases: [], lastSeq: 0 };
    expect((await send(other.upload.token, BUILDER_PATHS.heartbeat, beat)).status).toBe(401);
    expect((await send(mine.upload.token, BUILDER_PATHS.heartbeat, beat)).body).toEqual({ cancel: false });
  });
});

it('nothing of all this was an internal error', () => {
  expect(room.errors).toEqual([]);
});
