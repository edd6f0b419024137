import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILDER_PATHS } from '../contracts/build-report.ts';
import type { BuildLimits } from '../contracts/build-spec.ts';
import { type BuilderApp, startBuilderApp, TEST_LIMITS, testSpec } from '../test/support/builder-app.ts';
import type { PublishProgress } from './progress.ts';
import { uploadFolder, type UploadOrder } from './upload-folder.ts';

const KB = 1000;
let folder: string;
let app: BuilderApp;
let said: string[];
let progress: PublishProgress[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upload-folder-'));
  [said, progress] = [[], []];
  app = await openApp();
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const openApp = (limits: Partial<BuildLimits> = {}, leaseMs = 2000) =>
  startBuilderApp({ ...testSpec({ limits: { ...TEST_LIMITS, ...limits }, leaseMs }), source: null });

async function write(path: string, content: string | Buffer = path): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

const upload = (changes: Partial<UploadOrder> = {}) =>
  uploadFolder({
    appUrl: app.url,
    token: app.token,
    nonce: 'a nonce of this test',
    folder,
    onProgress: (one) => progress.push(one),
    say: (text) => said.push(text),
    signal: new AbortController().signal,
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
    ...changes,
  });

function callsOf(path: string): number {
  return app.requests.filter((each) => each === path).length;
}

describe('an uploaded folder', () => {
  it('is in storage, and its manifest is the last word', async () => {
    await write('index.html', '<p>hello</p>'.repeat(500));
    await write('.well-known/security.txt', 'mail me');
    await write('a/photo.jpg', Buffer.alloc(40 * KB, 1));
    expect(await upload()).toEqual({ result: 'published', files: 3 });
    expect(app.heartbeats[0]?.phases).toMatchObject([{ phase: 'publish', endedAt: null }]);
    const [complete] = app.completed;
    if (complete?.result !== 'published') throw new Error(`it was ${complete?.result}`);
    expect(Object.keys(complete.manifest.files).toSorted()).toEqual([
      '.well-known/security.txt',
      'a/photo.jpg',
      'index.html',
    ]);
    expect(complete.manifest.files['index.html']?.variants).toHaveProperty('br');
    expect(complete.phases).toMatchObject([{ phase: 'publish', endedAt: expect.any(Number) as number }]);
    expect(complete.lastSeq).toBe(app.lines.length);
    expect(app.objects.size).toBe(3 + 3);
  });

  it('tells its story in the log, and the same to who uploads', async () => {
    await write('index.html');
    await write('.env', 'SECRET=1');
    await write('.git/config', 'token');
    await write('node_modules/left-pad/index.js');
    await upload();
    expect(app.lines.map(({ text }) => text)).toEqual([
      'Uploading a folder to site.',
      expect.stringMatching(/^Not published .*"\.env"/),
      'Publishing 1 file (10 bytes).',
      expect.stringMatching(/^Uploaded 1 new content and 0 compressed variants/),
      expect.stringMatching(/^The upload took [0-9]/),
    ]);
    const [, leftOut = ''] = app.lines.map(({ text }) => text);
    expect(leftOut).toMatch(/"\.git"/);
    expect(leftOut).toMatch(/"node_modules"/);
    expect(app.lines.every(({ phase, stream }) => phase === 'publish' && stream === 'system')).toBe(true);
    expect(said).toEqual(app.lines.map(({ text }) => text));
    expect([...app.objects.values()].map(String)).toEqual(['index.html']);
  });

  it('sends the second time only what has changed', async () => {
    for (const name of ['a', 'b', 'c']) await write(`${name}.txt`, name);
    await upload();
    app.puts.clear();
    await write('b.txt', 'changed');
    expect(await upload()).toEqual({ result: 'published', files: 3 });
    expect([...app.puts]).toEqual([[200, 1]]);
    expect(said.at(-2)).toMatch(/^Uploaded 1 new content .* Stored already: 2\.$/);
  });

  it('may be a link itself', async () => {
    await write('release/index.html');
    await symlink('release', join(folder, 'current'));
    expect(await upload({ folder: join(folder, 'current') })).toEqual({ result: 'published', files: 1 });
  });

  it('shows how far it is, from nothing to all, in files and bytes of its own', async () => {
    const film = Buffer.alloc(3000 * KB, 'film');
    await write('film.mp4', film);
    await write('same.mp4', film);
    await write('index.html', 'x'.repeat(10 * KB));
    await upload();
    const [hashing, uploading] = ['hashing', 'uploading'].map((step) =>
      progress.filter((each) => each.step === step),
    );
    const all = { total: 3, totalBytes: 6010 * KB };
    expect(hashing?.[0]).toEqual({ step: 'hashing', done: 0, doneBytes: 0, ...all });
    expect(hashing?.at(-1)).toEqual({ step: 'hashing', done: 3, doneBytes: all.totalBytes, ...all });
    const missing = { total: 2, totalBytes: 3010 * KB };
    expect(uploading?.[0]).toEqual({ step: 'uploading', done: 0, doneBytes: 0, ...missing });
    expect(uploading?.at(-1)).toEqual({
      step: 'uploading',
      done: 2,
      doneBytes: missing.totalBytes,
      ...missing,
    });
    // The film does not jump from nothing to all.
    expect(new Set(uploading?.map(({ doneBytes }) => doneBytes)).size).toBeGreaterThan(10);
    expect(uploading?.every(({ doneBytes }, at) => doneBytes >= (uploading[at - 1]?.doneBytes ?? 0))).toBe(
      true,
    );
  });

  it('is published though a heartbeat hears of its end before the report is answered', async () => {
    await write('index.html');
    app.misbehaviour.completeDelayMs = 1000;
    expect(await upload()).toEqual({ result: 'published', files: 1 });
    expect(app.completed).toHaveLength(1);
  });

  it('takes back what a failed try had sent', async () => {
    await write('film.mp4', Buffer.alloc(500 * KB, 1));
    app.misbehaviour.firstPutStatus = 503;
    expect((await upload()).result).toBe('published');
    const uploading = progress.filter(({ step }) => step === 'uploading');
    expect(Math.max(...uploading.map(({ doneBytes }) => doneBytes))).toBe(500 * KB);
    expect(uploading.at(-1)?.doneBytes).toBe(500 * KB);
  });
});

describe('an upload that is ended', () => {
  it('by Ctrl-C tells the app that it was canceled, and ends at once', async () => {
    await write('film.mp4', Buffer.alloc(2000 * KB, 1));
    app.misbehaviour.putStatus = 503;
    const stop = new AbortController();
    const uploading = upload({ signal: stop.signal });
    await expect.poll(() => app.puts.get(503)).toBeGreaterThan(0);
    const stoppedAt = performance.now();
    stop.abort();
    expect(await uploading).toEqual({ result: 'canceled' });
    expect(performance.now() - stoppedAt).toBeLessThan(15_000);
    expect(app.completed).toMatchObject([{ result: 'canceled', lastSeq: app.lines.length }]);
    expect(app.lines.at(-1)?.text).toBe('The upload was canceled.');
  });

  it('by Ctrl-C before it began is claimed and canceled: nobody waits for it until it is lost', async () => {
    await write('index.html');
    expect(await upload({ signal: AbortSignal.abort() })).toEqual({ result: 'canceled' });
    expect(app.completed).toMatchObject([{ result: 'canceled' }]);
    expect(app.objects.size).toBe(0);
  });

  it(
    'by Ctrl-C while the app is away gives the prompt back within seconds',
    { timeout: 40_000 },
    async () => {
      await app.close();
      app = await openApp({}, 600_000);
      await write('index.html');
      app.misbehaviour.putStatus = 503;
      const stop = new AbortController();
      const uploading = upload({ signal: stop.signal });
      await expect.poll(() => app.puts.get(503)).toBeGreaterThan(0);
      app.misbehaviour.isSilent = true;
      const stoppedAt = performance.now();
      stop.abort();
      expect(await uploading).toEqual({ result: 'canceled' });
      expect(performance.now() - stoppedAt).toBeLessThan(30_000);
    },
  );

  it('in the dashboard hears of it with its next heartbeat', async () => {
    await write('index.html');
    app.misbehaviour.putStatus = 503;
    app.misbehaviour.cancel = true;
    expect(await upload()).toEqual({ result: 'canceled' });
    expect(app.completed).toMatchObject([{ result: 'canceled' }]);
  });
});

describe('an upload that fails', () => {
  it('because storage refuses says so to the app and to who uploads', async () => {
    await write('index.html');
    app.misbehaviour.firstPutStatus = 403;
    const outcome = await upload();
    expect(outcome).toMatchObject({ result: 'failed', reason: 'publish_failed' });
    expect(app.completed).toMatchObject([{ result: 'failed', phase: 'publish', reason: 'publish_failed' }]);
    expect(said.at(-1)).toMatch(
      /^The upload failed after .* \(publish_failed\): Storage did not take a file: 403/,
    );
  });

  it('because another uploader has claimed it is broken, and reports nothing', async () => {
    await write('index.html');
    await upload();
    const second = await upload({ nonce: 'a nonce of somebody else' });
    expect(second).toEqual({
      result: 'broken',
      message: 'The app refused /api/builder/claim with 409: claimed already',
    });
    expect(app.completed).toHaveLength(1);
  });

  it('because the app is gone for longer than the lease is broken', async () => {
    await app.close();
    app = await openApp({}, 1000);
    await write('index.html');
    app.misbehaviour.putStatus = 503;
    const uploading = upload();
    await expect.poll(() => app.puts.get(503)).toBeGreaterThan(0);
    app.misbehaviour.isSilent = true;
    expect(await uploading).toEqual({
      result: 'broken',
      message: 'The server could not be reached any more.',
    });
  });

  it('because the app has given it up is broken', async () => {
    await write('index.html');
    app.misbehaviour.putStatus = 503;
    const uploading = upload();
    await expect.poll(() => app.puts.get(503)).toBeGreaterThan(0);
    app.misbehaviour.status = 410;
    expect(await uploading).toEqual({
      result: 'broken',
      message: 'The server wants no more of this upload: it has ended there already.',
    });
  });
});

describe('a folder that can not be uploaded', () => {
  /** Nothing of it may have been read, so nothing may have been announced. */
  async function refusal(changes: Partial<UploadOrder> = {}): Promise<string> {
    const outcome = await upload(changes);
    if (outcome.result !== 'failed') throw new Error(`it was ${outcome.result}`);
    const { reason, message } = outcome;
    expect(app.completed).toMatchObject([{ result: 'failed', phase: 'publish', reason, message }]);
    expect([callsOf(BUILDER_PATHS.blobs), app.objects.size]).toEqual([0, 0]);
    return `${reason}: ${message}`;
  }

  it('has a link to /etc/passwd', async () => {
    await write('index.html');
    await symlink('/etc/passwd', join(folder, 'users.txt'));
    expect(await refusal()).toBe(
      'publish_failed: The link "users.txt" leads out of the folder. Copy the file instead of linking to it.',
    );
  });

  it('has a link to the folder above', async () => {
    await write('site/index.html');
    await write('secret', 'x');
    await symlink('..', join(folder, 'site', 'up'));
    expect(await refusal({ folder: join(folder, 'site') })).toMatch(/"up" leads out of the folder/);
  });

  it.runIf(process.getuid?.() === 0)('has a device', async () => {
    execFileSync('mknod', [join(folder, 'zero'), 'c', '1', '5']);
    expect(await refusal()).toBe(
      'publish_failed: "zero" in the folder is a device, which can\'t be published. Remove it from the folder.',
    );
  });

  it('has a named pipe', async () => {
    execFileSync('/usr/bin/mkfifo', [join(folder, 'pipe')]);
    expect(await refusal()).toMatch(/"pipe" in the folder is a named pipe/);
  });

  it('has one file more than 20,000', { timeout: 60_000 }, async () => {
    const names = Array.from({ length: TEST_LIMITS.outputFiles + 1 }, (_, index) => join(folder, `${index}`));
    for (const name of names) await writeFile(name, '');
    expect(await refusal()).toMatch(
      /^limit_exceeded: The folder has more than 20000 files \(limit outputFiles\); ".*" is one too many\.$/,
    );
  });

  it('has too large a file, or too many bytes in all', async () => {
    await app.close();
    app = await openApp({ outputFileBytes: 1000, outputBytes: 1500 });
    await write('a.bin', Buffer.alloc(1001));
    expect(await refusal()).toMatch(/^limit_exceeded: "a.bin" has 1 KB; a file of the folder may have 1 KB/);
  });

  it('is empty, is a file, or is not there', async () => {
    await write('.env', 'x');
    expect(await refusal()).toMatch(
      /^output_missing: The folder is empty, or holds only what is never published/,
    );
    await write('file', 'x');
    expect((await upload({ folder: join(folder, 'file') })).result).toBe('failed');
    await rename(join(folder, 'file'), join(folder, 'moved'));
    expect(await upload({ folder: join(folder, 'file') })).toMatchObject({
      result: 'failed',
      reason: 'output_missing',
      message: expect.stringMatching(/^The folder is not there/) as string,
    });
  });
});
