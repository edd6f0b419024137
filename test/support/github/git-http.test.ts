import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhooks } from '@octokit/webhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGitHubRoom, runGit } from './room.ts';
import type { GitHubRoom } from './room.ts';
import { fullNameOf } from './state.ts';
import type { Installation, Repository, User } from './state.ts';

let room: GitHubRoom;
let ada: User;
let shop: Repository;
let installation: Installation;
let folder: string;

beforeEach(async () => {
  room = await openGitHubRoom();
  ada = room.github.createUser('ada');
  shop = room.github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
  installation = room.github.install('ada');
  folder = mkdtempSync(join(tmpdir(), 'offshoot-clone-'));
});

afterEach(async () => {
  await room.close();
  rmSync(folder, { recursive: true, force: true });
});

const clone = (url: string) => runGit(tmpdir(), 'clone', '-q', url, folder);
const pushes = () => room.told('push');

async function commitFile(name: string, content: string): Promise<string> {
  writeFileSync(join(folder, name), content);
  await runGit(folder, 'add', '.');
  await runGit(folder, 'commit', '-qm', `Write ${name}`);
  return runGit(folder, 'rev-parse', 'HEAD');
}

describe('git push', () => {
  test('a clone has the files, and a push sends a signed webhook with what changed', async () => {
    const { github, receiver } = room;
    await clone(github.cloneUrl(shop, ada));
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('one');
    const before = shop.git.tipOf('main');
    writeFileSync(join(folder, 'index.html'), 'two');
    const after = await commitFile('new.txt', 'new');
    await runGit(folder, 'push', '-q', 'origin', 'main');
    const [push] = await pushes();
    expect(push?.body).toMatchObject({
      ref: 'refs/heads/main',
      before,
      after,
      created: false,
      deleted: false,
      forced: false,
      repository: { id: shop.id, full_name: 'ada/shop', default_branch: 'main' },
      head_commit: { id: after, message: 'Write new.txt', added: ['new.txt'], modified: ['index.html'] },
      commits: [{ id: after }],
      pusher: { name: 'ada' },
      sender: { login: 'ada' },
      installation: { id: installation.id },
    });
    expect(push?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-hook-id': String(github.app.hookId),
      'x-github-hook-installation-target-id': String(github.app.id),
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//) as string,
      'x-github-delivery': expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) as string,
    });
    const webhooks = new Webhooks({ secret: github.app.webhookSecret });
    for (const { headers, raw } of receiver.received) {
      const signature = String(headers['x-hub-signature-256']);
      expect(await webhooks.verify(raw.toString(), signature)).toBe(true);
      expect(await webhooks.verify(`${raw.toString()} `, signature)).toBe(false);
    }
  });

  test('new branches, tags, force pushes and deletions are told as such', async () => {
    await clone(room.github.cloneUrl(shop, ada));
    await runGit(folder, 'checkout', '-qb', 'feature/x');
    await runGit(folder, 'commit', '-q', '--allow-empty', '-m', 'Begin');
    await runGit(folder, 'push', '-q', 'origin', 'feature/x');
    await runGit(folder, 'commit', '-q', '--amend', '--allow-empty', '-m', 'Begin again');
    await runGit(folder, 'push', '-qf', 'origin', 'feature/x');
    await runGit(folder, 'tag', '-m', 'One', 'v1');
    await runGit(folder, 'push', '-q', 'origin', 'v1');
    await runGit(folder, 'push', '-q', 'origin', ':feature/x', ':v1');
    const bodies = (await pushes()).map(({ body }) => body);
    expect(bodies.map(({ ref, created, deleted, forced }) => [ref, created, deleted, forced])).toEqual([
      ['refs/heads/feature/x', true, false, false],
      ['refs/heads/feature/x', false, false, true],
      ['refs/tags/v1', true, false, false],
      ['refs/heads/feature/x', false, true, false],
      ['refs/tags/v1', false, true, false],
    ]);
    expect(bodies[3]).toMatchObject({ after: '0'.repeat(40), head_commit: null, commits: [] });
  });

  test('a push of four tags at once is not told, as GitHub does not', async () => {
    await clone(room.github.cloneUrl(shop, ada));
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await runGit(folder, 'tag', tag);
    await runGit(folder, 'push', '-q', 'origin', 'v1', 'v2', 'v3', 'v4');
    expect(await pushes()).toEqual([]);
  });

  test('the head of a pull request moves with its branch, and can be fetched, but not pushed', async () => {
    await clone(room.github.cloneUrl(shop, ada));
    await runGit(folder, 'checkout', '-qb', 'feature');
    await commitFile('a.txt', 'a');
    await runGit(folder, 'push', '-q', 'origin', 'feature');
    const pull = room.github.openPullRequest(shop, { head: 'feature' });
    const head = await commitFile('b.txt', 'b');
    await runGit(folder, 'push', '-q', 'origin', 'feature');
    const [synchronized] = await room.told('pull_request synchronize');
    expect(synchronized?.body).toMatchObject({ after: head, pull_request: { head: { sha: head } } });
    await runGit(folder, 'fetch', '-q', 'origin', `refs/pull/${pull.number}/head`);
    expect(await runGit(folder, 'rev-parse', 'FETCH_HEAD')).toBe(head);
    await expect(
      runGit(folder, 'push', '-q', 'origin', `main:refs/pull/${pull.number}/head`),
    ).rejects.toThrow(/hidden ref/);
  });
});

