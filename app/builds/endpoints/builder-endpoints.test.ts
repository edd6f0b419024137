import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BUILDER_PATHS, NONCE_HEADER, type UploadsReply } from '../../../contracts/build-report.ts';
import { type BuildSpec, buildSpecSchema } from '../../../contracts/build-spec.ts';
import { formatManifest, type Manifest, type Variants } from '../../../contracts/manifest.ts';
import { blobKey, manifestKey, variantKey } from '../../../contracts/storage-keys.ts';
import {
  type BuilderRoom,
  openBuilderRoom,
  randomId,
  readDeployment,
  sha256Of,
  type TestAttempt,
} from '../../../test/support/builder-room.ts';
import { cancel } from '../../actions/cancel.ts';
import { interruptAttempt } from '../../actions/end-attempt.ts';
import { setEnvironmentVariables } from '../../actions/set-environment-variables.ts';
import { findAlias } from '../../db/aliases.ts';
import { findBlobs } from '../../db/blobs.ts';
import { environmentVariables } from '../../db/environment-schema.ts';
import { findAttempt } from '../../db/open-attempts.ts';
import { deployments } from '../../db/schema.ts';
import { createSecretBox } from '../../domain/sealed-text.ts';

let room: BuilderRoom;
beforeAll(async () => {
  room = await openBuilderRoom();
});
afterAll(() => room.dispose());

const PHASES = [{ phase: 'checkout', startedAt: 1, endedAt: null }];
const BEAT = { phases: PHASES, lastSeq: 7 };
const ended = { phases: [{ phase: 'checkout', startedAt: 1, endedAt: 2 }], lastSeq: 9 };
const actions = () => ({
  db: room.db,
  jobs: room.jobs,
  hints: { publish: () => {} },
  logs: { append: async () => {} },
  now: () => room.clock.now,
  randomId,
  appUrl: new URL(room.origin),
  domain: room.policy.domain,
});

async function claimed(): Promise<TestAttempt> {
  const attempt = await room.launch();
  expect((await attempt.claim()).status).toBe(200);
  return attempt;
}

/** As the reconciler gives up a builder that fell silent. */
async function lose({ attemptId, deploymentId }: TestAttempt): Promise<void> {
  await interruptAttempt({ id: attemptId, deploymentId }, 'lost', 'It fell silent.', actions());
}

describe('claim', () => {
  test('starts the build and its lease, and says everything that a builder needs', async () => {
    const attempt = await room.launch({ ref: { kind: 'branch', name: 'feature/Ünï' } });
    const answer = await attempt.claim();
    const spec = buildSpecSchema.parse(answer.body);
    expect(spec).toEqual({
      version: 1,
      deploymentId: attempt.deploymentId,
      attempt: 1,
      projectId: room.project.id,
      projectSlug: 'site',
      source: {
        url: 'https://git.example.com/site.git#opened',
        commit: 'c'.repeat(40),
        ref: 'feature/Ünï',
        allowLocal: true,
      },
      settings: { buildCommand: 'npm run build' },
      environment: {
        CI: 'true',
        OFFSHOOT: '1',
        OFFSHOOT_BRANCH: 'feature/Ünï',
        OFFSHOOT_COMMIT_SHA: 'c'.repeat(40),
        OFFSHOOT_DEPLOYMENT_ID: attempt.deploymentId,
        OFFSHOOT_DEPLOYMENT_URL: `http://${attempt.deploymentId}--site.localhost:8000`,
        OFFSHOOT_ENVIRONMENT: 'preview',
        OFFSHOOT_PROJECT: 'site',
        BRANCH: 'feature/Ünï',
        COMMIT_REF: 'c'.repeat(40),
        DEPLOY_PRIME_URL: expect.stringMatching(/^http:\/\/feature-.+--site\.localhost:8000$/) as string,
        DEPLOY_URL: `http://${attempt.deploymentId}--site.localhost:8000`,
        URL: 'http://site.localhost:8000',
      },
      secrets: [],
      cacheWritable: true,
      limits: room.policy.limits,
      heartbeatMs: 5000,
      leaseMs: 30_000,
    } satisfies BuildSpec);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'building',
      startedAt: new Date(room.clock.now),
    });
    expect(await findAttempt(room.db, attempt.attemptId)).toMatchObject({
      status: 'running',
      leaseExpiresAt: new Date(room.clock.now + 30_000),
    });
    expect(room.hinted).toContain(attempt.deploymentId);
  });

  test('gives the same nonce the same answer again, and refuses another one', async () => {
    const attempt = await room.launch();
    const first = await attempt.claim();
    const again = await attempt.claim();
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    const other = await attempt.claim('another nonce of 16');
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await attempt.post('heartbeat', BEAT)).status).toBe(200);
  });

  test('lets one of many builders through that claim at once', async () => {
    const attempt = await room.launch();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => attempt.claim(`nonce of builder number ${index}`)),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(200), count(409)]).toEqual([1, 7]);
  });

  test('of an attempt that was canceled or lost is 410', async () => {
    const attempt = await room.launch();
    await cancel(attempt.deploymentId, actions());
    expect(await attempt.claim()).toMatchObject({ status: 410, body: { code: 'gone' } });
    const lost = await room.launch();
    await lose(lost);
    expect((await lost.claim()).status).toBe(410);
  });
});

