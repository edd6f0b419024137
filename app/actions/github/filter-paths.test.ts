import { desc, eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../../test/support/core-room.ts';
import type { Files } from '../../../test/support/git-repository.ts';
import { type GitHub, startGitHub } from '../../../test/support/github/github.ts';
import { findAlias } from '../../db/aliases.ts';
import { queryRows } from '../../db/database.ts';
import { type DeploymentRow, findDeployment, moveDeployment } from '../../db/deployments.ts';
import { listDueInstallations } from '../../db/github-due.ts';
import { findDueStatus } from '../../db/github-reports.ts';
import { listProjectsOfRepository } from '../../db/github-repositories.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { deployments, projects } from '../../db/schema.ts';
import { openGithubClients } from '../../github/client/app-octokit.ts';
import { activateDeployment } from '../activate-deployment.ts';
import { cancel } from '../cancel.ts';
import { redeploy } from '../deploy.ts';
import { createGithubPace } from '../github-pace.ts';
import { scheduleBuilds } from '../schedule-builds.ts';
import { filterPaths } from './filter-paths.ts';
import { MAX_HOLD_MS } from './hold-for-paths.ts';
import { receiveDelivery } from './receive-delivery.ts';

const NONE = '0'.repeat(40);
const FILTER = { 'offshoot.json': '{"root":"site","paths":["shared/"]}' };
const SITE: Files = { ...FILTER, 'site/index.html': 'one', 'docs/a.md': 'one' };
const SKIPPED = 'Nothing that "paths" of offshoot.json matches was changed.';

let github: GitHub;
let room: CoreRoom;
let owners = 0;
let owner: string;
let shop: ReturnType<GitHub['createRepository']>;
let pushes: number;

beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true });
});
afterAll(() => github.close());
beforeEach(async () => {
  const { id: appId, privateKey } = github.app;
  const log = { warn: () => undefined };
  const clients = openGithubClients({ appId, privateKey }, { apiUrl: `${github.webUrl}/api/v3`, log });
  const app = { appId, privateKey } as never;
  room = await openCoreRoom({ github: { read: async () => ({ state: 'ready', app, clients }) } });
  const { randomId } = room.dependencies;
  const readTime = async () => room.clock.now;
  const githubPace = createGithubPace({ db: room.db, readTime, randomId, sleep: async () => undefined, log });
  Object.assign(room.dependencies, { githubPace });
  owner = `monorepo${(owners += 1)}`;
  pushes = 0;
  shop = github.createRepository(`${owner}/shop`);
  github.install(owner);
});
afterEach(async () => {
  github.faults.clear();
  await room.dispose();
});

interface Pushed {
  readonly branch?: string;
  readonly parents?: readonly string[];
}

/** Commits exactly these files and tells of it, as GitHub does. What each project of the repository makes of it. */
async function pushAll(files: Files, { branch = 'main', parents }: Pushed = {}): Promise<DeploymentRow[]> {
  const before = shop.git.tipOf(branch) ?? NONE;
  const commit = github.push(shop, files, { branch, ...(parents && { parents }) });
  room.clock.now += 1000;
  const payload = payloadOf(branch, before, commit);
  const guid = crypto.randomUUID();
  await receiveDelivery({ guid, event: 'push', payload, body: JSON.stringify(payload) }, room.dependencies);
  return room.db
    .select()
    .from(deployments)
    .where(eq(deployments.commit, commit))
    .orderBy(desc(deployments.createdAt));
}

async function push(files: Files, how: Pushed = {}): Promise<DeploymentRow> {
  const [row] = await pushAll(files, how);
  if (row === undefined) throw new Error('nothing was deployed');
  return row;
}

function payloadOf(branch: string, before: string, after: string) {
  const installation = github.state.installations.values().find(({ account }) => account.login === owner);
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    created: before === NONE,
    deleted: false,
    forced: false,
    head_commit: { id: after, message: 'm', timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
    installation: { id: installation?.id },
    repository: {
      id: shop.id,
      full_name: `${owner}/shop`,
      html_url: `${github.webUrl}/${owner}/shop`,
      private: false,
      default_branch: 'main',
      pushed_at: 1_767_225_600 + (pushes += 1),
    },
    sender: { login: 'ada' },
  };
}