describe('a pull request of a fork', () => {
  test('has another head repository, its commits are in the base, and a push to the fork moves it', async () => {
    const { github } = room;
    const eve = github.createUser('eve');
    const fork = github.fork(shop, 'eve');
    await clone(github.cloneUrl(fork, eve));
    await commitFile('evil.txt', 'one');
    await runGit(folder, 'push', '-q', 'origin', 'main');
    const pull = github.openPullRequest(shop, { from: fork, head: 'main' });
    const head = await commitFile('evil.txt', 'two');
    await runGit(folder, 'push', '-q', 'origin', 'main');
    const all = await room.told();
    // The App is not installed on the fork: its pushes are nobody's business, its pull request is.
    expect(all.map(({ event }) => event)).toEqual([
      'installation created',
      'pull_request opened',
      'pull_request synchronize',
    ]);
    expect(all.at(-1)?.body['pull_request']).toMatchObject({
      head: { sha: head, ref: 'main', label: 'eve:main', repo: { id: fork.id, fork: true } },
      base: { ref: 'main', repo: { id: shop.id, fork: false } },
      user: { login: 'eve' },
      author_association: 'NONE',
    });
    expect(fork.id).not.toBe(shop.id);
    await runGit(folder, 'fetch', '-q', github.cloneUrl(shop), `refs/pull/${pull.number}/head`);
    expect(await runGit(folder, 'rev-parse', 'FETCH_HEAD')).toBe(head);
    expect(shop.git.tipOf('main')).not.toBe(head);
  });

  test('has no head repository once the fork is gone', async () => {
    const { github } = room;
    const fork = github.fork(shop, 'eve');
    github.push(fork, { 'a.txt': 'a' });
    const pull = github.openPullRequest(shop, { from: fork, head: 'main' });
    github.deleteRepository(fork);
    github.closePullRequest(pull);
    const closed = (await room.told('pull_request closed'))[0];
    expect(closed?.body['pull_request']).toMatchObject({ head: { repo: null, ref: 'main' }, merged: false });
  });
});

describe('access by Git', () => {
  async function tokenUrl(
    repository: Repository,
    narrowed: { permissions?: Record<string, 'read' | 'write'>; repository_ids?: number[] },
  ): Promise<string> {
    const { data } = await room.github.asApp().apps.createInstallationAccessToken({
      installation_id: installation.id,
      ...narrowed,
    });
    const url = new URL(room.github.cloneUrl(repository));
    return Object.assign(url, { username: 'x-access-token', password: data.token }).href;
  }

  test('an installation token reads what it was narrowed to, and nothing else', async () => {
    const vault = room.github.createRepository('ada/vault', { files: { a: 'a' }, isPrivate: true });
    const other = room.github.createRepository('ada/other', { files: { a: 'a' }, isPrivate: true });
    const narrowed = { permissions: { contents: 'read' as const }, repository_ids: [vault.id] };
    await clone(await tokenUrl(vault, narrowed));
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('a');
    const ls = async (url: string) => runGit(tmpdir(), 'ls-remote', url);
    await expect(ls(await tokenUrl(other, narrowed))).rejects.toThrow(/not found/);
    await expect(ls(await tokenUrl(vault, { permissions: { statuses: 'write' } }))).rejects.toThrow(/403/);
    await expect(ls(room.github.cloneUrl(vault))).rejects.toThrow(/could not read Username|Authentication/);
    await expect(ls(room.github.cloneUrl(vault, room.github.createUser('eve')))).rejects.toThrow(/not found/);
  });

  test('a token that may only read does not push, and nor does a stranger', async () => {
    await clone(await tokenUrl(shop, {}));
    await commitFile('a.txt', 'a');
    await expect(runGit(folder, 'push', '-q', 'origin', 'main')).rejects.toThrow(/403/);
    const url = room.github.cloneUrl(shop, room.github.createUser('eve'));
    await expect(runGit(folder, 'push', '-q', url, 'main')).rejects.toThrow(/403/);
    room.github.setRole(shop, 'eve', 'write');
    await runGit(folder, 'push', '-q', url, 'main');
    expect((await pushes())[0]?.body['sender']).toMatchObject({ login: 'eve' });
  });

  test('what is public is read without a name, also by its old name', async () => {
    const url = room.github.cloneUrl(shop);
    room.github.renameRepository(shop, 'store');
    await clone(url);
    expect(await runGit(folder, 'rev-parse', 'HEAD')).toBe(shop.git.tipOf('main'));
    expect(fullNameOf(shop)).toBe('ada/store');
  });

  test('a wrong token is refused even for what is public', async () => {
    const authorization = `Basic ${Buffer.from('x-access-token:nonsense').toString('base64')}`;
    const refs = `${room.github.cloneUrl(shop)}/info/refs?service=git-upload-pack`;
    expect((await fetch(refs)).status).toBe(200);
    const refused = await fetch(refs, { headers: { authorization } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="GitHub"');
  });
});