test('a project whose credentials can not be opened fails with that reason, not for a silent builder', async () => {
  const attempt = await room.launch();
  room.secrets.areReadable = false;
  const answer = await attempt.claim();
  room.secrets.areReadable = true;
  expect(answer.status).toBe(410);
  expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
    status: 'failed',
    reason: 'clone_failed',
    message: 'It was sealed with another key.',
  });
  expect((await findAlias(room.db, `${attempt.deploymentId}--site`))?.state).toBe('failed');
});

describe('while GitHub can’t be asked for a token, a claim', () => {
  afterEach(() => {
    room.sources.areReachable = true;
  });

  test('is to come again, and gets the build once GitHub is back', async () => {
    const attempt = await room.launch();
    room.sources.areReachable = false;
    expect(await attempt.claim()).toMatchObject({ status: 503, body: { detail: 'GitHub answers 503.' } });
    room.sources.areReachable = true;
    expect((await attempt.claim()).status).toBe(200);
  });

  test('fails in the end, with GitHub’s words as the reason', async () => {
    const attempt = await room.launch();
    room.sources.areReachable = false;
    await attempt.claim();
    room.clock.now += 20_000;
    expect((await attempt.claim()).status).toBe(410);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'failed',
      reason: 'clone_failed',
      message: 'GitHub answers 503.',
    });
  });
});

describe('environment variables', () => {
  const TOKEN = 'a-very-secret-token';
  beforeAll(async () => {
    const set = (environment: 'production' | 'preview' | null, value: string) =>
      setEnvironmentVariables(
        {
          projectId: room.project.id,
          environment,
          branch: null,
          variables: [
            { name: 'TOKEN', value },
            { name: 'SHORT', value: '1' },
          ],
        },
        { ...actions(), secrets: room.box },
      );
    await set('preview', TOKEN);
    await set('production', 'another-token-of-production');
  });
  afterAll(() => room.db.delete(environmentVariables));

  async function specOf(attempt: TestAttempt): Promise<BuildSpec> {
    return buildSpecSchema.parse((await attempt.claim()).body);
  }

  test('reach a build with what its log must hide', async () => {
    const spec = await specOf(await room.launch());
    expect(spec).toMatchObject({ environment: { TOKEN, SHORT: '1' }, secrets: [TOKEN], cacheWritable: true });
    const production = await specOf(await room.launch({ ref: { kind: 'branch', name: 'main' } }));
    expect(production.environment).toMatchObject({ TOKEN: 'another-token-of-production' });
  });

  test('reach no untrusted build, which writes no shared cache either', async () => {
    const attempt = await room.launch();
    await room.db
      .update(deployments)
      .set({ isTrusted: false, pullRequest: 7 })
      .where(eq(deployments.id, attempt.deploymentId));
    const spec = await specOf(attempt);
    expect(spec.environment).not.toHaveProperty('TOKEN');
    expect(spec).toMatchObject({
      environment: { OFFSHOOT_PULL_REQUEST: '7' },
      secrets: [],
      cacheWritable: false,
    });
    expect(JSON.stringify(spec)).not.toContain(TOKEN);
  });

  test('that can not be opened fail the build with the name of one, and what to do', async () => {
    const attempt = await room.launch();
    const stranger = createSecretBox([Buffer.alloc(32, 3)], randomBytes);
    await room.db
      .update(environmentVariables)
      .set({ value: stranger.seal(TOKEN, 'x') })
      .where(eq(environmentVariables.environment, 'preview'));
    expect((await attempt.claim()).status).toBe(410);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'failed',
      reason: 'config_invalid',
      message: expect.stringMatching(/SHORT can't be read: .*OFFSHOOT_OLD_SECRET_KEYS/),
    });
    const production = await room.launch({ ref: { kind: 'branch', name: 'main' } });
    expect((await production.claim()).status).toBe(200);
  });
});