/** Its build comes to a good end, and its hosts show it. */
async function goLive(deployment: DeploymentRow, filtersPaths = true): Promise<void> {
  await filterPaths(deployment.id, room.dependencies);
  await room.publish(deployment);
  await room.db.update(deployments).set({ filtersPaths }).where(eq(deployments.id, deployment.id));
  await activateDeployment(deployment.id, room.dependencies);
  expect(await findDeployment(room.db, deployment.id)).toMatchObject({ status: 'ready' });
}

/** What becomes of a deployment once GitHub was asked. */
async function decided(deployment: DeploymentRow) {
  expect(deployment).toMatchObject({
    status: 'queued',
    heldUntil: expect.any(Date),
    message: 'GitHub is asked what this commit changes, before it is built.',
  });
  await filterPaths(deployment.id, room.dependencies);
  const { status, message, heldUntil } = await room.read(deployment.id);
  expect(heldUntil).toBeNull();
  return status === 'queued' && message === null ? 'built' : `${status}: ${message}`;
}

const isStarted = async ({ id }: DeploymentRow) => (await scheduleBuilds(room.dependencies)).includes(id);
const project = async (): Promise<ProjectRow> => {
  const [found] = await listProjectsOfRepository(room.db, shop.id);
  if (found === undefined) throw new Error('there is no project');
  return found;
};
/** Of all but the tokens, which are the App's and not one installation's. */
const breakReads = (faults: Parameters<GitHub['faults']['set']>[0]) =>
  github.faults.set({ ...faults, applies: ({ path }) => path.includes('/repos/') });
const callsTo = (path: string) => github.requests.filter((each) => each.path.includes(path)).length;

