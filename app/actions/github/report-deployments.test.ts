import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../../test/support/core-room.ts';
import { type GitHub, startGitHub } from '../../../test/support/github/github.ts';
import { moveDeployment } from '../../db/deployments.ts';
import { listDueReports } from '../../db/github-reports.ts';
import { deployments } from '../../db/schema.ts';
import { openGithubClients } from '../../github/client/app-octokit.ts';
import { createGithubPace } from '../github-pace.ts';
import { cancel } from '../cancel.ts';
import { redeploy } from '../deploy.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { reportDeployments } from './report-deployments.ts';

/** Of GitHub's clock and the pace's; each look moves it on, so that nobody waits for a second. */
let skewMs = 0;
const now = () => Date.now() + (skewMs += 1000);

let github: GitHub;
let room: CoreRoom;
let owners = 0;
type Shop = ReturnType<GitHub['createRepository']>;
let shop: Shop;
let owner: string;

beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true, checkPacing: true, now });
});
afterAll(() => github.close());
beforeEach(async () => {
  const { id: appId, privateKey } = github.app;
  const log = { warn: () => undefined };
  const clients = openGithubClients({ appId, privateKey }, { apiUrl: `${github.webUrl}/api/v3`, log });
  const app = { appId, privateKey } as never;
  room = await openCoreRoom({ github: { read: async () => ({ state: 'ready', app, clients }) } });
  Object.assign(room.dependencies, {
    githubPace: createGithubPace({
      db: room.db,
      readTime: async () => now(),
      randomId: room.dependencies.randomId,
      sleep: async () => undefined,
      log,
    }),
  });
  owner = `owner${(owners += 1)}`;
  shop = github.createRepository(`${owner}/shop`, { files: { 'index.html': 'one' } });
});
afterEach(async () => {
  github.faults.set({});
  await room.dispose();
});

/** A push as GitHub sends it; the id of what it deploys. */
async function push(commit: string, at: number): Promise<string> {
  const installation = github.state.installations.values().find(({ account }) => account.login === owner);
  const payload = {
    ref: `refs/heads/branch-${at}`,
    before: '0'.repeat(40),
    after: commit,
    forced: false,
    head_commit: { id: commit, message: 'm', timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
    installation: { id: installation?.id },
    repository: {
      id: shop.id,
      full_name: `${owner}/shop`,
      html_url: `${github.webUrl}/${owner}/shop`,
      private: false,
      default_branch: 'main',
      pushed_at: 1_767_225_600 + at,
    },
    sender: { login: 'ada' },
  };
  await receiveDelivery(
    { guid: crypto.randomUUID(), event: 'push', payload, body: JSON.stringify(payload) },
    room.dependencies,
  );
  const [row] = await room.db.select().from(deployments).where(eq(deployments.commit, commit));
  if (row === undefined) throw new Error('nothing was deployed');
  return row.id;
}
/** As often as the job comes again. */
async function report(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    if ((await listDueReports(room.db, 1)).length === 0) return;
    await reportDeployments(room.dependencies);
  }
}
const shown = () => shop.statuses.map(({ state, description }) => `${state}: ${description}`);
const fail = async (id: string) => {
  const at = new Date(room.clock.now);
  await moveDeployment(room.db, id, 'launch', at);
  await moveDeployment(room.db, id, 'fail', at, { reason: 'build_failed', message: 'exit code 1' });
};

describe('a commit', () => {
  it('shows how its deployment is doing, with a link to its page', async () => {
    github.install(owner);
    const commit = github.push(shop, { 'a.txt': '1' });
    const id = await push(commit, 0);
    await report();
    await fail(id);
    await report();
    await report();
    expect(shown()).toEqual([
      'pending: It waits for a builder.',
      expect.stringMatching(/^failure: .*exit code 1/),
    ]);
    expect(shop.statuses[0]).toMatchObject({
      sha: commit,
      context: 'offshoot/shop',
      targetUrl: `http://deploy.example.com/deployments/${id}`,
    });
    expect(github.violations).toEqual([]);
  });

  it('shows the present and not what there was before it', async () => {
    github.install(owner);
    const id = await push(github.push(shop, { 'a.txt': '1' }), 0);
    await cancel(id, room.dependencies);
    await report();
    expect(shown()).toEqual(['error: It was canceled before it was done.']);
  });

  it('shows its newest deployment, whatever becomes of an older one', async () => {
    github.install(owner);
    const id = await push(github.push(shop, { 'a.txt': '1' }), 0);
    await fail(id);
    room.clock.now += 1000;
    await redeploy(id, { kind: 'administrator' }, room.dependencies);
    await report();
    expect(shown()).toEqual(['pending: It waits for a builder.']);
  });

  it('that GitHub does not know is refused for good, and people see why', async () => {
    github.install(owner);
    const id = await push('f'.repeat(40), 0);
    await report();
    expect(shown()).toEqual([]);
    expect((await room.read(id)).reportProblem).toContain('No commit found');
  });
});

describe('while GitHub fails', () => {
  it('nothing is lost, and nobody comes back early', async () => {
    github.install(owner);
    github.faults.set({
      seed: 3,
      answers: { serverError: 0.3, tooMany: 0.1, forbidden: 0.1, lostReply: 0.1 },
    });
    for (let turn = 0; turn < 5; turn += 1) {
      const id = await push(github.push(shop, { 'a.txt': String(turn) }), turn * 10);
      await report();
      await cancel(id, room.dependencies);
    }
    for (let round = 0; round < 30 && (await listDueReports(room.db, 1)).length > 0; round += 1) {
      skewMs += 120_000;
      await report();
    }
    expect(await listDueReports(room.db, 1)).toEqual([]);
    const newest = new Map(shop.statuses.map(({ sha, state }) => [sha, state]));
    expect([...newest.values()]).toEqual(Array.from({ length: 5 }, () => 'error'));
    expect(github.violations).toEqual([]);
  });

  it('because the App is suspended, it is not asked', async () => {
    const installation = github.install(owner);
    const id = await push(github.push(shop, { 'a.txt': '1' }), 0);
    const payload = {
      action: 'suspend',
      installation: {
        id: installation.id,
        account: { id: 1, login: owner },
        suspended_at: '2026-01-01T00:00:00Z',
      },
      sender: { login: 'ada' },
    };
    await receiveDelivery({ guid: 's', event: 'installation', payload, body: '{}' }, room.dependencies);
    await reportDeployments(room.dependencies);
    expect(shown()).toEqual([]);
    expect((await room.read(id)).reportedStatus).toBeNull();
  });
});