describe('what proves a builder', () => {
  const refused: [string, Record<string, string>][] = [
    ['no token', { authorization: '' }],
    ['another token', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic eDp5' }],
    ['another nonce', { [NONCE_HEADER]: 'another nonce of 16' }],
    ['an empty nonce', { [NONCE_HEADER]: '' }],
  ];
  test.each(refused)('%s is refused everywhere after the claim', async (_, headers) => {
    const attempt = await claimed();
    for (const path of ['heartbeat', 'blobs', 'uploads', 'complete'] as const) {
      const answer = await attempt.post(path, {}, headers);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  });

  test('the token alone is worth nothing before the claim either', async () => {
    const attempt = await room.launch();
    expect((await attempt.post('heartbeat', BEAT)).status).toBe(401);
    expect((await attempt.post('complete', { result: 'canceled', ...ended })).status).toBe(401);
  });

  test("one attempt's nonce does not open another", async () => {
    const [one, other] = [await claimed(), await claimed()];
    expect((await one.post('heartbeat', BEAT, { [NONCE_HEADER]: other.nonce })).status).toBe(401);
  });

  test.each(['claim', 'heartbeat', 'blobs', 'uploads', 'complete'] as const)(
    "of a stranger's request not a byte of the body is awaited: %s",
    async (path) => {
      const never = new ReadableStream<Uint8Array>();
      const init = {
        method: 'POST',
        headers: { host: new URL(room.origin).host, authorization: 'Bearer nobody' },
        body: never,
        duplex: 'half' as const,
      };
      const answer = await room.app.request(`${room.origin}${BUILDER_PATHS[path]}`, init);
      expect(answer.status).toBe(401);
    },
  );

  test('a body that is no JSON, is malformed or is too long gets a problem document', async () => {
    const { token, nonce } = await claimed();
    const headers = { authorization: `Bearer ${token}`, [NONCE_HEADER]: nonce };
    const send = (raw: string) => room.server.send('POST', BUILDER_PATHS.heartbeat, { raw, headers });
    expect(await send('{')).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
    expect(await send('{"phases":[],"lastSeq":-1}')).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', errors: [{ pointer: '/lastSeq' }] },
    });
    expect(await send(' '.repeat(1024 * 1024 + 1))).toMatchObject({ status: 413 });
  });
});

