import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHub, startGitHub } from '../../../test/support/github/github.ts';
import { type GithubClients, openGithubClients } from './app-octokit.ts';
import { createCheckoutToken, revokeCheckoutToken } from './checkout-token.ts';
import { compareFiles } from './compare-files.ts';
import { ensureGithubDeployment, setGithubDeploymentStatus } from './github-deployment.ts';
import { askForRedelivery, listHookDeliveries } from './hook-deliveries.ts';
import { keepPullRequestComment } from './keep-pull-request-comment.ts';
import { listInstallationRepositories } from './list-installation-repositories.ts';
import { readBranchHead } from './read-branch-head.ts';
import { readCollaboratorPermission } from './read-collaborator-permission.ts';
import { readOwnApp } from './read-own-app.ts';
import { readFile } from './read-file.ts';
import { readPullRequest } from './read-pull-request.ts';
import { placeOfRepository } from './repository-place.ts';
import { setCommitStatus } from './set-commit-status.ts';

const OPTIONS = { now: Date.now };
const WRITE = { ...OPTIONS, pauseBetweenWrites: async () => undefined };
const PLACE = placeOfRepository('ada/shop');

let github: GitHub;
let clients: GithubClients;
let client: ReturnType<GithubClients['installation']>;
let shop: ReturnType<GitHub['createRepository']>;
let installationId: number;
beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true });
  shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
  installationId = github.install('ada').id;
  const log = { warn: () => undefined };
  clients = openGithubClients(
    { appId: github.app.id, privateKey: github.app.privateKey },
    { apiUrl: `${github.webUrl}/api/v3`, log },
  );
  client = clients.installation(installationId);
});
afterAll(() => github.close());

/** Fails with GitHub's words. */
async function valueOf<Value>(
  result: Promise<{ ok: true; value: Value } | { ok: false; failure: object }>,
): Promise<Value> {
  const given = await result;
  if (!given.ok) throw new Error(JSON.stringify(given.failure));
  return given.value;
}

