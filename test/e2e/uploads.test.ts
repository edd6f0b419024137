import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { uploadFolder, type UploadOrder } from '../../publish/upload-folder.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startOffshoot, waitFor, type Deployment, type Offshoot } from '../support/offshoot.ts';

const START_TIMEOUT_MS = 120_000;
const LEASE_MS = 6000;
const NOBODY = 65_534;
const UPLOADER = join(import.meta.dirname, '../fixtures/run-upload.ts');

interface Begun {
  readonly deployment: Deployment;
  readonly upload: { readonly token: string };
}

let git: GitServer;
let offshoot: Offshoot;
let folder: string;

beforeAll(async () => {
  git = await startGitServer();
  offshoot = await startOffshoot({
    environment: { OFFSHOOT_LEASE_MS: String(LEASE_MS), OFFSHOOT_HEARTBEAT_MS: '500' },
  });
}, START_TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, START_TIMEOUT_MS);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offshoot-upload-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function begin(slug: string, body: Record<string, unknown> = {}): Promise<Begun> {
  const answer = await offshoot.call<Begun>('POST', `/api/projects/${slug}/uploads`, body);
  expect(answer.status).toBe(201);
  return answer.body;
}

const send = ({ upload }: Begun, changes: Partial<UploadOrder> = {}) =>
  uploadFolder({
    appUrl: `http://127.0.0.1:${offshoot.appPort}`,
    token: upload.token,
    nonce: `nonce of ${Math.random()}`,
    folder,
    signal: new AbortController().signal,
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
    ...changes,
  });

/** Uploads the folder, and returns the deployment once it is live. */
async function upload(slug: string, body: Record<string, unknown> = {}): Promise<Deployment> {
  const begun = await begin(slug, body);
  expect(await send(begun)).toEqual({ result: 'published', files: expect.any(Number) as number });
  const deployment = await offshoot.waitForEnd(begun.deployment.id);
  expect(deployment).toMatchObject({ status: 'ready', phases: [{ phase: 'publish' }] });
  return deployment;
}

/** The proxy takes what it knows of a host for true for a second. */
async function waitForPage(url: string, body: string): Promise<void> {
  await waitFor(`"${body}" at ${url}`, 5000, async () =>
    (await offshoot.visit(url)).body === body ? true : undefined,
  );
}

async function textOfLog({ id }: Deployment): Promise<string> {
  return (await offshoot.log(id)).map(({ text }) => text).join('\n');
}

/** Enough to compress for some seconds. */
async function writeLargeSite(): Promise<void> {
  const pages = Array.from({ length: 60 }, (_, index) => [
    `${index}.html`,
    Array.from({ length: 40_000 }, (_, word) => `${(word * 7919 + index) % 65_537}`).join(' '),
  ]);
  await write({ 'index.html': 'never seen', ...(Object.fromEntries(pages) as Record<string, string>) });
}

async function waitForUpload({ deployment }: Begun): Promise<void> {
  await waitFor('the claim', 10_000, async () =>
    (await offshoot.deployment(deployment.id)).status === 'building' ? true : undefined,
  );
}

