import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGitHubRoom } from './room.ts';
import type { GitHubRoom } from './room.ts';
import type { Repository } from './state.ts';

let room: GitHubRoom;
let shop: Repository;

beforeEach(async () => {
  room = await openGitHubRoom();
  shop = room.github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
});

afterEach(() => room.close());

const events = async () => (await room.told()).map(({ event }) => event);

test('nothing of the examples that bodies start from is left in them', async () => {
  const { github } = room;
  const installation = github.install('ada');
  github.push(shop, { 'index.html': 'two' }, { branch: 'feature' });
  const pull = github.openPullRequest(shop, { head: 'feature' });
  github.push(shop, { 'index.html': 'three' }, { branch: 'feature' });
  const comment = github.comment(pull, 'Nice');
  github.deleteComment(pull, comment);
  const run = await runCheck();
  github.rerequestCheckRun(shop, run);
  github.setDraft(pull, true);
  github.setDraft(pull, false);
  github.editPullRequest(pull, { title: 'Another' });
  github.closePullRequest(pull);
  github.reopen(pull);
  github.setVisibility(shop, true);
  github.setDefaultBranch(shop, 'feature');
  github.renameRepository(shop, 'store');
  github.suspend(installation);
  github.unsuspend(installation);
  github.createRepository('ada/second');
  github.deleteRepository(shop);
  github.uninstall(installation);
  const all = await room.told();
  expect(all.map(({ event }) => event)).toEqual([
    'installation created',
    'push',
    'pull_request opened',
    'push',
    'pull_request synchronize',
    'issue_comment created',
    'issue_comment deleted',
    'check_run rerequested',
    'pull_request converted_to_draft',
    'pull_request ready_for_review',
    'pull_request edited',
    'pull_request closed',
    'pull_request reopened',
    'repository privatized',
    'repository edited',
    'repository renamed',
    'installation suspend',
    'installation unsuspend',
    'installation_repositories added',
    'repository created',
    'repository deleted',
    'installation_repositories removed',
    'installation deleted',
  ]);
  const leftovers = all.filter(({ raw }) => /codertocat|octocoders|hello-world|github\.com/i.test(raw));
  expect(leftovers).toEqual([]);
  expect(new Set(all.map(({ body }) => body['installation'].id as number))).toEqual(
    new Set([installation.id]),
  );
});

async function runCheck(): Promise<number> {
  const octokit = await room.github.asInstallation('ada');
  const check = { owner: 'ada', repo: 'shop', name: 'offshoot', head_sha: shop.git.tipOf('main')! };
  return (await octokit.checks.create(check)).data.id;
}

describe('an installation', () => {
  test('hears of its repositories alone, and of those that come and go', async () => {
    const { github } = room;
    const second = github.createRepository('ada/second', { files: { a: 'a' } });
    const installation = github.install('ada', [shop]);
    github.push(second, { a: 'b' });
    github.addRepositories(installation, second);
    github.push(second, { a: 'c' });
    github.removeRepositories(installation, shop);
    github.push(shop, { a: 'd' });
    const all = await room.told();
    expect(all.map(({ event }) => event)).toEqual([
      'installation created',
      'installation_repositories added',
      'push',
      'installation_repositories removed',
    ]);
    expect(all[0]?.body['repositories']).toEqual([expect.objectContaining({ id: shop.id })]);
    expect(all[1]?.body['repositories_added']).toEqual([
      expect.objectContaining({ full_name: 'ada/second' }),
    ]);
    expect(all[3]?.body['repositories_removed']).toEqual([expect.objectContaining({ id: shop.id })]);
  });

  test('that is suspended hears nothing until it is unsuspended', async () => {
    const { github } = room;
    const installation = github.install('ada');
    github.suspend(installation);
    github.push(shop, { a: 'b' });
    github.unsuspend(installation);
    github.push(shop, { a: 'c' });
    expect(await events()).toEqual([
      'installation created',
      'installation suspend',
      'installation unsuspend',
      'push',
    ]);
  });

  test('a transferred repository keeps its number, and leaves one installation for another', async () => {
    const { github } = room;
    const first = github.install('ada');
    const second = github.install('acme');
    github.createOrganization('acme');
    github.transferRepository(shop, 'acme');
    github.push(shop, { a: 'b' });
    const all = (await room.told()).slice(2);
    expect(all.map(({ event, body }) => [event, body['installation'].id])).toEqual([
      ['installation_repositories removed', first.id],
      ['installation_repositories added', second.id],
      ['repository transferred', second.id],
      ['push', second.id],
    ]);
    expect(all[2]?.body).toMatchObject({
      changes: { owner: { from: { user: { login: 'ada' } } } },
      repository: { id: shop.id, full_name: 'acme/shop' },
    });
  });
});

describe('a pull request', () => {
  test('is merged by its button: the base has the changes, and both webhooks say the same commit', async () => {
    const { github } = room;
    github.install('ada');
    github.push(shop, { 'index.html': 'one', 'deep/er/new.txt': 'new' }, { branch: 'feature' });
    const pull = github.openPullRequest(shop, { head: 'feature' });
    github.push(shop, { 'index.html': 'one', 'main.txt': 'main' });
    const merged = github.mergePullRequest(pull);
    const commit = shop.objects.commit(merged)!;
    expect([...shop.objects.files(commit.tree).keys()].toSorted()).toEqual([
      'deep/er/new.txt',
      'index.html',
      'main.txt',
    ]);
    const all = await room.told();
    expect(all.map(({ event }) => event).slice(-2)).toEqual(['push', 'pull_request closed']);
    expect(all.at(-2)?.body).toMatchObject({ after: merged, ref: 'refs/heads/main' });
    expect(all.at(-1)?.body['pull_request']).toMatchObject({ merged: true, merge_commit_sha: merged });
  });

  test('is closed when its branch is deleted', async () => {
    const { github } = room;
    github.install('ada');
    github.push(shop, { a: 'b' }, { branch: 'feature' });
    github.openPullRequest(shop, { head: 'feature' });
    github.deleteBranch(shop, 'feature');
    expect((await events()).slice(-2)).toEqual(['push', 'pull_request closed']);
  });
});

test('an App that asked for no event hears of its installations alone', async () => {
  const { github, receiver } = room;
  github.createApp('ada', { name: 'Deaf', url: 'https://x.test', default_events: [] });
  github.hookTo(`${receiver.origin}/hooks`);
  github.install('ada');
  github.push(shop, { a: 'b' });
  expect(await events()).toEqual(['installation created']);
});