describe('against a GitHub that keeps its rules', () => {
  it('the App knows itself and its repositories', async () => {
    const app = await valueOf(readOwnApp(clients, OPTIONS));
    expect(app).toMatchObject({ slug: github.app.slug, name: github.app.name });
    const { repositories, isComplete } = await valueOf(listInstallationRepositories(client, OPTIONS));
    expect([repositories.map(({ fullName }) => fullName), isComplete]).toEqual([['ada/shop'], true]);
  });

  it('a commit gets its status', async () => {
    const commit = github.push(shop, { 'a.txt': '1' }, { branch: 'status' });
    const status = {
      commit,
      state: 'pending',
      context: 'offshoot/shop',
      description: 'Queued',
      targetUrl: 'https://deploy.example.com/x',
    } as const;
    await valueOf(setCommitStatus(client, PLACE, status, OPTIONS));
    await valueOf(setCommitStatus(client, PLACE, { ...status, state: 'success' }, OPTIONS));
    const states = shop.statuses.filter(({ sha }) => sha === commit).map(({ state }) => state);
    expect(states).toEqual(['pending', 'success']);
  });

  it('a deployment is made once, however often the answer is lost', async () => {
    const commit = github.push(shop, { 'a.txt': '2' }, { branch: 'deployment' });
    const order = {
      deploymentId: 'd'.repeat(20),
      commit,
      environment: 'Preview',
      description: 'deployment',
      isProduction: false,
    };
    const ensure = () => ensureGithubDeployment(client, PLACE, order, OPTIONS);
    const before = shop.deployments.size;
    github.faults.once('lostReply', 'POST /repos/ada/shop/deployments');
    expect(await ensure()).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    const id = await valueOf(ensure());
    expect(await valueOf(ensure())).toBe(id);
    expect(shop.deployments.size).toBe(before + 1);
    const status = {
      state: 'success',
      description: 'Ready',
      logUrl: 'https://deploy.example.com/x',
    } as const;
    const set = setGithubDeploymentStatus(
      client,
      PLACE,
      id,
      { ...status, environmentUrl: 'https://shop.example.com' },
      OPTIONS,
    );
    await valueOf(set);
  });

  it('a pull request has one comment of ours: found, changed, written anew, never two', async () => {
    github.push(shop, { 'a.txt': '3' }, { branch: 'comment' });
    const pull = github.openPullRequest(shop, { head: 'comment' });
    const keep = (text: string) => {
      const body = `${text}\n<!-- offshoot -->`;
      const comment = { number: pull.number, marker: '<!-- offshoot -->', body, appId: github.app.id };
      return keepPullRequestComment(client, PLACE, comment, WRITE);
    };
    const ours = () => [...shop.comments.values()].filter(({ viaApp }) => viaApp !== null);
    github.comment(pull, 'copied\n<!-- offshoot -->');
    github.faults.once('lostReply', `POST /repos/ada/shop/issues/${pull.number}/comments`);
    expect(await keep('one')).toMatchObject({ ok: false });
    const { id } = await valueOf(keep('two'));
    expect(ours().map(({ body }) => body)).toEqual(['two\n<!-- offshoot -->']);
    github.deleteComment(pull, ours()[0]!);
    const again = await valueOf(keep('three'));
    expect(again.id).not.toBe(id);
    expect(ours().map(({ body }) => body)).toEqual(['three\n<!-- offshoot -->']);
  });

  it('a branch is where it was pushed to, or gone', async () => {
    const commit = github.push(shop, { 'a.txt': '4' }, { branch: 'feature/x y' });
    const read = (branch: string) => valueOf(readBranchHead(client, PLACE, branch, OPTIONS));
    expect(await read('feature/x y')).toEqual({ state: 'there', commit });
    expect(await read('feature')).toEqual({ state: 'gone' });
    github.deleteBranch(shop, 'feature/x y');
    expect(await read('feature/x y')).toEqual({ state: 'gone' });
    const other = readBranchHead(client, placeOfRepository('ada/none'), 'main', OPTIONS);
    expect(await other).toMatchObject({ ok: false, failure: { kind: 'not_found' } });
  });

  it('somebody may do what their role says, strangers nothing', async () => {
    github.setRole(shop, 'grace', 'write');
    const read = (login: string) => valueOf(readCollaboratorPermission(client, PLACE, login, OPTIONS));
    expect([await read('ada'), await read('grace'), await read('nobody-at-all')]).toEqual([
      'admin',
      'write',
      'none',
    ]);
  });

  it('the files between two commits are known, after a force push they are not', async () => {
    const base = github.push(shop, { 'a.txt': '5' }, { branch: 'compare' });
    const head = github.push(shop, { 'a.txt': '5', 'docs/b.md': '1' }, { branch: 'compare' });
    const compare = (from: string, to: string, since: 'base' | 'parting' = 'base') =>
      valueOf(compareFiles(client, PLACE, { base: from, head: to, since }, OPTIONS));
    expect(await compare(base, head)).toEqual({ state: 'known', paths: ['docs/b.md'] });
    expect(await compare(head, base)).toEqual({ state: 'unknown' });
    expect(await compare('f'.repeat(40), head)).toEqual({ state: 'unknown' });
    const other = github.push(shop, { 'a.txt': '5', 'c.md': '1' }, { branch: 'parted', parents: [base] });
    expect(await compare(head, other)).toEqual({ state: 'unknown' });
    expect(await compare(head, other, 'parting')).toEqual({ state: 'known', paths: ['c.md'] });
  });

  it('a file is read as it was at a commit; nothing is read of a folder, and of what is not there', async () => {
    const before = github.push(shop, { 'apps/web/offshoot.json': '{"node":22}' }, { branch: 'read' });
    github.push(shop, { 'apps/web/offshoot.json': '{"node":24}' }, { branch: 'read' });
    const read = (path: string, commit = before) =>
      valueOf(readFile(client, PLACE, { path, commit }, OPTIONS));
    expect(await read('apps/web/offshoot.json')).toBe('{"node":22}');
    expect(await read('offshoot.json')).toBeUndefined();
    expect(await read('apps/web/offshoot.json', 'f'.repeat(40))).toBeUndefined();
  });

  it('a pull request is read as it is now, its fork told by numbers', async () => {
    const fork = github.fork(shop, 'mallory');
    const commit = github.push(fork, { 'index.html': 'evil' }, { branch: 'patch' });
    const pull = github.openPullRequest(shop, { head: 'patch', from: fork, isDraft: true });
    expect(await valueOf(readPullRequest(client, PLACE, pull.number, OPTIONS))).toMatchObject({
      isOpen: true,
      isDraft: true,
      authorLogin: 'mallory',
      headRef: 'patch',
      headCommit: commit,
      headRepositoryId: fork.id,
      baseRepositoryId: shop.id,
    });
  });

  it('a failed webhook is listed, and delivered again when it is asked for', async () => {
    const since = new Date(Date.now() - 60_000);
    github.hookTo('http://127.0.0.1:1/nobody');
    github.push(shop, { 'a.txt': '6' }, { branch: 'hook' });
    await github.settled();
    const list = () => valueOf(listHookDeliveries(clients, since, OPTIONS));
    const failed = (await list()).deliveries.filter(({ event }) => event === 'push');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.statusCode).not.toBe(202);
    await valueOf(askForRedelivery(clients, failed[0]!.id, OPTIONS));
    await github.settled();
    const tries = (await list()).deliveries.filter(({ guid }) => guid === failed[0]!.guid);
    expect(tries.map(({ isRedelivery }) => isRedelivery)).toEqual([true, false]);
  });

  it('a checkout’s token reads its repository and nothing else, until it is revoked', async () => {
    const place = { installationId, repositoryId: shop.id };
    const { token, expiresAt } = await valueOf(createCheckoutToken(clients, place, OPTIONS));
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    const own = clients.withToken(token);
    expect(await readBranchHead(own, PLACE, 'main', OPTIONS)).toMatchObject({ ok: true });
    await valueOf(revokeCheckoutToken(clients, token, OPTIONS));
    await valueOf(revokeCheckoutToken(clients, token, OPTIONS));
    expect(await readBranchHead(own, PLACE, 'main', OPTIONS)).toMatchObject({
      ok: false,
      failure: { kind: 'unauthorized' },
    });
  });

  it('limits name the moment when it may be tried again', async () => {
    github.faults.set({ retryAfterSeconds: 30 });
    github.faults.once('forbidden', 'GET /repos/ada/shop/pulls');
    const at = Date.now();
    const limited = await readPullRequest(client, PLACE, 1, { now: () => at });
    expect(limited).toMatchObject({ ok: false, failure: { kind: 'rate_limited', retryAt: at + 30_000 } });
    github.faults.clear();
  });

  it('a suspended installation is told from one that is gone', async () => {
    const other = github.install(github.createOrganization('acme').login);
    github.suspend(other);
    const place = { installationId: other.id, repositoryId: shop.id };
    const suspended = await createCheckoutToken(clients, place, OPTIONS);
    expect(suspended).toMatchObject({ ok: false, failure: { kind: 'suspended' } });
    github.uninstall(other);
    const gone = await createCheckoutToken(clients, place, OPTIONS);
    expect(gone).toMatchObject({ ok: false, failure: { kind: 'not_found' } });
  });

  it('each request was one that GitHub’s own description knows, within the App’s permissions', () => {
    expect(github.requests.length).toBeGreaterThan(20);
    expect(github.violations).toEqual([]);
  });
});