describe('a push to a branch that shows a build with paths', () => {
  let first: DeploymentRow;
  beforeEach(async () => {
    first = await push(SITE);
    await goLive(first);
  });

  it('is skipped when it changes nothing that they name; the branch goes on showing what it showed', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    expect(await isStarted(docs)).toBe(false);
    expect(await decided(docs)).toBe(`skipped: ${SKIPPED}`);
    expect((await room.read(docs.id)).finishedAt).not.toBeNull();
    expect(room.hinted).toContain(docs.id);
    const shown = await findAlias(room.db, 'main--shop');
    expect(shown).toMatchObject({ state: 'live', deploymentId: first.id });
    // The commit of `first` has no status yet either; what is over comes first, the oldest before.
    await room.db.update(deployments).set({ reportedStatus: 'ready' }).where(eq(deployments.id, first.id));
    const [installationId = 0] = await listDueInstallations(room.db, 1);
    expect(await findDueStatus(room.db, installationId)).toMatchObject({ id: docs.id, status: 'skipped' });
    expect(github.violations).toEqual([]);
  });

  it.each([
    ['a file of its folder', { 'site/index.html': 'two' }],
    ['a file that they name', { 'shared/a.js': 'two' }],
    ['the paths themselves', { 'offshoot.json': '{"root":"site","paths":[]}' }],
  ])('is built when it changes %s', async (_what, changes) => {
    const pushed = await push({ ...SITE, ...changes });
    expect(await decided(pushed)).toBe('built');
    expect(await isStarted(pushed)).toBe(true);
  });

  it('is built when a push before it, which was never built, changes something', async () => {
    const superseded = await push({ ...SITE, 'site/index.html': 'two' });
    const docs = await push({ ...SITE, 'site/index.html': 'two', 'docs/a.md': 'two' });
    expect(await room.read(superseded.id)).toMatchObject({ status: 'superseded' });
    expect(await decided(docs)).toBe('built');
  });

  it('is built when a build before it, which changes something, has failed', async () => {
    const failed = await push({ ...SITE, 'site/index.html': 'two' });
    expect(await decided(failed)).toBe('built');
    await moveDeployment(room.db, failed.id, 'launch', new Date());
    await moveDeployment(room.db, failed.id, 'fail', new Date());
    const docs = await push({ ...SITE, 'site/index.html': 'two', 'docs/a.md': 'two' });
    expect(await decided(docs)).toBe('built');
  });

  it('is built at once while another build of the branch is on its way, which it would bury', async () => {
    const again = await redeploy(first.id, { kind: 'administrator' }, room.dependencies);
    expect(again).toMatchObject({ outcome: 'deployed', deployment: { heldUntil: null } });
    const queuedMeanwhile = await push({ ...SITE, 'docs/a.md': 'two' });
    expect(queuedMeanwhile.heldUntil).toBeNull();
    expect(await isStarted(queuedMeanwhile)).toBe(true);
    expect((await push({ ...SITE, 'docs/a.md': 'three' })).heldUntil).toBeNull();
  });

  it('is skipped after one that was skipped, and built after it when it changes something', async () => {
    await decided(await push({ ...SITE, 'docs/a.md': 'two' }));
    expect(await decided(await push({ ...SITE, 'docs/a.md': 'three' }))).toContain('skipped');
    expect(await decided(await push({ ...SITE, 'site/index.html': 'two' }))).toBe('built');
  });

  it('is built after a force push, of which GitHub does not tell all that it takes back', async () => {
    const root = shop.git.commit({ ...SITE, 'docs/a.md': 'other' }, { branch: 'other', parents: [] });
    const forced = await push({ ...SITE, 'docs/a.md': 'two' }, { parents: [root] });
    expect(await decided(forced)).toBe('built');
  });

  it('is built at once when somebody has changed the settings of its builds', async () => {
    const { id } = await project();
    const settings = { buildCommand: 'make' };
    await room.db.update(projects).set({ settings }).where(eq(projects.id, id));
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    expect(docs.heldUntil).toBeNull();
  });

  it('is built after all when somebody redeploys it', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    await decided(docs);
    const again = await redeploy(docs.id, { kind: 'administrator' }, room.dependencies);
    if (again.outcome !== 'deployed') throw new Error(again.outcome);
    expect(again.deployment.heldUntil).toBeNull();
    expect(await isStarted(again.deployment)).toBe(true);
  });

  it('stays canceled when somebody cancels it while GitHub is asked', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    await cancel(docs.id, room.dependencies);
    await filterPaths(docs.id, room.dependencies);
    expect(await room.read(docs.id)).toMatchObject({ status: 'canceled' });
  });

  it('whose builder has started is not skipped any more', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    room.clock.now += MAX_HOLD_MS;
    expect(await isStarted(docs)).toBe(true);
    await filterPaths(docs.id, room.dependencies);
    expect(await room.read(docs.id)).toMatchObject({ status: 'launching', heldUntil: null });
  });

  it('waits while GitHub is broken, no longer than is said, and asks again meanwhile', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    breakReads({ answers: { serverError: 1 } });
    await filterPaths(docs.id, room.dependencies);
    expect(await isStarted(docs)).toBe(false);
    const jobs = await queryRows<{ retries: string }>(
      room.db,
      sql`select count(*) as retries from pgboss.job where name = 'filter-paths' and start_after > created_on`,
    );
    expect(jobs).toEqual([{ retries: '1' }]);
    room.clock.now += MAX_HOLD_MS;
    expect(await isStarted(docs)).toBe(true);
  });

  it('is built at once when GitHub wants more time than it waits', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    breakReads({ answers: { tooMany: 1 }, retryAfterSeconds: MAX_HOLD_MS / 1000 + 1 });
    expect(await decided(docs)).toBe('built');
  });

  it('asks GitHub for nothing while it wants silence', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    breakReads({ answers: { tooMany: 1 }, retryAfterSeconds: 60 });
    await filterPaths(docs.id, room.dependencies);
    const asked = github.requests.length;
    await filterPaths(docs.id, room.dependencies);
    expect(github.requests).toHaveLength(asked);
    expect(await isStarted(docs)).toBe(false);
  });

  it('is built when the App may not read the repository any more', async () => {
    const docs = await push({ ...SITE, 'docs/a.md': 'two' });
    github.uninstall(github.state.installations.values().find(({ account }) => account.login === owner)!);
    expect(await decided(docs)).toBe('built');
  });
});