describe('heartbeat', () => {
  test('renews the lease and shows how far the build is', async () => {
    const attempt = await claimed();
    room.clock.now += 20_000;
    expect(await attempt.post('heartbeat', BEAT)).toMatchObject({ status: 200, body: { cancel: false } });
    expect(await findAttempt(room.db, attempt.attemptId)).toMatchObject({
      leaseExpiresAt: new Date(room.clock.now + 30_000),
      lastSeq: 7,
    });
    expect((await readDeployment(room.db, attempt.deploymentId)).phases).toEqual(PHASES);
  });

  test('tells readers only what is news', async () => {
    const attempt = await claimed();
    const told = () => room.hinted.filter((id) => id === attempt.deploymentId).length;
    await attempt.post('heartbeat', BEAT);
    const before = told();
    await attempt.post('heartbeat', { ...BEAT, lastSeq: 8 });
    expect(told()).toBe(before);
  });

  test('keeps what the commit says of itself, once it is known, and tells readers', async () => {
    const attempt = await claimed();
    const read = async () => readDeployment(room.db, attempt.deploymentId);
    await attempt.post('heartbeat', BEAT);
    expect(await read()).toMatchObject({ commitSubject: null, commitAuthor: null });
    const told = room.hinted.length;
    await attempt.post('heartbeat', { ...BEAT, commit: { subject: 'Add a page', author: 'Ada' } });
    expect(room.hinted.slice(told)).toEqual([attempt.deploymentId]);
    await attempt.post('heartbeat', BEAT);
    expect(await read()).toMatchObject({ commitSubject: 'Add a page', commitAuthor: 'Ada' });
  });

  test('cuts the words of a commit to one line of their bound, whatever they hold', async () => {
    const attempt = await claimed();
    const commit = { subject: `a\0b\u001b[31m\n\u202ec ${'x'.repeat(10_000)}`, author: '\ud800\r\n' };
    expect((await attempt.post('heartbeat', { ...BEAT, commit })).status).toBe(200);
    const { commitSubject, commitAuthor } = await readDeployment(room.db, attempt.deploymentId);
    expect(commitSubject).toMatch(/^a b \[31m c x+$/);
    expect(commitSubject?.length).toBeLessThanOrEqual(500);
    expect(commitAuthor).toBe('\ufffd');
  });

  test('a late one never lowers the last sequence number', async () => {
    const attempt = await claimed();
    await attempt.post('heartbeat', { ...BEAT, lastSeq: 50 });
    await attempt.post('heartbeat', { ...BEAT, lastSeq: 40 });
    expect((await findAttempt(room.db, attempt.attemptId))?.lastSeq).toBe(50);
  });

  test('says that somebody asked to cancel', async () => {
    const attempt = await claimed();
    expect((await cancel(attempt.deploymentId, actions())).outcome).toBe('requested');
    expect(await attempt.post('heartbeat', BEAT)).toMatchObject({ status: 200, body: { cancel: true } });
  });

  test('never revives an attempt that was declared lost, nor touches the next one', async () => {
    const attempt = await claimed();
    await lose(attempt);
    const next = await room.relaunch(attempt.deploymentId);
    expect(next.number).toBe(2);
    await next.claim();
    expect((await attempt.post('heartbeat', BEAT)).status).toBe(410);
    expect((await findAttempt(room.db, attempt.attemptId))?.status).toBe('lost');
    expect((await readDeployment(room.db, attempt.deploymentId)).phases).toEqual([]);
  });
});

interface TestFile {
  readonly body: Buffer;
  readonly variants?: Partial<Record<'br' | 'zstd' | 'gzip', Buffer>>;
}

function describeFile({ body, variants = {} }: TestFile) {
  const sizes: Variants = {};
  for (const coding of ['br', 'zstd', 'gzip'] as const) {
    const variant = variants[coding];
    if (variant !== undefined) sizes[coding] = variant.length;
  }
  return { sha256: sha256Of(body), sizeBytes: body.length, contentType: 'text/html', variants: sizes };
}

function manifestOf(files: Record<string, TestFile>): Manifest {
  const entries = Object.entries(files).map(([path, file]) => [path, describeFile(file)] as const);
  return { version: 1, files: Object.fromEntries(entries) };
}

function uploadsOf({ body, variants = {} }: TestFile) {
  const sha256 = sha256Of(body);
  const all = [[null, body] as const, ...Object.entries(variants)];
  return all.map(([coding, bytes]) => ({
    object: { sha256, coding, bodySha256: sha256Of(bytes), sizeBytes: bytes.length },
    bytes,
  }));
}

async function announce(attempt: TestAttempt, files: TestFile[]) {
  const blobs = files.map(({ body }) => ({ sha256: sha256Of(body), sizeBytes: body.length }));
  return attempt.post('blobs', { blobs });
}

async function upload(attempt: TestAttempt, files: TestFile[]): Promise<number[]> {
  const uploads = files.flatMap(uploadsOf);
  const answer = await attempt.post('uploads', { objects: uploads.map(({ object }) => object) });
  expect(answer.status).toBe(200);
  const { puts } = answer.body as UploadsReply;
  return Promise.all(
    uploads.map(async ({ bytes }, index) => {
      const { url = '', headers = {} } = puts[index] ?? {};
      return (await fetch(room.origin + url, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status;
    }),
  );
}

const publishedReport = (manifest: Manifest) => ({
  result: 'published',
  manifest,
  framework: 'vite',
  ...ended,
});
const fresh = (text = ''): TestFile => ({ body: Buffer.from(`${text} ${randomId()} ${randomId()}`) });

describe('blobs', () => {
  test('only blobs that a finished publish has proved count as stored', async () => {
    const [one, two] = [await claimed(), await claimed()];
    const file = { ...fresh(), variants: { br: Buffer.from('br') } };
    expect((await announce(one, [file])).body).toEqual({ stored: [] });
    await upload(one, [file]);
    expect((await announce(two, [file])).body).toEqual({ stored: [] });
    await one.post('complete', publishedReport(manifestOf({ 'index.html': file })));
    expect((await announce(two, [file, fresh()])).body).toEqual({
      stored: [{ sha256: sha256Of(file.body), variants: { br: 2 } }],
    });
  });

  test('an announced blob is young again', async () => {
    const attempt = await claimed();
    const file = fresh();
    const sha256 = sha256Of(file.body);
    await announce(attempt, [file]);
    room.clock.now += 60_000;
    await announce(attempt, [file, file]);
    const rows = await findBlobs(room.db, room.project.id, [sha256]);
    expect(rows.get(sha256)?.announcedAt).toEqual(new Date(room.clock.now));
  });

  test('builds that announce the same blobs in any order at once do not stop each other', async () => {
    const attempts = await Promise.all([claimed(), claimed(), claimed(), claimed()]);
    const files = Array.from({ length: 200 }, () => fresh());
    const answers = await Promise.all(
      attempts.map((attempt, index) => announce(attempt, index % 2 === 0 ? files : files.toReversed())),
    );
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
  });

  test('a stored blob with another size is refused', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    await attempt.post('complete', publishedReport(manifestOf({ 'index.html': file })));
    const other = await claimed();
    const blobs = [{ sha256: sha256Of(file.body), sizeBytes: 1 }];
    expect(await other.post('blobs', { blobs })).toMatchObject({ status: 422 });
  });
});

describe('uploads', () => {
  const small = Buffer.from('s');
  const cases: [string, (file: TestFile) => object, number][] = [
    ['the blob', (file) => uploadsOf(file)[0]?.object ?? {}, 200],
    ['a smaller variant', (file) => ({ ...uploadsOf({ ...file, variants: { br: small } })[1]?.object }), 200],
    [
      'a blob under another digest',
      (file) => ({ ...uploadsOf(file)[0]?.object, bodySha256: 'a'.repeat(64) }),
      422,
    ],
    ['a blob of another size', (file) => ({ ...uploadsOf(file)[0]?.object, sizeBytes: 1 }), 422],
    ['a variant as long as its blob', (file) => ({ ...uploadsOf(file)[0]?.object, coding: 'br' }), 422],
    ['a coding that nobody knows', (file) => ({ ...uploadsOf(file)[0]?.object, coding: '../x' }), 422],
    ['a blob that was not announced', () => uploadsOf(fresh())[0]?.object ?? {}, 422],
  ];
  test.each(cases)('%s', async (_, objectOf, status) => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    expect((await attempt.post('uploads', { objects: [objectOf(file)] })).status).toBe(status);
  });

  test('a blob above the limit of files gets no URL', async () => {
    const attempt = await claimed();
    const file = { body: Buffer.alloc(1001) };
    await announce(attempt, [file]);
    const objects = uploadsOf(file).map(({ object }) => object);
    expect(await attempt.post('uploads', { objects })).toMatchObject({ status: 422 });
  });

  test('what is there already answers 412', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    expect(await upload(attempt, [file])).toEqual([200]);
    expect(await upload(attempt, [file])).toEqual([412]);
  });
});

