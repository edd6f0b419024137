import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverAt } from '../support/api-client.ts';
import { type GitHub, startGitHub } from '../support/github/github.ts';
import { type Deployment, type Offshoot, startOffshoot, waitFor } from '../support/offshoot.ts';
import { APP_URL, CALLBACK_URLS, signInWithGithub } from '../support/sign-in-room.ts';

const TIMEOUT_MS = 120_000;

let github: GitHub;
let offshoot: Offshoot;

beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true, app: { callback_urls: CALLBACK_URLS } });
  const { id, privateKey, webhookSecret, clientId, clientSecret } = github.app;
  offshoot = await startOffshoot({
    environment: {
      OFFSHOOT_URL: APP_URL,
      APP_ID: String(id),
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_CLIENT_ID: clientId,
      GITHUB_CLIENT_SECRET: clientSecret,
      GITHUB_API_URL: `${github.webUrl}/api/v3`,
    },
  });
  github.hookTo(`http://127.0.0.1:${offshoot.appPort}/api/github/webhooks`);
}, TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await github?.close();
}, TIMEOUT_MS);

/** The deployment of a commit, as soon as there is one. */
async function deploymentOf(commit: string): Promise<Deployment> {
  return waitFor(`a deployment of ${commit}`, TIMEOUT_MS, async () => {
    const { body } = await offshoot.call<{ items: Deployment[] }>('GET', '/api/deployments?limit=50');
    return body.items.find((each) => each.commit === commit);
  });
}

describe('signing in with GitHub', { timeout: TIMEOUT_MS }, () => {
  test('shows what was pushed to who may read it, and lets who may write deploy it again', async () => {
    const shop = github.createRepository('acme/shop', { isPrivate: true, files: { 'index.html': 'one' } });
    github.setRole(shop, 'rita', 'read');
    github.setRole(shop, 'will', 'write');
    github.install('acme');
    await github.settled();
    const commit = github.push(shop, { 'index.html': 'two' });
    await github.settled();
    const { id } = await deploymentOf(commit);
    await offshoot.waitForEnd(id, TIMEOUT_MS);

    const server = serverAt(offshoot.appPort);
    const [eve, rita, will] = [
      await signInWithGithub('eve', github, server),
      await signInWithGithub('rita', github, server),
      await signInWithGithub('will', github, server),
    ];
    expect((await eve.get('/')).body).toContain('No projects to see yet');
    expect((await eve.get(`/deployments/${id}`)).status).toBe(404);
    expect((await eve.send('GET', `/logs/${id}`)).status).toBe(404);

    expect((await rita.get('/')).body).toContain('/projects/shop');
    const page = await rita.get(`/deployments/${id}`);
    expect([page.status, page.body.includes('Redeploy')]).toEqual([200, false]);
    expect((await rita.send('GET', `/logs/${id}`)).status).toBe(200);
    expect((await rita.post(`/deployments/${id}/redeploy`)).status).toBe(403);

    const again = await will.post(`/deployments/${id}/redeploy`);
    expect(again.status).toBe(303);
    const [, , redeployed = ''] = new URL(String(again.headers['location']), APP_URL).pathname.split('/');
    expect(await offshoot.waitForEnd(redeployed, TIMEOUT_MS)).toMatchObject({
      status: 'ready',
      commit,
      requestedBy: { kind: 'github-user', login: 'will' },
    });
    expect(github.violations).toEqual([]);
  });
});