describe('the first push of a branch', () => {
  it('is compared with where it parted from production', async () => {
    const base = await push(SITE);
    await goLive(base);
    await goLive(await push({ ...SITE, 'site/index.html': 'two' }));
    const parents = [base.commit ?? ''];
    const docs = await push({ ...SITE, 'docs/a.md': 'two' }, { branch: 'docs', parents });
    expect(await findAlias(room.db, 'docs--shop')).toMatchObject({ state: 'waiting' });
    expect(await decided(docs)).toBe(`skipped: ${SKIPPED}`);
    expect(await findAlias(room.db, 'docs--shop')).toMatchObject({ state: 'gone' });
    // All of the branch counts, not the last push alone.
    const change = await push({ ...SITE, 'docs/a.md': 'two', 'shared/a': '1' }, { branch: 'docs' });
    expect(await decided(change)).toBe('built');
  });

  it('is built when its offshoot.json names no paths, whatever that of production names', async () => {
    const bare: Files = { 'site/index.html': 'one', 'docs/a.md': 'one' };
    const base = await push(bare);
    await goLive(base, false);
    await goLive(await push({ ...bare, ...FILTER }));
    const parents = [base.commit ?? ''];
    expect(await decided(await push({ ...bare, 'docs/a.md': '2' }, { branch: 'docs', parents }))).toBe(
      'built',
    );
  });

  it('of the merge queue is skipped too, so that the queue goes on', async () => {
    await goLive(await push(SITE));
    const branch = 'gh-readonly-queue/main/pr-7-abc';
    const queued = await push({ ...SITE, 'docs/a.md': 'two' }, { branch });
    expect(await decided(queued)).toBe(`skipped: ${SKIPPED}`);
  });
});

describe('a project without paths', () => {
  it('is built at once, and GitHub is asked for nothing', async () => {
    await goLive(await push({ 'index.html': 'one' }), false);
    const next = await push({ 'index.html': 'one', 'README.md': 'two' });
    expect(next.heldUntil).toBeNull();
    expect(await isStarted(next)).toBe(true);
    expect(callsTo(`/${owner}/shop/compare`) + callsTo(`/${owner}/shop/contents`)).toBe(0);
  });

  it('is built when a push brings them in', async () => {
    await goLive(await push({ 'index.html': 'one' }), false);
    expect((await push({ 'index.html': 'one', 'offshoot.json': '{"paths":[]}' })).heldUntil).toBeNull();
  });
});

describe('several projects in one repository', () => {
  it('are each decided by their own folder', async () => {
    const folder = (name: string): Files => ({
      [`${name}/offshoot.json`]: '{"paths":[]}',
      [`${name}/index.html`]: 'one',
    });
    for (const name of ['web', 'docs']) {
      const settings = { rootDirectory: name };
      await room.createProject({ slug: name, repositoryId: shop.id, settings });
    }
    const files = { ...folder('web'), ...folder('docs') };
    for (const row of await pushAll(files)) await goLive(row);
    const changed = await pushAll({ ...files, 'web/index.html': 'two' });
    const slugs = new Map(
      (await listProjectsOfRepository(room.db, shop.id)).map(({ id, slug }) => [id, slug]),
    );
    const outcomes = new Map<string | undefined, string>();
    for (const row of changed) outcomes.set(slugs.get(row.projectId), await decided(row));
    expect(Object.fromEntries(outcomes)).toEqual({ web: 'built', docs: `skipped: ${SKIPPED}` });
  });
});
