import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHub, startGitHub } from '../support/github/github.ts';
import { runGit } from '../support/github/room.ts';
import type { Repository, User } from '../support/github/state.ts';
import { type Deployment, type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';

const TIMEOUT_MS = 240_000;
const SECRET = 'correct-horse-battery-staple';
/** Says who has written it, and whether it was told the secret. */
const configOf = (who: string) =>
  JSON.stringify({
    install: '',
    build: `mkdir dist && echo "${who}, secret: [$CMS_TOKEN], pull request: $OFFSHOOT_PULL_REQUEST, $(cat words)" > dist/index.html`,
    output: 'dist',
  });

let github: GitHub;
let offshoot: Offshoot;
let shop: Repository;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offshoot-pulls-'));
  github = await startGitHub({ isEnterprise: true });
  const { id, privateKey, webhookSecret } = github.app;
  offshoot = await startOffshoot({
    environment: {
      APP_ID: String(id),
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: `${github.webUrl}/api/v3`,
    },
  });
  github.hookTo(`http://127.0.0.1:${offshoot.appPort}/api/github/webhooks`);
  github.createUser('ada');
  shop = github.createRepository('ada/shop', {
    files: { 'offshoot.json': configOf('ours'), 'package.json': '{}', words: 'one' },
  });
  github.install('ada');
  await github.settled();
}, TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await github?.close();
  rmSync(folder, { recursive: true, force: true });
}, TIMEOUT_MS);

/** What somebody does on their own machine: clones, commits these files, and pushes. Returns the commit. */
async function push(
  repository: Repository,
  by: User,
  branch: string,
  files: Record<string, string>,
): Promise<string> {
  const clone = mkdtempSync(join(folder, 'clone-'));
  await runGit(folder, 'clone', '-q', github.cloneUrl(repository, by), clone);
  const isThere = (await runGit(clone, 'ls-remote', 'origin', `refs/heads/${branch}`)) !== '';
  await runGit(clone, 'checkout', '-q', ...(isThere ? [branch] : ['-b', branch]));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(clone, name), content);
  await runGit(clone, 'add', '.');
  await runGit(clone, 'commit', '-qm', `Write on ${branch}`);
  await runGit(clone, 'push', '-q', 'origin', branch);
  await github.settled();
  return runGit(clone, 'rev-parse', 'HEAD');
}

async function deploymentOf(commit: string, isWanted: (found: Deployment) => boolean): Promise<Deployment> {
  return waitFor(`a deployment of ${commit}`, TIMEOUT_MS, async () => {
    const { body } = await offshoot.call<{ items: Deployment[] }>('GET', '/api/deployments?limit=50');
    return body.items.find((each) => each.commit === commit && isWanted(each));
  });
}
async function built(commit: string): Promise<Deployment> {
  const { id } = await deploymentOf(commit, ({ status }) => status !== 'blocked');
  const deployment = await offshoot.waitForEnd(id, TIMEOUT_MS);
  const log =
    deployment.status === 'ready' ? '' : (await offshoot.log(id)).map(({ text }) => text).join('\n');
  expect(`${deployment.status} ${deployment.message ?? ''} ${log}`.trim()).toBe('ready');
  return deployment;
}
const waiting = (commit: string) => deploymentOf(commit, ({ status }) => status === 'blocked');
const hostOf = (number: number) => `http://pr-${number}--shop.localhost:${offshoot.proxyPort}`;
const visit = (number: number) => offshoot.visit(hostOf(number));
/** The proxy looks again within a second. */
const shows = (number: number, what: { status?: number; text?: string }) =>
  waitFor(`pr-${number} to show ${JSON.stringify(what)}`, TIMEOUT_MS, async () => {
    const { status, body } = await visit(number);
    const isShown = (what.status ?? status) === status && body.includes(what.text ?? '');
    return isShown ? body : undefined;
  });
const statusOf = (commit: string, text: string) =>
  waitFor(`the status of ${commit} to say ${text}`, TIMEOUT_MS, async () =>
    shop.statuses.findLast(({ sha }) => sha === commit)?.description?.includes(text) ? true : undefined,
  );

describe('pull requests', { timeout: TIMEOUT_MS }, () => {
  test('one of the repository itself has a host from its opening to its end', async () => {
    const ada = github.createUser('ada');
    await built(await push(shop, ada, 'main', { words: 'main' }));
    const token = { value: SECRET };
    const set = await offshoot.call('PUT', '/api/projects/shop/environment-variables/CMS_TOKEN', token);
    expect(set.status).toBeLessThan(300);
    await built(await push(shop, ada, 'topic', { words: 'first' }));
    const pull = github.openPullRequest(shop, { head: 'topic' });
    await github.settled();
    const body = await shows(pull.number, { status: 200, text: 'first' });
    expect(body).toContain(`secret: [${SECRET}]`);
    await built(await push(shop, ada, 'topic', { words: 'second' }));
    await shows(pull.number, { status: 200, text: `pull request: ${pull.number}, second` });
    github.closePullRequest(pull);
    await github.settled();
    await shows(pull.number, { status: 410 });
    github.reopen(pull);
    await github.settled();
    await shows(pull.number, { status: 200, text: 'second' });
  });

  test('one of a fork waits, is approved commit by commit, and is built apart', async () => {
    const [ada, mallory] = [github.createUser('ada'), github.createUser('mallory')];
    const fork = github.fork(shop, 'mallory');
    const first = await push(fork, mallory, 'main', {
      'offshoot.json': configOf('theirs'),
      words: 'forked',
    });
    const pull = github.openPullRequest(shop, { head: 'main', from: fork });
    await github.settled();
    const blocked = await waiting(first);
    await statusOf(first, 'somebody with write permission has to approve');
    await shows(pull.number, { status: 503, text: 'approved' });

    // Whoever wrote it can't approve it, whatever they call themselves.
    github.comment(pull, '/deploy', mallory);
    await github.settled();
    await waitFor('GitHub to be asked', TIMEOUT_MS, async () =>
      github.requests.some(({ path }) => path.endsWith('/collaborators/mallory/permission'))
        ? true
        : undefined,
    );
    expect((await offshoot.deployment(blocked.id)).status).toBe('blocked');

    github.comment(pull, 'Looks good.\n\n/deploy', ada);
    await github.settled();
    await built(first);
    const body = await shows(pull.number, { status: 200, text: 'forked' });
    expect(body.trim()).toBe(`ours, secret: [], pull request: ${pull.number}, forked`);
    await statusOf(first, 'It was built and published.');
    const main = await offshoot.visit(`http://main--shop.localhost:${offshoot.proxyPort}`);
    expect(main.body).toContain('ours');
    expect(main.body).not.toContain('forked');

    const second = await push(fork, mallory, 'main', { words: 'again' });
    const next = await waiting(second);
    await shows(pull.number, { status: 200, text: 'forked' });
    expect((await offshoot.call('POST', `/api/deployments/${next.id}/approve`)).status).toBe(202);
    expect((await offshoot.call('POST', `/api/deployments/${next.id}/approve`)).status).toBe(409);
    await built(second);
    await shows(pull.number, { status: 200, text: 'again' });

    github.closePullRequest(pull);
    await github.settled();
    await shows(pull.number, { status: 410 });
    expect(github.violations).toEqual([]);
  });
});
