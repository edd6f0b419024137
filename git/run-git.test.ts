import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listProcesses } from '../test/support/processes.ts';
import { checkGit, judgeVersion } from './check-git.ts';
import { type GitRun, environmentOf, pickGitEnvironment, runGit } from './run-git.ts';

const environment = pickGitEnvironment({ PATH: process.env['PATH'] });
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offshoot-git-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: string[], more: Partial<GitRun> = {}) =>
  runGit({
    args,
    cwd: folder,
    environment,
    allowLocal: false,
    signal: AbortSignal.timeout(10_000),
    maxOutputBytes: 1_000_000,
    ...more,
  });

/** Programs of a folder of ours stand before the real ones. */
function withProgram(name: string, script: string): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return { ...environment, PATH: `${bin}:${environment['PATH']}` };
}

describe('Git runs', () => {
  it('cut off from everything of the machine that is not named', () => {
    const env = pickGitEnvironment({
      PATH: '/bin',
      HOME: '/root',
      GIT_DIR: '/x',
      GIT_SSH_COMMAND: 'id',
      GIT_CONFIG_PARAMETERS: 'x',
      GIT_TRACE: '1',
      AWS_SECRET_ACCESS_KEY: 's',
      DATABASE_URL: 'd',
      OFFSHOOT_TOKEN: 't',
      LD_PRELOAD: 'x',
      GIT_SSL_CAINFO: '/ca',
    });
    const names = Object.keys(environmentOf({ environment: env, allowLocal: false }));
    expect(names).toContain('GIT_SSL_CAINFO');
    const foreign = /AWS|DATABASE|OFFSHOOT|LD_|GIT_DIR|GIT_SSH_COMMAND|GIT_CONFIG_PARAMETERS|TRACE/;
    expect(names.filter((name) => foreign.test(name))).toEqual([]);
    expect(environmentOf({ environment: env, allowLocal: false })['HOME']).toBe('/nonexistent');
  });

  it('with local repositories only when they are allowed, and never by ssh or ext', () => {
    const allowed = (allowLocal: boolean) => environmentOf({ environment, allowLocal })['GIT_ALLOW_PROTOCOL'];
    expect([allowed(false), allowed(true)]).toEqual(['https:http', 'https:http:file']);
  });

  it.each(['ext::sh -c "touch pwned"', 'ssh://localhost/x', 'git://localhost/x'])(
    'not by %s',
    async (url) => {
      const result = await run(['ls-remote', url], { allowLocal: true });
      expect(result).toMatchObject({ ok: false, reason: 'failed' });
      expect(result.ok || result.stderr).toContain('not allowed');
      expect(existsSync(join(folder, 'pwned'))).toBe(false);
    },
  );

  it('with configuration that stands in no command line', async () => {
    const config = [['http.https://example.com/.extraHeader', 'Authorization: Basic c2VjcmV0']] as const;
    const shown = await run(['config', '--get-urlmatch', 'http.extraHeader', 'https://example.com/x'], {
      config,
    });
    expect(shown).toEqual({ ok: true, stdout: 'Authorization: Basic c2VjcmV0\n' });
    const other = await run(['config', '--get-urlmatch', 'http.extraHeader', 'https://example.org/x'], {
      config,
    });
    expect(other.ok).toBe(false);
  });

  it('without the hooks, filters, helpers and monitors of a repository', async () => {
    await run(['init', '--quiet']);
    const touch = `touch ${join(folder, 'pwned')}`;
    for (const name of ['pre-commit', 'post-checkout', 'post-index-change', 'reference-transaction']) {
      writeFileSync(join(folder, '.git/hooks', name), `#!/bin/sh\n${touch}\n`, { mode: 0o755 });
    }
    writeFileSync(join(folder, '.git/config'), `[core]\n\tfsmonitor = ${touch}\n\thooksPath = .git/hooks\n`, {
      flag: 'a',
    });
    writeFileSync(join(folder, 'f'), '1');
    const identity = [
      ['user.name', 'a'],
      ['user.email', 'a@b'],
    ] as const;
    expect((await run(['add', 'f'])).ok).toBe(true);
    expect((await run(['commit', '--quiet', '-m', 'x'], { config: identity })).ok).toBe(true);
    expect((await run(['status'])).ok).toBe(true);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  it('until it is aborted, with all that it has started', async () => {
    const env = withProgram('git', 'sh -c "echo \\$\\$ > pid; sleep 60" & wait');
    const stop = new AbortController();
    const running = run(['x'], { environment: env, signal: stop.signal });
    await vi.waitFor(() => expect(readFileSync(join(folder, 'pid'), 'utf8')).toMatch(/\d\n/), {
      timeout: 10_000,
    });
    const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
    stop.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'aborted' });
    const isThere = () => listProcesses().some((each) => String(each.pid) === pid && each.state !== 'Z');
    await vi.waitFor(() => expect(isThere()).toBe(false), { timeout: 10_000 });
  });

  it('not at all when it is aborted before', async () => {
    expect(await run(['version'], { signal: AbortSignal.abort() })).toMatchObject({ reason: 'aborted' });
  });

  it('until it says more than it may', async () => {
    const env = withProgram('git', 'yes');
    expect(await run(['x'], { environment: env })).toMatchObject({ ok: false, reason: 'output_limit' });
  });

  it('keeping the end of what it complained about, and no more', async () => {
    const env = withProgram('git', 'yes complaint | head -c 1000000 >&2; echo the end >&2; exit 3');
    const result = await run(['x'], { environment: env });
    expect(result).toMatchObject({ ok: false, reason: 'failed' });
    expect(result.ok || result.stderr).toMatch(/the end\n$/);
    expect(result.ok || result.stderr.length).toBeLessThan(10_000);
  });

  it('or says that it is not there', async () => {
    expect(await run(['version'], { environment: { PATH: folder } })).toMatchObject({
      reason: 'not_installed',
    });
  });
});

describe('the version of Git', () => {
  it('here is new enough', async () => {
    expect(await checkGit(environment)).toMatchObject({ ok: true });
    expect(await checkGit({ PATH: folder })).toMatchObject({ ok: false });
  });

  it.each([
    ['git version 2.37.0', true],
    ['git version 2.39.5 (Apple Git-154)', true],
    ['git version 3.0.0', true],
    ['git version 2.36.6', false],
    ['git version 1.99.0', false],
    ['nonsense', false],
  ])('%s is new enough: %s', (output, expected) => {
    expect(judgeVersion(output).ok).toBe(expected);
  });
});
