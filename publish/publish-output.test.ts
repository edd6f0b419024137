import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILDER_PATHS } from '../contracts/build-report.ts';
import type { Manifest } from '../contracts/manifest.ts';
import { type BuilderApp, startBuilderApp, TEST_LIMITS, testSpec } from '../test/support/builder-app.ts';
import { type AppClient, createAppClient } from './protocol/app-client.ts';
import { createLifeline } from './protocol/lifeline.ts';
import { BUILD_WORDS } from './output-words.ts';
import { publishOutput, type PublishResult } from './publish-output.ts';
import { hashFile, readWhole } from './read-file.ts';
import { walkOutput } from './walk-output.ts';

let source: string;
let app: BuilderApp;
let client: AppClient;
let said: string[];
const timing = { monotonicMs: () => performance.now(), random: Math.random };

beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'publish-output-'));
  await mkdir(join(source, 'dist'));
  said = [];
  app = await startBuilderApp(testSpec());
  const options = {
    ...timing,
    appUrl: app.url,
    token: app.token,
    nonce: 'n'.repeat(20),
    lifeline: createLifeline(),
  };
  client = createAppClient(options);
  await client.claim();
});
afterEach(async () => {
  await app.close();
  await rm(source, { recursive: true, force: true });
});

async function write(path: string, content: string | Buffer): Promise<void> {
  const file = join(source, 'dist', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const order = (signal = new AbortController().signal) => ({
  sourceFolder: source,
  outputFolder: join(source, 'dist'),
  limits: TEST_LIMITS,
  words: BUILD_WORDS,
  signal,
});

async function publish(signal?: AbortSignal, monotonicMs = timing.monotonicMs): Promise<PublishResult> {
  const say = (text: string) => void said.push(text);
  return await publishOutput({ ...order(signal), ...timing, monotonicMs, client, patienceMs: 500, say });
}

async function published(): Promise<Manifest> {
  const result = await publish();
  if (!result.ok) throw new Error(result.message);
  return result.manifest;
}

function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function callsOf(path: string): number {
  return app.requests.filter((each) => each === path).length;
}

describe('a published output', () => {
  it('has its contents, types and variants in storage, byte by byte', async () => {
    const html = '<p>hello</p>'.repeat(500);
    await write('index.html', html);
    await write('data.json', JSON.stringify({ html }));
    await write('small.css', 'a{}');
    await write('photo.jpg', Buffer.alloc(5000, 'compressible, but of a type that is not'));
    await write('README', 'no extension');
    await write('empty.txt', '');
    const { files } = await published();
    expect(
      Object.entries(files)
        .map(([path, file]) => [path, file.contentType, Object.keys(file.variants)])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['README', 'application/octet-stream', []],
      ['data.json', 'application/json; charset=utf-8', ['br', 'zstd', 'gzip']],
      ['empty.txt', 'text/plain; charset=utf-8', []],
      ['index.html', 'text/html; charset=utf-8', ['br', 'zstd', 'gzip']],
      ['photo.jpg', 'image/jpeg', []],
      ['small.css', 'text/css; charset=utf-8', []],
    ]);
    const { sha256, sizeBytes, variants } = files['index.html']!;
    expect([sha256, sizeBytes]).toEqual([sha256Of(html), html.length]);
    expect(app.objects.get(sha256)?.toString()).toBe(html);
    const unpack = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
    for (const coding of ['br', 'zstd', 'gzip'] as const) {
      const body = app.objects.get(`${sha256}.${coding}`)!;
      expect(body.length).toBe(variants[coding]);
      expect(unpack[coding](body).toString()).toBe(html);
    }
  });

  it('stores equal contents once', async () => {
    for (let index = 0; index < 50; index++) await write(`${index}.html`, 'the same');
    expect(Object.keys((await published()).files)).toHaveLength(50);
    expect(app.objects.size).toBe(1);
    expect([...app.puts]).toEqual([[200, 1]]);
  });

  it('keeps only variants that are smaller', async () => {
    await write('noise.txt', randomBytes(4000));
    expect((await published()).files['noise.txt']!.variants).toEqual({});
    expect(app.objects.size).toBe(1);
  });

  it('sends the second time only what has changed, and still names all variants', async () => {
    for (const name of ['a', 'b', 'c']) await write(`${name}.js`, `${name};`.repeat(1000));
    const first = await published();
    app.puts.clear();
    expect(await published()).toEqual(first);
    expect(app.puts.size).toBe(0);
    await write('b.js', 'changed;'.repeat(1000));
    const second = await published();
    expect([...app.puts]).toEqual([[200, 4]]);
    expect(second.files['a.js']).toEqual(first.files['a.js']);
    expect(said.at(-1)).toMatch(/^Uploaded 1 new content and 3 compressed variants .* Stored already: 2\.$/);
  });

  it('asks about its contents a thousand at a time', { timeout: 60_000 }, async () => {
    for (let index = 0; index < 2100; index++) await write(`${index % 40}/${index}.bin`, `${index}`);
    expect(Object.keys((await published()).files)).toHaveLength(2100);
    expect(callsOf(BUILDER_PATHS.blobs)).toBe(3);
    expect(app.objects.size).toBe(2100);
  });

  it('streams large files', async () => {
    const film = randomBytes(30_000_000);
    await write('film.mp4', film);
    const { files } = await published();
    expect(files['film.mp4']!.sha256).toBe(sha256Of(film));
    expect(app.objects.get(sha256Of(film))!.equals(film)).toBe(true);
  });

  it('takes an object that somebody else has stored meanwhile as stored', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.firstPutStatus = 412;
    expect((await publish()).ok).toBe(true);
  });
});

