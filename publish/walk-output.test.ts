import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputProblem } from './output-problem.ts';
import { BUILD_WORDS } from './output-words.ts';
import { walkOutput } from './walk-output.ts';

const LIMITS = { outputFiles: 20, outputFileBytes: 1000, outputBytes: 3000 };
let source: string;
let output: string;

beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'walk-output-'));
  output = join(source, 'dist');
  await mkdir(output);
});
afterEach(() => rm(source, { recursive: true, force: true }));

async function write(path: string, content: string | Buffer = path): Promise<void> {
  const file = join(output, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function walk(outputFolder = output, limits = LIMITS) {
  return await walkOutput({
    sourceFolder: source,
    outputFolder,
    limits,
    words: BUILD_WORDS,
    signal: new AbortController().signal,
  });
}

async function paths(): Promise<string[]> {
  return (await walk()).files.map(({ path }) => path).toSorted();
}

/** Expects a refusal, and returns its reason and message. */
async function refusal(walking: Promise<unknown> = walk()): Promise<string> {
  const error = await walking.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(OutputProblem);
  const { reason, message } = error as OutputProblem;
  return `${reason}: ${message}`;
}

describe('what is published', () => {
  it('is every file of every folder, with any UTF-8 name', async () => {
    const names = [
      'index.html',
      'a/b/c.js',
      'ünï/漢 🎉.txt',
      '--help',
      'a\nb',
      'q?.html',
      '__proto__',
      '.well-known/x',
    ];
    for (const name of names) await write(name);
    expect(await paths()).toEqual(names.toSorted());
  });

  it('is no dotted name, no node_modules, and none of our own files; the log names them', async () => {
    for (const name of [
      'index.html',
      '.git/config',
      'a/.env',
      'node_modules/x/y.js',
      'offshoot.json',
      '_headers',
      '_redirects',
      'a/_headers',
    ])
      await write(name);
    expect(await paths()).toEqual(['a/_headers', 'index.html']);
    expect((await walk()).leftOut).toMatch(/^Not published .*: "[^"]+"(, "[^"]+"){4} and 1 more\.$/);
  });

  it('is the content behind links that stay inside', async () => {
    await write('a/file.txt', 'content');
    await symlink('a/file.txt', join(output, 'copy.txt'));
    await symlink('a', join(output, 'b'));
    await symlink(join(output, 'copy.txt'), join(output, 'absolute.txt'));
    expect(await paths()).toEqual(['a/file.txt', 'absolute.txt', 'b/file.txt', 'copy.txt']);
  });

  it('is the whole repository when that is the output', async () => {
    await write('index.html');
    const { files } = await walk(source);
    expect(files.map(({ path }) => path)).toEqual(['dist/index.html']);
  });
});

describe('links that are refused', () => {
  it.each([
    ['out of the output', '/etc/passwd', /publish_failed: The link "evil" leads out of the output\./],
    ['to the folder above', '..', /leads out of the output\./],
    ['to a neighbour whose name begins alike', '../dist-secret', /leads out of the output\./],
    ['to a device', '/dev/zero', /leads out of the output\./],
    ['to itself', 'evil', /leads to nothing/],
    ['to nothing', 'missing', /leads to nothing/],
    ['to the folder that holds it', '.', /a circle/],
    ['to dotted names', '.git/config', /never published/],
  ])('%s', async (_, target, message) => {
    await write('.git/config', 'token');
    await mkdir(join(source, 'dist-secret'));
    await symlink(target, join(output, 'evil'));
    expect(await refusal()).toMatch(message);
  });

  it('out of the output by way of a second link', async () => {
    await symlink('/etc', join(output, 'first'));
    await symlink('first/passwd', join(output, 'second'));
    expect(await refusal()).toMatch(/leads out of the output\./);
  });

  it('in a circle over several folders', async () => {
    await write('a/x');
    await write('b/x');
    await symlink('../b', join(output, 'a', 'to-b'));
    await symlink('../a', join(output, 'b', 'to-a'));
    expect(await refusal()).toMatch(/a circle/);
  });

  it('that multiply without end: the limit on files ends it', async () => {
    await write('z/file');
    for (const [folder, next] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'e'],
      ['e', 'z'],
    ] as const) {
      await mkdir(join(output, folder));
      await symlink(`../${next}`, join(output, folder, '1'));
      await symlink(`../${next}`, join(output, folder, '2'));
    }
    expect(await refusal()).toMatch(/limit_exceeded/);
  });

  it('as the output folder itself', async () => {
    await symlink('/etc', join(source, 'public'));
    expect(await refusal(walk(join(source, 'public')))).toMatch(
      /"public" leads out of the repository's files/,
    );
    expect(await refusal(walk(join(source, '..')))).toMatch(/leads out of the repository's files/);
  });
});

describe('entries that are refused', () => {
  it('a named pipe, without waiting for a writer', async () => {
    execFileSync('/usr/bin/mkfifo', [join(output, 'pipe')]);
    expect(await refusal()).toMatch(/publish_failed: "pipe" in the output is a named pipe/);
  });

  it('a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(output, 'sock'), resolve));
    expect(await refusal()).toMatch(/"sock" in the output is a socket/);
    await new Promise((resolve) => server.close(resolve));
  });

  it.runIf(process.getuid?.() === 0)('a device', async () => {
    execFileSync('mknod', [join(output, 'zero'), 'c', '1', '5']);
    expect(await refusal()).toMatch(/"zero" in the output is a device/);
  });

  it('names that are not UTF-8, or hold a backslash', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${output}/bad`), Buffer.from([0xff])]), '');
    expect(await refusal()).toMatch(/publish_failed: The name "bad\ufffd" .* is not valid UTF-8/);
    execFileSync('rm', ['-r', output]);
    await write('a\\b');
    expect(await refusal()).toMatch(/backslash/);
  });

  it('paths longer than a manifest can name', async () => {
    await write(`${'x'.repeat(200)}/`.repeat(5) + 'y'.repeat(200));
    expect(await refusal()).toMatch(/more than 1024 characters/);
  });
});

describe('limits', () => {
  it('on one file, on the sum and on the number, each naming the file and the setting', async () => {
    await write('big.bin', Buffer.alloc(1001));
    expect(await refusal()).toMatch(/limit_exceeded: "big.bin" has 1 KB; .* \(limit outputFileBytes\)/);
    await write('big.bin', Buffer.alloc(1000));
    for (const name of ['b', 'c']) await write(name, Buffer.alloc(1000));
    expect((await walk()).totalBytes).toBe(3000);
    await write('d', 'x');
    expect(await refusal()).toMatch(/limit_exceeded: .* 3 KB in sum \(limit outputBytes\), reached at/);
    expect(await refusal(walk(output, { ...LIMITS, outputFiles: 2 }))).toMatch(
      /more than 2 files \(limit outputFiles\)/,
    );
  });

  it('on folders without files', async () => {
    for (let index = 0; index < 21; index++) await mkdir(join(output, `${index}`));
    expect(await refusal()).toMatch(/limit_exceeded: The output has more than 20 folders/);
  });
});

describe('a missing output', () => {
  it('says which folder was expected and what to do', async () => {
    expect(await refusal(walk(join(source, 'build')))).toMatch(
      /output_missing: There is no output folder "build".*"output" in offshoot.json/,
    );
    await link(await writeAndName('file'), join(source, 'out'));
    expect(await refusal(walk(join(source, 'out')))).toMatch(/output_missing/);
  });
});

async function writeAndName(path: string): Promise<string> {
  await write(path);
  return join(output, path);
}
