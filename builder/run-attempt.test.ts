import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceBuildSpec } from '../contracts/build-spec.ts';
import { type BuilderApp, startBuilderApp, TEST_LIMITS, testSpec } from '../test/support/builder-app.ts';
import type { BuildTools, Toolchain, UserCommand } from './build-tools.ts';
import type { BuildPlan } from './detect/detect-build.ts';
import { createAppClient } from '../publish/protocol/app-client.ts';
import { createLifeline, type Lifeline } from '../publish/protocol/lifeline.ts';
import { runAttempt } from './run-attempt.ts';
import type { CommandEnd } from './sandbox/command.ts';

let app: BuilderApp;
let folder: string;
let lifeline: Lifeline;
const warnings: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-attempt-'));
  lifeline = createLifeline();
  warnings.length = 0;
});
afterEach(async () => {
  lifeline.stop('revoked');
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** A shell without a sandbox, in a process group of its own: the sandbox has tests of its own. */
async function runShell(command: UserCommand): Promise<CommandEnd> {
  const child = spawn('/bin/sh', ['-c', command.command], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => process.kill(-child.pid!, 'SIGKILL');
  command.signal.addEventListener('abort', kill);
  let hasTimedOut = false;
  const timer = setTimeout(() => ((hasTimedOut = true), kill()), command.timeoutMs);
  const pump = async (stream: 'stdout' | 'stderr') => {
    for await (const chunk of child[stream]) await command.onOutput(stream, chunk as Buffer);
  };
  const [[code, signal]] = await Promise.all([once(child, 'exit'), pump('stdout'), pump('stderr')]);
  clearTimeout(timer);
  command.signal.removeEventListener('abort', kill);
  if (command.signal.aborted) return { ended: 'stopped' };
  if (hasTimedOut) return { ended: 'timeout', timeoutMs: command.timeoutMs };
  return { ended: 'exited', code: code as number | null, signal: signal as NodeJS.Signals | null };
}

function toolsFor(plan: Partial<BuildPlan>): BuildTools {
  return {
    async checkout({ onOutput }) {
      await onOutput('stderr', Buffer.from('Receiving objects: 50%\rReceiving objects: 100%\n'));
      await mkdir(join(folder, 'dist'));
      await writeFile(join(folder, 'dist', 'index.html'), `<h1>${'hello '.repeat(500)}</h1>`);
      return { ok: true, value: { commit: { subject: 'First', author: 'Ada' }, notes: ['"First" by Ada'] } };
    },
    plan: () => Promise.resolve({ ok: true, value: { ...PLAN, ...plan } }),
    prepareToolchain: () => Promise.resolve({ ok: true, value: TOOLCHAIN }),
    runCommand: runShell,
    findOutput: () =>
      Promise.resolve({ ok: true, value: { sourceFolder: folder, outputFolder: join(folder, 'dist') } }),
  };
}

const TOOLCHAIN: Toolchain = { toolchain: { folder: '/usr', binFolders: ['bin'] }, cache: null, notes: [] };
const PLAN: BuildPlan = {
  rootDirectory: '',
  nodeMajor: 24,
  packageManager: null,
  installCommand: null,
  buildCommand: null,
  outputDirectories: ['dist'],
  framework: null,
  filtersPaths: false,
  notes: [],
};

async function attempt(
  plan: Partial<BuildPlan>,
  changes: Partial<SourceBuildSpec> = {},
  tools = toolsFor(plan),
) {
  app = await startBuilderApp(testSpec(changes));
  return run(tools);
}

async function run(tools: BuildTools): Promise<boolean> {
  const monotonicMs = () => performance.now();
  const shared = { monotonicMs, random: Math.random, lifeline };
  const client = createAppClient({ ...shared, appUrl: app.url, token: app.token, nonce: 'n'.repeat(32) });
  const openTools = () =>
    Promise.resolve({ tools, close: () => rm(join(folder, 'dist'), { recursive: true, force: true }) });
  const warn = (text: string) => void warnings.push(text);
  return await runAttempt({ ...shared, client, openTools, now: Date.now, warn });
}

function expectNoGaps(): void {
  expect(app.lines.map(({ seq }) => seq)).toEqual(app.lines.map((_, index) => index + 1));
  expect(app.completed.at(-1)?.lastSeq).toBe(app.lines.length);
}

describe('an attempt', () => {
  it('publishes the output, with every phase timed and every line told', async () => {
    const plan = {
      installCommand: 'echo installing',
      buildCommand: 'echo oops >&2; echo done',
      framework: 'vite',
      filtersPaths: true,
    };
    expect(await attempt(plan)).toBe(true);
    const [report] = app.completed;
    expect(report).toMatchObject({ result: 'published', framework: 'vite', filtersPaths: true });
    expect(report!.commit).toEqual({ subject: 'First', author: 'Ada' });
    expect(report!.phases.map(({ phase }) => phase)).toEqual(['checkout', 'install', 'build', 'publish']);
    for (const { startedAt, endedAt } of report!.phases) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
    if (report?.result !== 'published') throw new Error('unreachable');
    const index = report.manifest.files['index.html']!;
    expect(index.contentType).toBe('text/html; charset=utf-8');
    expect(app.objects.get(`${index.sha256}.br`)?.length).toBe(index.variants.br);
    expect(Object.keys(index.variants)).toEqual(['br', 'zstd', 'gzip']);
    const text = app.text();
    for (const line of [
      `system: Deploying site: commit ${'a'.repeat(40)} of main.`,
      'stderr: Receiving objects: 100%',
      'system: "First" by Ada',
      'system: $ echo installing',
      'stdout: installing',
      'stderr: oops',
      'stdout: done',
      'system: Publishing 1 file (3 KB).',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).not.toContain('50%');
    expectNoGaps();
  });

  it('says with its heartbeats what commit it builds, once it is checked out', async () => {
    await attempt({ buildCommand: 'sleep 0.5' });
    const known = app.heartbeats.filter(({ commit }) => commit !== undefined);
    expect(known.length).toBeGreaterThan(0);
    for (const { commit, phases } of known) {
      expect(commit).toEqual({ subject: 'First', author: 'Ada' });
      expect(phases[0]?.phase).toBe('checkout');
    }
  });

  it('says which phase has begun, and what it builds, at once and not with the next heartbeat', async () => {
    await attempt({ installCommand: 'sleep 0.3', buildCommand: 'sleep 0.3' }, { heartbeatMs: 60_000 });
    const told = app.heartbeats.map(({ phases, commit }) => `${phases.at(-1)?.phase} ${commit?.subject}`);
    for (const news of ['checkout undefined', 'install First', 'build First']) expect(told).toContain(news);
    expect(told.length).toBeLessThan(10);
  });

  it('uploads on the second deployment only what has changed', async () => {
    await attempt({});
    await rm(join(folder, 'dist'), { recursive: true, force: true });
    app.puts.clear();
    await run(toolsFor({}));
    expect(app.puts.size).toBe(0);
    expect(app.completed).toHaveLength(2);
    expect(app.completed[0]).toMatchObject({
      manifest: (app.completed[1] as { manifest: unknown }).manifest,
    });
  });

  it.each([
    ['a failed install', { installCommand: 'exit 3' }, 'install_failed', 'install', /exit code 3/],
    ['a failed build', { buildCommand: 'exit 1' }, 'build_failed', 'build', /exit code 1/],
    ['a program that is missing', { buildCommand: 'no-such-program' }, 'build_failed', 'build', /not found/],
    ['a build without output', { buildCommand: 'rm -r dist' }, 'output_missing', 'publish', /"dist"/],
    [
      'a build that empties its output',
      { buildCommand: 'rm dist/*' },
      'output_missing',
      'publish',
      /"dist" is empty/,
    ],
    [
      'a link out of the output',
      { buildCommand: 'ln -s /etc/passwd dist/x' },
      'publish_failed',
      'publish',
      /"x"/,
    ],
  ])('tells the reason of %s', async (_, plan, reason, phase, message) => {
    expect(await attempt(plan)).toBe(true);
    expect(app.completed).toMatchObject([{ result: 'failed', reason, phase }]);
    expect((app.completed[0] as { message: string }).message).toMatch(message);
    expect(app.lines.at(-1)).toMatchObject({ stream: 'system', phase });
    expect(app.lines.at(-1)!.text).toMatch(message);
    expectNoGaps();
  });

  it('ends a command that takes too long', async () => {
    await attempt({ buildCommand: 'sleep 60' }, { limits: { ...TEST_LIMITS, buildTimeoutMs: 300 } });
    expect(app.completed).toMatchObject([{ result: 'failed', reason: 'timeout', phase: 'build' }]);
  });

  it("says it when the fault is the builder's own", async () => {
    const tools = { ...toolsFor({}), plan: () => Promise.reject(new Error('disk on fire')) };
    await attempt({}, {}, tools);
    expect(app.completed).toMatchObject([{ result: 'failed', reason: 'clone_failed', phase: 'checkout' }]);
    expect(app.text()).toContain('disk on fire');
    expect(warnings.join()).toContain('disk on fire');
  });

  it('masks secrets and credentials in all that it says', async () => {
    const command = 'echo "key $SECRET hunter2hunter2"; printf "hunter2"; sleep 0.1; echo "hunter2"; exit 1';
    const source = {
      url: 'https://me:s3cret%2Fpass@example.org/r.git',
      commit: 'b'.repeat(40),
      ref: null,
      allowLocal: false,
    };
    const checkout = () =>
      Promise.resolve({
        ok: true,
        value: { commit: { subject: 'Use hunter2hunter2', author: 's3cret/pass' }, notes: [] },
      } as const);
    const tools = { ...toolsFor({}), checkout };
    const plan = { ...PLAN, buildCommand: `${command} # s3cret/pass` };
    tools.plan = () => Promise.resolve({ ok: true, value: plan });
    await attempt({}, { secrets: ['hunter2hunter2'], source }, tools);
    expect(app.completed[0]?.commit).toEqual({ subject: 'Use ***', author: '***' });
    expect(app.text()).not.toMatch(/hunter2hunter2|s3cret/);
    expect(JSON.stringify(app.completed)).not.toMatch(/hunter2hunter2|s3cret/);
    expect(app.text()).toContain('stdout: ***');
  });

  it('refuses secrets that can not be masked, before anything is logged', async () => {
    await attempt({}, { secrets: ['x'.repeat(200_000)] });
    expect(app.completed).toMatchObject([{ result: 'failed', reason: 'config_invalid' }]);
    expect(app.lines).toEqual([]);
  });
});

describe('an attempt that is ended', () => {
  const endless = { buildCommand: 'echo started; echo $$ > pid; while :; do sleep 0.05; done' };

  /** The promise is wrapped, or waiting for this function would be waiting for its end. */
  async function started(changes: Partial<SourceBuildSpec> = {}): Promise<{ running: Promise<boolean> }> {
    app = await startBuilderApp(testSpec(changes));
    const running = run(toolsFor(endless));
    await vi.waitFor(() => expect(app.text()).toContain('started'), { timeout: 10_000 });
    return { running };
  }

  it('by the app: kills the command, tells the log, completes as canceled', async () => {
    const { running } = await started();
    app.misbehaviour.cancel = true;
    expect(await running).toBe(true);
    expect(app.completed).toMatchObject([{ result: 'canceled' }]);
    expect(app.text()).toContain('system: The build was canceled.');
    expectNoGaps();
    await expect(access(join(folder, 'dist'))).rejects.toThrow(/ENOENT/);
  });

  it('by SIGTERM: hands the attempt back', async () => {
    const { running } = await started();
    lifeline.stop('released');
    expect(await running).toBe(true);
    expect(app.completed).toMatchObject([{ result: 'released' }]);
  });

  it.each([401, 410])('by a %i: ends at once, and completes nothing', async (status) => {
    const { running } = await started();
    app.misbehaviour.status = status;
    expect(await running).toBe(false);
    expect(lifeline.cause()).toBe('revoked');
    expect(app.completed).toEqual([]);
  });

  it('by an app that is out of reach for longer than the lease', async () => {
    const { running } = await started({ leaseMs: 1000 });
    app.misbehaviour.isSilent = true;
    const silentAt = performance.now();
    expect(await running).toBe(false);
    expect(lifeline.cause()).toBe('unreachable');
    const tookMs = performance.now() - silentAt;
    expect(tookMs).toBeGreaterThan(700);
    expect(tookMs).toBeLessThan(4000);
  });
});

describe('an app that comes back within the lease', () => {
  it.each([{ isSilent: true }, { status: 503 }])('loses no line (%o)', async (misbehaviour) => {
    app = await startBuilderApp(testSpec({ leaseMs: 10_000 }));
    const command = 'for i in $(seq 1 40); do echo line $i; sleep 0.03; done';
    const running = run(toolsFor({ buildCommand: command }));
    await vi.waitFor(() => expect(app.text()).toContain('line 3'), { timeout: 10_000 });
    Object.assign(app.misbehaviour, misbehaviour);
    await new Promise((resolve) => setTimeout(resolve, 800));
    Object.assign(app.misbehaviour, { isSilent: false, status: undefined });
    expect(await running).toBe(true);
    const told = app.lines.filter(({ text }) => /^line \d+$/.test(text)).map(({ text }) => text);
    expect(told).toEqual(Array.from({ length: 40 }, (_, index) => `line ${index + 1}`));
    expectNoGaps();
    expect(app.completed).toMatchObject([{ result: 'published' }]);
  });

  it('loses no line of its log either when it takes longer over it than the lease', async () => {
    app = await startBuilderApp(testSpec({ leaseMs: 1000 }));
    const running = run(toolsFor({ buildCommand: 'echo one; echo two; echo three' }));
    await vi.waitFor(() => expect(app.text()).toContain('one'), { timeout: 10_000 });
    app.misbehaviour.logDelayMs = 3000;
    expect(await running).toBe(true);
    expect(app.completed).toMatchObject([{ result: 'published', lastSeq: app.lines.length }]);
    expectNoGaps();
  });

  it('repeats uploads that storage did not take', async () => {
    app = await startBuilderApp(testSpec());
    app.misbehaviour.firstPutStatus = 503;
    expect(await run(toolsFor({}))).toBe(true);
    expect([...app.puts]).toEqual([
      [503, 4],
      [200, 4],
    ]);
    expect(app.completed).toMatchObject([{ result: 'published' }]);
  });
});