describe('a slow connection', () => {
  it('gets new URLs when those of its group have grown old', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.firstPutStatus = 503;
    const elevenMinutes = 11 * 60_000;
    const clock = () => performance.now() + (app.puts.has(503) ? elevenMinutes : 0);
    expect((await publish(undefined, clock)).ok).toBe(true);
    expect(callsOf(BUILDER_PATHS.uploads)).toBe(2);
  });

  it('may break off in the middle of files that take longer than storage may be away', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.putStatus = 503;
    // Every try takes a second by this clock, twice the patience.
    let now = 0;
    const publishing = publish(undefined, () => (now += 1000));
    await expect.poll(() => app.puts.get(503)).toBeGreaterThanOrEqual(3);
    delete app.misbehaviour.putStatus;
    expect((await publishing).ok).toBe(true);
  });

  it('that breaks off again and again is given up', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.putStatus = 503;
    let now = 0;
    expect((await publish(undefined, () => (now += 1000))).ok).toBe(false);
    expect(app.puts.get(503)).toBe(6);
  });
});

describe('an output that can not be published', () => {
  it('is empty: the message says where and what to do', async () => {
    await write('.hidden', 'x');
    expect(await publish()).toMatchObject({
      ok: false,
      reason: 'output_missing',
      message: expect.stringMatching(/"dist" is empty/) as string,
    });
    expect(said).toEqual([expect.stringMatching(/^Not published .*: "\.hidden"\.$/)]);
  });

  it('is one that storage refuses', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.firstPutStatus = 403;
    expect(await publish()).toMatchObject({
      ok: false,
      reason: 'publish_failed',
      message: expect.stringMatching(/403/) as string,
    });
    expect(callsOf(BUILDER_PATHS.uploads)).toBe(1);
  });

  it('is one whose storage stays out of order', async () => {
    await write('a.txt', 'x');
    app.misbehaviour.putStatus = 503;
    expect(await publish()).toMatchObject({
      ok: false,
      reason: 'publish_failed',
      message: expect.stringMatching(/503/) as string,
    });
    expect(app.puts.get(503)).toBeGreaterThan(2);
  });

  it('ends when it is told to', async () => {
    await write('a.txt', 'x');
    const controller = new AbortController();
    controller.abort();
    await expect(publish(controller.signal)).rejects.toThrow(/abort/i);
    expect(app.objects.size).toBe(0);
  });
});

describe('a file that is exchanged after it was found', () => {
  async function find() {
    await write('folder/file', 'content');
    const { files } = await walkOutput(order());
    return files[0]!;
  }
  const folder = () => join(source, 'dist', 'folder');

  it.each([
    [
      'for a link',
      async () => {
        await rm(join(folder(), 'file'));
        await symlink('/etc/passwd', join(folder(), 'file'));
      },
    ],
    [
      'for another file',
      async () => {
        await writeFile(join(folder(), 'new'), 'CONTENT');
        await rename(join(folder(), 'new'), join(folder(), 'file'));
      },
    ],
    ['by a longer content', () => writeFile(join(folder(), 'file'), 'content and more')],
    [
      'by a link in place of its folder',
      async () => {
        await rename(folder(), join(source, 'elsewhere'));
        await symlink(join(source, 'elsewhere'), folder());
      },
    ],
    ['by nothing', () => rm(join(folder(), 'file'))],
  ])('%s is not read', async (_, exchange) => {
    const file = await find();
    expect((await readWhole(file)).toString()).toBe('content');
    await exchange();
    await expect(readWhole(file)).rejects.toThrow(/"folder\/file" changed/);
    await expect(hashFile(file)).rejects.toThrow(/changed/);
  });
});