describe('complete: published', () => {
  test('stores the manifest and sends the deployment on its way', async () => {
    const attempt = await claimed();
    const page = { ...fresh('page'), variants: { br: Buffer.from('br'), gzip: Buffer.from('gzip') } };
    const [style, twin] = [fresh('style'), fresh('style')];
    const manifest = manifestOf({ 'index.html': page, 'a/style.css': style, 'b.css': twin });
    await announce(attempt, [page, style, twin]);
    await upload(attempt, [page, style, twin]);
    const answer = await attempt.post('complete', publishedReport(manifest));
    expect(answer).toMatchObject({ status: 200, body: { accepted: true } });

    const text = formatManifest(manifest);
    const name = sha256Of(Buffer.from(text));
    expect((await room.storage.read(manifestKey(room.project.id, name)))?.body.toString()).toBe(text);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'building',
      manifest: name,
      fileCount: 3,
      outputBytes: page.body.length + style.body.length + twin.body.length,
      framework: 'vite',
      phases: ended.phases,
    });
    expect(await findAttempt(room.db, attempt.attemptId)).toMatchObject({
      status: 'published',
      lastSeq: 9,
      endedAt: new Date(room.clock.now),
    });
    const { deploymentId } = attempt;
    expect(await room.sentJobs('activate-deployment')).toContainEqual({ deploymentId });
    const rows = await findBlobs(room.db, room.project.id, [sha256Of(page.body)]);
    expect(rows.get(sha256Of(page.body))).toMatchObject({
      storedAt: new Date(room.clock.now),
      variants: { br: 2, gzip: 4 },
    });
  });

  test('the same report again, also at once, is accepted and changes nothing', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    const report = publishedReport(manifestOf({ 'index.html': file }));
    const answers = await Promise.all([1, 2, 3].map(() => attempt.post('complete', report)));
    answers.push(await attempt.post('complete', report));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    const jobs = await room.sentJobs('activate-deployment');
    expect(jobs.filter((job) => job['deploymentId'] === attempt.deploymentId)).toHaveLength(1);
    const failed = { result: 'failed', reason: 'build_failed', phase: 'build', message: 'No.', ...ended };
    expect((await attempt.post('complete', failed)).status).toBe(410);
  });

  const kept = { body: Buffer.from(`kept ${randomId()}`) };
  const refusals: [string, (announced: TestFile) => Manifest, string][] = [
    ['a blob that was never announced', () => manifestOf({ 'index.html': kept }), 'never announced'],
    ['a blob that was never uploaded', (file) => manifestOf({ 'index.html': file }), 'never uploaded'],
    [
      'a blob under another size',
      (file) => ({
        version: 1,
        files: { 'index.html': { ...describeFile(file), sizeBytes: file.body.length - 1 } },
      }),
      'in the manifest',
    ],
    [
      'too many files',
      (file) => manifestOf(Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`${n}.html`, file]))),
      '6 files; 5 are allowed',
    ],
  ];
  test.each(refusals)('%s is refused, and the attempt goes on', async (_, manifestFor, words) => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    const answer = await attempt.post('complete', publishedReport(manifestFor(file)));
    expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringContaining(words) } });
    expect((await attempt.post('heartbeat', BEAT)).status).toBe(200);
    expect((await readDeployment(room.db, attempt.deploymentId)).manifest).toBeNull();
  });

  test('a variant that is not in storage is refused', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    const manifest = manifestOf({ 'index.html': { ...file, variants: { zstd: Buffer.from('z') } } });
    const answer = await attempt.post('complete', publishedReport(manifest));
    expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringContaining('zstd variant') } });
  });

  test('paths that leave the site are refused', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    for (const path of ['../x', '/etc/passwd', 'a//b', 'a/./b', '']) {
      const manifest = manifestOf({ [path]: file });
      expect((await attempt.post('complete', publishedReport(manifest))).status).toBe(422);
    }
  });

  test('a blob whose bytes in storage are not as many as promised is refused', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    const key = blobKey(room.project.id, sha256Of(file.body));
    await room.storage.write(key, Buffer.from('torn'), { contentType: 'application/octet-stream' });
    const answer = await attempt.post('complete', publishedReport(manifestOf({ 'index.html': file })));
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('4 bytes in storage') },
    });
  });

  test('the manifest says the size that a variant has in storage, whoever stored it', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    const key = variantKey(room.project.id, sha256Of(file.body), 'br');
    await room.storage.write(key, Buffer.from('other'), { contentType: 'application/octet-stream' });
    const manifest = manifestOf({ 'index.html': { ...file, variants: { br: Buffer.from('ours') } } });
    expect((await attempt.post('complete', publishedReport(manifest))).status).toBe(200);
    const name = (await readDeployment(room.db, attempt.deploymentId)).manifest ?? '';
    const stored = await room.storage.read(manifestKey(room.project.id, name));
    expect(JSON.parse(stored?.body.toString() ?? '')).toMatchObject({
      files: { 'index.html': { variants: { br: 5 } } },
    });
  });

  test('an artifact that comes after somebody asked to cancel does not go live', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    await cancel(attempt.deploymentId, actions());
    const report = publishedReport(manifestOf({ 'index.html': file }));
    expect((await attempt.post('complete', report)).status).toBe(200);
    expect((await attempt.post('complete', report)).status).toBe(200);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'canceled',
      manifest: null,
    });
  });
});

