import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUILDER_ENVIRONMENT } from '../contracts/build-report.ts';
import type { SourceBuildSpec } from '../contracts/build-spec.ts';
import { type BuilderApp, startBuilderApp, testSpec } from '../test/support/builder-app.ts';
import { type Files, GitRepository } from '../test/support/git-repository.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TEST_UID = 61_987;
const SITE: Files = {
  'index.html': '<h1>Hello</h1>',
  'a/b.css': 'p { color: red }'.repeat(200),
  '.env': 'TOKEN=1',
};

let base: string;
let app: BuilderApp;
let builder: ChildProcess;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'builder-main-'));
  // The builds' user must be able to come in.
  await chmod(base, 0o755);
  for (const folder of ['work', 'toolchain', 'cache']) await mkdir(join(base, folder), { mode: 0o755 });
});
afterEach(async () => {
  builder.kill('SIGKILL');
  await app.close();
  await rm(base, { recursive: true, force: true });
});

async function start(
  files: Files,
  changes: Partial<SourceBuildSpec> = {},
  environment: Record<string, string> = {},
) {
  const repository = new GitRepository(join(base, 'repository'));
  const commit = repository.commit(files, { message: 'The first commit' });
  const source = { url: `file://${repository.directory}`, commit, ref: 'main', allowLocal: true };
  app = await startBuilderApp(testSpec({ source, ...changes }));
  const names = BUILDER_ENVIRONMENT;
  builder = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      [names.appUrl]: app.url,
      [names.token]: app.token,
      [names.workFolder]: join(base, 'work'),
      [names.toolchainFolder]: join(base, 'toolchain'),
      [names.cacheFolder]: join(base, 'cache'),
      [names.slot]: '0',
      ...(process.getuid?.() === 0 ? { [names.uid]: String(TEST_UID) } : {}),
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
}

async function end(): Promise<{ code: unknown; errors: string }> {
  const [[code], errors] = await Promise.all([once(builder, 'exit'), text(builder.stderr!)]);
  return { code, errors };
}

const ENDLESS: Files = {
  'index.html': 'x',
  'offshoot.json': JSON.stringify({ build: 'echo started; sleep 1000 & sleep 1000', output: '.' }),
};

describe('the builder', () => {
  it('publishes a repository of plain files, and leaves nothing behind', async () => {
    await start(SITE);
    expect(await end()).toEqual({ code: 0, errors: '' });
    const commit = { subject: 'The first commit', author: 'Ada' };
    expect(app.completed).toMatchObject([{ result: 'published', framework: null, commit }]);
    const [report] = app.completed;
    if (report?.result !== 'published') throw new Error('unreachable');
    expect(Object.keys(report.manifest.files).toSorted()).toEqual(['a/b.css', 'index.html']);
    expect(report.lastSeq).toBe(app.lines.length);
    expect(app.text()).toContain('"The first commit" by Ada');
    expect(await readdir(join(base, 'work'))).toEqual([]);
  });

  it('runs the build command that offshoot.json names', { timeout: 60_000 }, async () => {
    const build = 'mkdir -p out && node -p "process.version" > out/index.html && echo built';
    await start({ 'offshoot.json': JSON.stringify({ build, output: 'out' }) });
    expect(await end()).toEqual({ code: 0, errors: '' });
    expect(app.text()).toContain('stdout: built');
    expect(app.completed).toMatchObject([{ result: 'published' }]);
  });

  it('tells what is wrong with offshoot.json', async () => {
    await start({ 'offshoot.json': '{"outptu": "dist"}' });
    expect((await end()).code).toBe(0);
    expect(app.completed).toMatchObject([{ result: 'failed', reason: 'config_invalid', phase: 'checkout' }]);
  });

  it('tells that a commit is not there', async () => {
    const source = { url: `file://${base}/nothing`, commit: 'c'.repeat(40), ref: 'main', allowLocal: true };
    await start(SITE, { source });
    expect((await end()).code).toBe(0);
    expect(app.completed).toMatchObject([{ result: 'failed', reason: 'clone_failed', phase: 'checkout' }]);
  });

  it('hands its attempt back on SIGTERM, within seconds', { timeout: 60_000 }, async () => {
    await start(ENDLESS);
    await vi.waitFor(() => expect(app.text()).toContain('stdout: started'), { timeout: 30_000 });
    const stoppedAt = performance.now();
    builder.kill('SIGTERM');
    expect(await end()).toEqual({ code: 0, errors: '' });
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(app.completed).toMatchObject([{ result: 'released' }]);
    expect(await readdir(join(base, 'work'))).toEqual([]);
  });

  it('ends at once, and kills what it started, when its attempt is over', { timeout: 60_000 }, async () => {
    await start(ENDLESS);
    await vi.waitFor(() => expect(app.text()).toContain('stdout: started'), { timeout: 30_000 });
    app.misbehaviour.status = 410;
    expect((await end()).code).toBe(1);
    expect(app.completed).toEqual([]);
    expect(await readdir(join(base, 'work'))).toEqual([]);
  });

  it('exits with a sentence when another builder has claimed the attempt', async () => {
    await start(SITE, {}, { [BUILDER_ENVIRONMENT.token]: 'another' });
    expect(await end()).toEqual({ code: 1, errors: 'The app says that the attempt is over (401).\n' });
  });

  it('exits with a sentence when a launcher has told it too little', async () => {
    await start(SITE, {}, { [BUILDER_ENVIRONMENT.workFolder]: 'work' });
    const { code, errors } = await end();
    expect(code).toBe(1);
    expect(errors).toBe('OFFSHOOT_WORK_FOLDER is "work"; it should be an absolute path.\n');
  });
});