describe('a folder becomes a served site', { timeout: START_TIMEOUT_MS }, () => {
  test('of a project without a repository, and the log tells how', async () => {
    await write({
      'index.html': '<h1>Made at home</h1>',
      'guide/index.html': 'The guide',
      '.well-known/security.txt': 'mail me',
      '.env': 'SECRET=1',
      'node_modules/left-pad/index.js': 'x',
    });
    const project = await offshoot.createProject({ name: 'Made at home' });
    const deployment = await upload(project.slug, { commit: 'c'.repeat(40), message: 'By hand' });
    const home = await offshoot.visit(project.url);
    expect([home.status, home.body]).toEqual([200, '<h1>Made at home</h1>']);
    expect((await offshoot.visit(project.url, '/guide/')).body).toBe('The guide');
    expect((await offshoot.visit(project.url, '/.well-known/security.txt')).body).toBe('mail me');
    expect((await offshoot.visit(project.url, '/.env')).status).toBe(404);
    expect((await offshoot.visit(project.url, '/node_modules/left-pad/index.js')).status).toBe(404);
    const log = await textOfLog(deployment);
    expect(log).toMatch(
      /^Uploading a folder to made-at-home\.\nNot published .*"\.env".*\nPublishing 3 files/,
    );
    expect(log).toMatch(/\nThe upload took .*\.$/);
  });

  test('again, sending only what has changed, and back by a rollback', async () => {
    await write({
      'index.html': 'one',
      'style.css': 'body { color: teal }',
      'photo.jpg': Buffer.alloc(50_000),
    });
    const project = await offshoot.createProject({ name: 'Twice' });
    const first = await upload(project.slug);
    await write({ 'index.html': 'two' });
    const second = await upload(project.slug);
    expect(await textOfLog(second)).toMatch(/Uploaded 1 new content and 0 .* Stored already: 2\./);
    expect((await offshoot.visit(project.url)).body).toBe('two');
    expect((await offshoot.visit(first.urls['deployment'] ?? '')).body).toBe('one');
    expect((await offshoot.call('POST', `/api/deployments/${first.id}/promote`)).status).toBe(200);
    await waitForPage(project.url, 'one');
  });

  test('on a branch of a project with a repository moves the host of that branch only', async () => {
    const { url } = git.createRepository('built', { 'index.html': 'built' });
    const project = await offshoot.createProject({ gitUrl: url });
    const built = await offshoot.waitForEnd((await offshoot.deploy(project.slug)).id);
    await write({ 'index.html': 'a draft' });
    const draft = await upload(project.slug, { branch: 'draft' });
    expect((await offshoot.visit(draft.urls['branch'] ?? '')).body).toBe('a draft');
    expect(draft.urls['production']).toBeNull();
    expect((await offshoot.visit(project.url)).body).toBe('built');
    expect((await offshoot.visit(built.urls['branch'] ?? '')).body).toBe('built');
  });

  test('sent by an ordinary user who has no Git, no sandbox and no other program', async () => {
    await write({ 'index.html': 'from a laptop' });
    await chmod(folder, 0o755);
    const project = await offshoot.createProject({ name: 'Laptop' });
    const begun = await begin(project.slug);
    const appUrl = `http://127.0.0.1:${offshoot.appPort}`;
    const nobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const command = [UPLOADER, appUrl, begun.upload.token, folder];
    const options = { env: { PATH: '/nowhere' }, encoding: 'utf8', ...nobody } as const;
    const { stdout } = await promisify(execFile)(process.execPath, command, options);
    expect(stdout).toMatch(/\npublished\n$/);
    expect((await offshoot.waitForEnd(begun.deployment.id)).status).toBe('ready');
    expect((await offshoot.visit(project.url)).body).toBe('from a laptop');
  });

  test('from afar: everything goes by the address that the uploader knows', async () => {
    const network = await startCountingProxy(offshoot.appPort);
    await write({ 'index.html': 'afar', 'film.mp4': Buffer.alloc(3_000_000, 'film') });
    const project = await offshoot.createProject({ name: 'Afar' });
    const begun = await begin(project.slug);
    const outcome = await send(begun, { appUrl: `http://localhost:${network.port}` });
    await network.close();
    expect(outcome).toEqual({ result: 'published', files: 2 });
    expect(network.sentBytes()).toBeGreaterThan(3_000_000);
    expect((await offshoot.waitForEnd(begun.deployment.id)).status).toBe('ready');
  });
});

describe('an upload that does not come to its end', { timeout: START_TIMEOUT_MS }, () => {
  test('because its uploader was killed has failed with `lost`, says so, and moves nothing', async () => {
    await write({ 'index.html': 'before' });
    const project = await offshoot.createProject({ name: 'Killed' });
    await upload(project.slug);
    await writeLargeSite();
    const begun = await begin(project.slug);
    const appUrl = `http://127.0.0.1:${offshoot.appPort}`;
    const uploader = spawn(process.execPath, [UPLOADER, appUrl, begun.upload.token, folder]);
    await waitForUpload(begun);
    uploader.kill('SIGKILL');
    await once(uploader, 'exit');
    const ended = await offshoot.waitForEnd(begun.deployment.id, LEASE_MS + 20_000);
    expect(ended).toMatchObject({
      status: 'failed',
      reason: 'lost',
      message: expect.stringContaining('Nothing was heard of the uploader') as string,
    });
    expect(await textOfLog(ended)).toMatch(/Upload the folder again\. The deployment failed\.$/);
    expect((await offshoot.visit(project.url)).body).toBe('before');
    await rm(folder, { recursive: true });
    await write({ 'index.html': 'after' });
    await upload(project.slug);
    await waitForPage(project.url, 'after');
  });

  test('because it was canceled in the dashboard ends canceled, its uploader too', async () => {
    await writeLargeSite();
    const project = await offshoot.createProject({ name: 'Canceled' });
    const begun = await begin(project.slug);
    const sending = send(begun);
    await waitForUpload(begun);
    expect((await offshoot.call('POST', `/api/deployments/${begun.deployment.id}/cancel`)).status).toBe(202);
    expect(await sending).toEqual({ result: 'canceled' });
    const ended = await offshoot.waitForEnd(begun.deployment.id);
    expect(ended.status).toBe('canceled');
    expect(await textOfLog(ended)).toMatch(/The upload was canceled\.\nCanceled on request/);
  });

  test('because of Ctrl-C ends canceled at once', async () => {
    await writeLargeSite();
    const project = await offshoot.createProject({ name: 'Interrupted' });
    const begun = await begin(project.slug);
    const stop = new AbortController();
    const sending = send(begun, { signal: stop.signal });
    await waitForUpload(begun);
    stop.abort();
    expect(await sending).toEqual({ result: 'canceled' });
    expect((await offshoot.deployment(begun.deployment.id)).status).toBe('canceled');
  });
});

interface CountingProxy {
  readonly port: number;
  sentBytes(): number;
  close(): Promise<void>;
}

/** Another address of the same server, which counts what is sent to it. */
async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
  let sentBytes = 0;
  const server: Server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    near.on('data', (chunk: Buffer) => void (sentBytes += chunk.length));
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
  });
  server.listen(0);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sentBytes: () => sentBytes,
    async close() {
      server.close();
    },
  };
}
