import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhooks } from '@octokit/webhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { startWebhookReceiver } from '../webhook-receiver.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';
import { startGitHub } from './github.ts';
import type { GitHub, GitHubOptions } from './github.ts';

const run = promisify(execFile);

let github: GitHub;
let receiver: WebhookReceiver;

async function open(options: GitHubOptions = {}): Promise<GitHub> {
  receiver = await startWebhookReceiver();
  github = await startGitHub({ hookUrl: `${receiver.origin}/hooks`, ...options });
  return github;
}

afterEach(async () => {
  await github.close();
  await receiver.close();
});

/** Git as a person has it, without the machine's own settings. */
async function git(folder: string, ...parameters: string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  };
  return (await run('git', ['-C', folder, ...parameters], { env })).stdout.trim();
}

interface Told {
  readonly event: string;
  readonly guid: string;
  readonly headers: Record<string, unknown>;
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: Record<string, any>;
}

/** What the App heard so far. */
async function told(): Promise<Told[]> {
  await github.settled();
  return receiver.received.map(({ headers, raw }) => ({
    event: String(headers['x-github-event']),
    guid: String(headers['x-github-delivery']),
    headers,
    body: JSON.parse(raw.toString()) as Record<string, unknown>,
  }));
}

const eventsOf = (all: readonly Told[]) =>
  all.map(({ event, body }) => (body['action'] === undefined ? event : `${event} ${body['action']}`));

describe('git push', () => {
  async function cloned() {
    await open();
    const ada = github.createUser('ada');
    const shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
    github.install('ada');
    const folder = mkdtempSync(join(tmpdir(), 'offshoot-clone-'));
    await git(tmpdir(), 'clone', '-q', github.cloneUrl(shop, ada), folder);
    return { shop, ada, folder };
  }

  test('a clone has the files, and a push sends a signed webhook with what changed', async () => {
    const { shop, folder } = await cloned();
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('one');
    writeFileSync(join(folder, 'index.html'), 'two');
    writeFileSync(join(folder, 'new.txt'), 'new');
    await git(folder, 'add', '.');
    await git(folder, 'commit', '-qm', 'Say two');
    const before = shop.git.tipOf('main');
    await git(folder, 'push', '-q', 'origin', 'main');
    const after = await git(folder, 'rev-parse', 'HEAD');
    const push = (await told()).find(({ event }) => event === 'push');
    expect(push?.body).toMatchObject({
      ref: 'refs/heads/main',
      before,
      after,
      created: false,
      deleted: false,
      forced: false,
      repository: { id: shop.id, full_name: 'ada/shop', default_branch: 'main' },
      head_commit: { id: after, message: 'Say two', added: ['new.txt'], modified: ['index.html'] },
      pusher: { name: 'ada' },
      sender: { login: 'ada' },
    });
    expect(push?.body['commits']).toHaveLength(1);
    expect(push?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-hook-id': String(github.app.hookId),
      'x-github-hook-installation-target-id': String(github.app.id),
    });
    expect(push?.headers['user-agent']).toMatch(/^GitHub-Hookshot\//);
    const { raw, headers } = receiver.received.at(-1)!;
    const webhooks = new Webhooks({ secret: github.app.webhookSecret });
    const signature = String(headers['x-hub-signature-256']);
    expect(await webhooks.verify(raw.toString(), signature)).toBe(true);
    expect(await webhooks.verify(`${raw.toString()} `, signature)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test('new branches, tags, force pushes and deletions are told as such', async () => {
    const { folder } = await cloned();
    await git(folder, 'checkout', '-qb', 'feature/x');
    await git(folder, 'commit', '-q', '--allow-empty', '-m', 'Begin');
    await git(folder, 'push', '-q', 'origin', 'feature/x');
    await git(folder, 'commit', '-q', '--amend', '--allow-empty', '-m', 'Begin again');
    await git(folder, 'push', '-qf', 'origin', 'feature/x');
    await git(folder, 'tag', 'v1');
    await git(folder, 'push', '-q', 'origin', 'v1');
    await git(folder, 'push', '-q', 'origin', ':feature/x', ':v1');
    const pushes = (await told()).filter(({ event }) => event === 'push').map(({ body }) => body);
    expect(pushes.map(({ ref, created, deleted, forced }) => [ref, created, deleted, forced])).toEqual([
      ['refs/heads/feature/x', true, false, false],
      ['refs/heads/feature/x', false, false, true],
      ['refs/tags/v1', true, false, false],
      ['refs/heads/feature/x', false, true, false],
      ['refs/tags/v1', false, true, false],
    ]);
    expect(pushes[3]).toMatchObject({ after: '0'.repeat(40), head_commit: null });
    rmSync(folder, { recursive: true });
  });
});

test('nothing of the examples that bodies start from is left in them', async () => {
  await open();
  const shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
  const installation = github.install('ada');
  github.push(shop, { 'index.html': 'two' }, { branch: 'feature' });
  const pull = github.openPullRequest(shop, { head: 'feature' });
  github.push(shop, { 'index.html': 'three' }, { branch: 'feature' });
  const comment = github.comment(pull, 'Nice');
  github.deleteComment(pull, comment);
  github.renameRepository(shop, 'store');
  github.closePullRequest(pull);
  github.removeRepositories(installation, shop);
  github.suspend(installation);
  github.uninstall(installation);
  const all = await told();
  expect(eventsOf(all)).toEqual(
    expect.arrayContaining([
      'installation created',
      'push',
      'pull_request opened',
      'pull_request synchronize',
    ]),
  );
  for (const { event, body } of all) {
    expect(JSON.stringify(body), event).not.toMatch(/codertocat|octocoders|api\.github\.com|hello-world/i);
    expect(body['installation'], event).toMatchObject({ id: installation.id });
  }
});