describe('complete: other ends', () => {
  const failed = {
    result: 'failed',
    reason: 'build_failed',
    phase: 'build',
    message: 'The build command ended with exit code 1.',
    ...ended,
  };

  test('a failure ends the deployment, and its hosts stop waiting', async () => {
    const attempt = await claimed();
    const label = `${attempt.deploymentId}--site`;
    expect((await findAlias(room.db, label))?.state).toBe('waiting');
    expect((await attempt.post('complete', failed)).status).toBe(200);
    expect((await attempt.post('complete', failed)).status).toBe(200);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'failed',
      reason: 'build_failed',
      message: failed.message,
      phases: ended.phases,
    });
    expect(await findAlias(room.db, label)).toMatchObject({ state: 'failed', reason: 'build_failed' });
    const projections = await room.sentJobs('project-aliases');
    expect(projections.some(({ labels }) => (labels as string[]).includes(label))).toBe(true);
  });

  test('a failure whose words PostgreSQL can not keep ends the deployment all the same', async () => {
    const attempt = await claimed();
    const report = { ...failed, message: 'In "offshoot.json": \0 is no key.' };
    expect((await attempt.post('complete', report)).status).toBe(200);
    const { status, message } = await readDeployment(room.db, attempt.deploymentId);
    expect([status, message]).toEqual(['failed', 'In "offshoot.json": \uFFFD is no key.']);
  });

  test('a canceled build ends canceled', async () => {
    const attempt = await claimed();
    await cancel(attempt.deploymentId, actions());
    await attempt.post('complete', { result: 'canceled', ...ended });
    expect((await attempt.post('complete', { result: 'canceled', ...ended })).status).toBe(200);
    expect((await readDeployment(room.db, attempt.deploymentId)).status).toBe('canceled');
  });

  test('a released build is queued again and costs no attempt', async () => {
    const attempt = await claimed();
    const before = (await readDeployment(room.db, attempt.deploymentId)).attemptsLeft;
    const report = { result: 'released', ...ended };
    expect((await attempt.post('complete', report)).status).toBe(200);
    expect((await attempt.post('complete', report)).status).toBe(200);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'queued',
      attemptsLeft: before + 1,
      phases: [],
    });
    const next = await room.relaunch(attempt.deploymentId);
    expect(next.number).toBe(2);
    expect((await next.claim()).status).toBe(200);
    expect((await attempt.post('complete', report)).status).toBe(200);
    expect((await readDeployment(room.db, attempt.deploymentId)).status).toBe('building');
  });

  test.each([failed, { result: 'canceled', ...ended }, { result: 'released', ...ended }])(
    'a report of a lost attempt is 410 and changes nothing: $result',
    async (report) => {
      const attempt = await claimed();
      await lose(attempt);
      const next = await room.relaunch(attempt.deploymentId);
      await next.claim();
      expect((await attempt.post('complete', report)).status).toBe(410);
      expect((await readDeployment(room.db, attempt.deploymentId)).status).toBe('building');
      expect((await next.post('heartbeat', BEAT)).status).toBe(200);
    },
  );

  test('a lost attempt can not publish', async () => {
    const attempt = await claimed();
    const file = fresh();
    await announce(attempt, [file]);
    await upload(attempt, [file]);
    await lose(attempt);
    const report = publishedReport(manifestOf({ 'index.html': file }));
    expect((await attempt.post('complete', report)).status).toBe(410);
    expect(await readDeployment(room.db, attempt.deploymentId)).toMatchObject({
      status: 'queued',
      manifest: null,
    });
  });
});

test('nothing of all this was an internal error', () => {
  expect(room.errors).toEqual([]);
});
