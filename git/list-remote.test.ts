import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitServer, startGitServer } from '../test/support/git-server.ts';
import { isSafeRefName, listRemote } from './list-remote.ts';
import type { ResolveRemoteOptions } from './resolve-remote.ts';
import { pickGitEnvironment } from './run-git.ts';

const environment = pickGitEnvironment({ PATH: process.env['PATH'] });
const options = (more: Partial<ResolveRemoteOptions> = {}): ResolveRemoteOptions => ({
  allowLocal: true,
  environment,
  signal: AbortSignal.timeout(10_000),
  ...more,
});

let server: GitServer;
beforeAll(async () => {
  server = await startGitServer();
});
afterAll(() => server.close());

describe('listing a remote', () => {
  it('gives its default branch, branches, and tags down to their commits', async () => {
    const { repository, url, commit } = server.createRepository('full', { f: '1' });
    const other = repository.commit({ f: '2' }, { branch: 'feature/x' });
    repository.setDefaultBranch('feature/x');
    repository.tag('light', commit);
    repository.tag('v1.0', commit, 'annotated');
    repository.setRef('refs/pull/1/head', commit);
    repository.setRef('refs/notes/commits', commit);
    expect(await listRemote(url, options())).toEqual({
      ok: true,
      defaultBranch: 'feature/x',
      branches: new Map([
        ['feature/x', other],
        ['main', commit],
      ]),
      tags: new Map([
        ['light', commit],
        ['v1.0', commit],
      ]),
    });
  });

  it('keeps names that look like options or shell: they are data', async () => {
    const { repository, url, commit } = server.createRepository('names', { f: '1' });
    const names = [
      '--upload-pack=id',
      '-x',
      'a$(id)',
      '`id`',
      'a;b',
      "a'b",
      'a"b',
      'ünïcode',
      'a'.repeat(200),
    ];
    for (const name of names) repository.branch(name, commit);
    const listed = await listRemote(url, options());
    expect(listed.ok && [...listed.branches.keys()].toSorted()).toEqual([...names, 'main'].toSorted());
  });

  it('of an empty repository is empty', async () => {
    const { url } = server.createRepository('empty');
    expect(await listRemote(url, options())).toMatchObject({
      ok: true,
      branches: new Map(),
      tags: new Map(),
    });
  });

  it('works for a folder when that is allowed', async () => {
    const { repository, commit } = server.createRepository('local', { f: '1' });
    const url = `file://${repository.directory}`;
    expect(await listRemote(url, options())).toMatchObject({
      ok: true,
      branches: new Map([['main', commit]]),
    });
    expect(await listRemote(url, options({ allowLocal: false }))).toMatchObject({ ok: false });
  });

  it.runIf(process.getuid?.() === 0)('works for a folder of another user', async () => {
    const { chownSync } = await import('node:fs');
    const { repository } = server.createRepository('foreign', { f: '1' });
    chownSync(repository.directory, 65534, 65534);
    expect(await listRemote(repository.directory, options())).toMatchObject({ ok: true });
  });

  it('says that a repository is missing, or wants credentials', async () => {
    const missing = await listRemote(`${server.url}/nothing.git`, options());
    expect(missing.ok || missing.message).toContain('no Git repository');
    const locked = await startGitServer({ credentials: 'ada:s3cret' });
    const { url } = locked.createRepository('x', { f: '1' });
    const refused = await listRemote(url.replace('//', '//ada:wr0ng@'), options());
    expect(refused.ok || refused.message).toContain('user name and password');
    expect(refused.ok || refused.message).not.toContain('wr0ng');
    expect(await listRemote(url.replace('//', '//ada:s3cret@'), options())).toMatchObject({ ok: true });
    await locked.close();
  });

  it('ends with the time that it has', async () => {
    const hanging = await startGitServer({ intercept: () => true });
    const result = await listRemote(`${hanging.url}/x`, options({ signal: AbortSignal.timeout(300) }));
    expect(result.ok).toBe(false);
    await hanging.close();
  });

  it('never follows a redirect that came up after the check', async () => {
    let asked = 0;
    const thief = await startGitServer();
    const turncoat = await startGitServer({
      intercept: (_request, response) => {
        asked += 1;
        if (asked === 1) response.end('ok');
        else response.writeHead(302, { location: `${thief.url}/x/info/refs?service=git-upload-pack` }).end();
        return true;
      },
    });
    expect(await listRemote(`${turncoat.url}/x`, options())).toMatchObject({ ok: false });
    expect(thief.requests).toEqual([]);
    await Promise.all([turncoat.close(), thief.close()]);
  });

  it('drops names that Git itself would refuse', async () => {
    const { commit } = server.createRepository('safe', { f: '1' });
    const lines = [
      'refs/heads/ok',
      'refs/heads/a..b',
      'refs/heads/a~b',
      'refs/heads/.x',
      'refs/heads/x.lock',
    ];
    const hostile = await startGitServer({
      intercept: (_request, response) => {
        const body = lines.map((name) => `${commit}\t${name}\n`).join('');
        response.writeHead(200, { 'content-type': 'text/plain' }).end(body); // a server of plain files
        return true;
      },
    });
    const listed = await listRemote(`${hostile.url}/x`, options());
    expect(listed.ok && [...listed.branches.keys()]).toEqual(['ok']);
    await hostile.close();
  });
});

describe('a ref name', () => {
  it.each(['main', 'a/b', '-x', 'a$(id)', 'ü', 'a@b', 'a.b', 'HEAD'])('may be %s', (name) => {
    expect(isSafeRefName(name)).toBe(true);
  });
  it.each([
    '',
    '@',
    'a..b',
    'a b',
    'a~b',
    'a^b',
    'a:b',
    'a?b',
    'a*b',
    'a[b',
    'a\\b',
    'a@{b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.',
    'a.lock',
    'a.lock/b',
    'a\nb',
    'a\u007fb',
    'a\uFFFD',
    'x'.repeat(513),
  ])('may not be %j', (name) => {
    expect(isSafeRefName(name)).toBe(false);
  });
});
