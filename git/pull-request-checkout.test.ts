import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from '../test/support/git-server.ts';
import { checkout, type CheckoutOrder } from './checkout.ts';
import { readBranchFile } from './read-branch-file.ts';
import { pickGitEnvironment } from './run-git.ts';

const environment = pickGitEnvironment({ PATH: process.env['PATH'] });
let folder = '';
let server: GitServer;
beforeAll(async () => {
  server = await startGitServer();
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offshoot-pull-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
/** A repository whose pull request 7 has a commit that is on no branch. */
function create(lines = '') {
  count += 1;
  const { repository, url, commit } = server.createRepository(`pull-${count}`, {
    'offshoot.json': '{"build": "ours"}',
    'web/offshoot.json': '{"build": "of the web"}',
    'index.html': 'ours',
  });
  const theirs = repository.commit(
    { 'offshoot.json': '{"build": "theirs"}', 'index.html': 'theirs' },
    { branch: 'made-elsewhere', parents: [commit] },
  );
  repository.setRef('refs/pull/7/head', theirs);
  repository.deleteBranch('made-elsewhere');
  repository.configure(lines);
  return { repository, url, commit, theirs };
}
function order(url: string, commit: string, more: Partial<CheckoutOrder> = {}): CheckoutOrder {
  const limits = { timeoutMs: 20_000, repositoryBytes: 10_000_000 };
  const directory = join(folder, 'work');
  return {
    url,
    commit,
    ref: null,
    pullRequest: 7,
    directory,
    allowLocal: true,
    environment,
    ...limits,
    ...more,
  };
}

describe('the commit of a pull request', () => {
  it.each([
    ['a server that hands out any commit', '[uploadpack]\n\tallowAnySHA1InWant = true\n'],
    ['one that hands out refs alone', '[uploadpack]\n\tallowAnySHA1InWant = false\n'],
  ])('is checked out of %s', async (_, lines) => {
    const { url, theirs } = create(lines);
    expect(await checkout(order(url, theirs))).toMatchObject({ ok: true });
    expect(readFileSync(join(folder, 'work/index.html'), 'utf8')).toBe('theirs');
  });

  it('is that commit also when there is a newer one', async () => {
    const { repository, url, theirs } = create();
    const newer = repository.commit({ 'index.html': 'newer' }, { branch: 'x', parents: [theirs] });
    repository.setRef('refs/pull/7/head', newer);
    repository.deleteBranch('x');
    expect(await checkout(order(url, theirs))).toMatchObject({ ok: true });
    expect(readFileSync(join(folder, 'work/index.html'), 'utf8')).toBe('theirs');
  });
});

describe('a file of the base branch', () => {
  it('is read beside the checkout, which stays what it is', async () => {
    const { url, theirs } = create();
    await checkout(order(url, theirs));
    const read = await readBranchFile(order(url, theirs), 'main', 'offshoot.json');
    expect(read).toEqual({ ok: true, text: '{"build": "ours"}' });
    expect(await readBranchFile(order(url, theirs), 'main', 'web/offshoot.json')).toMatchObject({
      text: '{"build": "of the web"}',
    });
    expect(readFileSync(join(folder, 'work/offshoot.json'), 'utf8')).toBe('{"build": "theirs"}');
  });

  it('may be missing', async () => {
    const { url, theirs } = create();
    await checkout(order(url, theirs));
    const read = await readBranchFile(order(url, theirs), 'main', 'docs/offshoot.json');
    expect(read).toEqual({ ok: true, text: null });
  });

  it.each(['gone', '--upload-pack=x', 'a..b'])('of a branch %j is a failure in words', async (branch) => {
    const { url, theirs } = create();
    await checkout(order(url, theirs));
    const read = await readBranchFile(order(url, theirs), branch, 'offshoot.json');
    expect(read).toMatchObject({ ok: false, reason: 'clone_failed' });
    expect(read.ok || read.message).toContain(branch);
  });
});
