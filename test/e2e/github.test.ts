import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHub, startGitHub } from '../support/github/github.ts';
import { type Deployment, type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';

const TIMEOUT_MS = 120_000;

let github: GitHub;
let offshoot: Offshoot;

beforeAll(async () => {
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
}, TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await github?.close();
}, TIMEOUT_MS);

/** The deployment of a commit, at its end. */
async function endOf(commit: string): Promise<Deployment> {
  const found = await waitFor(`a deployment of ${commit}`, TIMEOUT_MS, async () => {
    const { body } = await offshoot.call<{ items: Deployment[] }>('GET', '/api/deployments?limit=50');
    return body.items.find((each) => each.commit === commit);
  });
  return offshoot.waitForEnd(found.id, TIMEOUT_MS);
}
const contentOf = async (url: string | null | undefined) => (await offshoot.visit(url ?? '')).body;

describe('the GitHub App', { timeout: TIMEOUT_MS }, () => {
  test('deploys a private repository at its first push, each branch to its own host', async () => {
    github.createUser('ada');
    const shop = github.createRepository('ada/shop', { isPrivate: true, files: { 'index.html': 'one' } });
    github.install('ada');
    await github.settled();
    const first = github.push(shop, { 'index.html': 'two' });
    await github.settled();
    const production = await endOf(first);
    expect(production).toMatchObject({
      status: 'ready',
      environment: 'production',
      requestedBy: { kind: 'push' },
    });
    expect(await contentOf(production.urls['production'])).toBe('two');

    const preview = await endOf(github.push(shop, { 'index.html': 'three' }, { branch: 'feature/x' }));
    expect(preview).toMatchObject({ status: 'ready', environment: 'preview' });
    expect(await contentOf(preview.urls['branch'])).toBe('three');
    expect(await contentOf(production.urls['production'])).toBe('two');

    for (const { id, commit } of [production, preview]) {
      const newest = await waitFor(`the status of ${commit}`, TIMEOUT_MS, async () => {
        const last = shop.statuses.findLast(({ sha }) => sha === commit);
        return last?.state === 'success' ? last : undefined;
      });
      expect(newest).toMatchObject({
        context: 'offshoot/shop',
        description: 'It was built and published.',
        targetUrl: expect.stringMatching(new RegExp(`^http://localhost:\\d+/deployments/${id}$`)),
      });
    }

    github.deleteBranch(shop, 'feature/x');
    await github.settled();
    await waitFor('the branch’s host to be gone', TIMEOUT_MS, async () =>
      (await offshoot.visit(preview.urls['branch'] ?? '')).status === 410 ? true : undefined,
    );
  });

  test('fetches with tokens for that one repository, which are revoked when the checkout is over', async () => {
    const isRevoked = ({ method, path, status }: (typeof github.requests)[number]) =>
      method === 'DELETE' && path.endsWith('/installation/token') && status === 204;
    await waitFor('the token of each build to be revoked', TIMEOUT_MS, async () =>
      github.requests.filter(isRevoked).length === 2 ? true : undefined,
    );
    expect(github.violations).toEqual([]);
  });

  test('does not build what changes nothing that the paths name, and says so at the commit', async () => {
    const files = { 'offshoot.json': '{"paths":["site/**"],"output":"site"}', 'site/index.html': 'one' };
    const docs = github.createRepository('ada/filtered', { files });
    await github.settled();
    // While anything of the branch is being built, the next commit is built whatever it changes.
    await endOf(docs.git.tipOf('main') ?? '');
    const built = await endOf(github.push(docs, { ...files, 'site/index.html': 'two' }));
    expect(built).toMatchObject({ status: 'ready' });
    const commit = github.push(docs, { ...files, 'site/index.html': 'two', 'README.md': 'words' });
    expect(await endOf(commit)).toMatchObject({ status: 'skipped' });
    const newest = await waitFor(`the status of ${commit}`, TIMEOUT_MS, async () =>
      docs.statuses.find(({ sha, state }) => sha === commit && state === 'success'),
    );
    expect(newest).toMatchObject({
      description: 'Nothing that "paths" of offshoot.json matches was changed.',
    });
    expect(await contentOf(built.urls['production'])).toBe('two');
    expect(github.violations).toEqual([]);
  });

  test('takes no webhook that GitHub has not signed', async () => {
    const answer = await fetch(`http://127.0.0.1:${offshoot.appPort}/api/github/webhooks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
      },
      body: '{"ref":"refs/heads/main"}',
    });
    expect(answer.status).toBe(401);
  });
});
