import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ListedRemote, listRemote } from '../../git/list-remote.ts';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { GitRepository } from '../../test/support/git-repository.ts';
import { readDatabaseTime } from '../db/database-time.ts';
import { deleteDeployHook, type DeployHookRow, findDeployHook } from '../db/deploy-hooks.ts';
import { findDeployment } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { deployments, projects, webhookDeliveries } from '../db/schema.ts';
import { HOOK_GIVE_UP_MS, HOOK_SPAN_MS } from '../domain/plan-hook-run.ts';
import { createHandlers } from '../jobs/handlers/create-handlers.ts';
import type { JobPayload } from '../jobs/queue.ts';
import { callDeployHook } from './call-deploy-hook.ts';
import { createDeployHook } from './create-deploy-hook.ts';
import { createWebhook } from './create-webhook.ts';
import { runDeployHook } from './run-deploy-hook.ts';

type Run = JobPayload<'run-deploy-hook'>;
const TIMEOUT = { timeout: 20_000 };
const AWAY: ListedRemote = { ok: false, message: 'git.example.com did not answer in time: ask again later.' };
const folder = mkdtempSync(path.join(tmpdir(), 'offshoot-hooks-'));
const repository = new GitRepository(folder);
let isAway = false;
let room: CoreRoom;
let project: ProjectRow;
let hook: DeployHookRow;
let token: string;

beforeAll(async () => {
  repository.commit({ 'index.html': 'one' });
  repository.commit({ 'index.html': 'two' }, { branch: 'content' });
  const options = { allowLocal: true, environment: { PATH: process.env['PATH'] ?? '' } };
  room = await openCoreRoom({
    listRemote: async (url) =>
      isAway ? AWAY : listRemote(url, { ...options, signal: AbortSignal.timeout(10_000) }),
  });
});
afterAll(async () => {
  await room.dispose();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  isAway = false;
  project = await room.createProject({ gitUrl: `file://${folder}` });
  const created = await createDeployHook(project, { name: 'CMS', branch: 'content' }, room.dependencies);
  if (created.outcome !== 'created') throw new Error(JSON.stringify(created));
  ({ hook, token } = created);
});

async function call(secret = token) {
  return callDeployHook(secret, room.dependencies);
}

/** What the queue holds of the hook. */
async function runs(): Promise<(Run & { startsInMs: number })[]> {
  const rows = await room.db.execute<{ data: Run; starts: number }>(sql`
    select data, (extract(epoch from start_after - now()) * 1000)::float8 as starts from pgboss.job
    where name = 'run-deploy-hook' and data ->> 'hookId' = ${hook.id} order by start_after`);
  return rows.map(({ data, starts }) => ({ ...data, startsInMs: starts }));
}

/** Far enough from the end of a span that what follows happens within it. */
async function beginSpan(): Promise<void> {
  const left = HOOK_SPAN_MS - ((await readDatabaseTime(room.db)) % HOOK_SPAN_MS);
  if (left < 5000) await sleep(left + 10);
}

async function made() {
  return room.db.select().from(deployments).where(eq(deployments.projectId, project.id));
}

async function planRun(agoMs = 0): Promise<Run> {
  const startsAt = (await readDatabaseTime(room.db)) - agoMs;
  return { hookId: hook.id, deploymentId: room.dependencies.randomId(), startsAt };
}

describe('a deploy hook', () => {
  it.each([
    [{ name: 'x', branch: 'contend' }, 'ref_not_found'],
    [{ name: 'x', branch: 'refs/heads/content' }, 'ref_not_found'],
  ])('is not made for %j: %s', async (order, outcome) => {
    expect(await createDeployHook(project, order, room.dependencies)).toMatchObject({ outcome });
  });

  it('is of the production branch unless another is named', async () => {
    const created = await createDeployHook(project, { name: 'x' }, room.dependencies);
    expect(created).toMatchObject({ outcome: 'created', hook: { branch: 'main' } });
  });

  it('is not made for a project without a repository, nor for one that can not be asked', async () => {
    const bare = await room.createProject({ gitUrl: null });
    expect(await createDeployHook(bare, { name: 'x' }, room.dependencies)).toMatchObject({
      outcome: 'no_repository',
    });
    isAway = true;
    expect(await createDeployHook(project, { name: 'x' }, room.dependencies)).toMatchObject({
      outcome: 'repository_unreachable',
    });
  });

  it('has a secret of which only the hash is kept', async () => {
    expect(token).toMatch(/^[a-z0-9]{40}$/);
    expect(JSON.stringify(await findDeployHook(room.db, hook.id))).not.toContain(token);
  });
});

describe('a call', () => {
  it.each(['', 'x', 'a'.repeat(40), '\0', '../../etc'])(
    'with %j for a secret is nobody’s',
    async (secret) => {
      expect(await call(secret)).toBeUndefined();
    },
  );

  it('is noted, and asks for one run at once', async () => {
    await beginSpan();
    const called = await call();
    expect(called).toMatchObject({ slug: project.slug, hook: { id: hook.id } });
    const [run, ...more] = await runs();
    expect(more).toEqual([]);
    expect(run).toMatchObject({ hookId: hook.id, deploymentId: called?.deploymentId });
    expect(run?.startsInMs).toBeLessThanOrEqual(0);
    const { lastUsedAt } = (await findDeployHook(room.db, hook.id)) ?? {};
    expect(lastUsedAt?.getTime()).toBe(run?.startsAt);
  });

  it('among a hundred makes two runs at most: one now, and one that begins after all of them', async () => {
    await beginSpan();
    const called = await Promise.all(Array.from({ length: 100 }, () => call()));
    const asked = await runs();
    expect(asked).toHaveLength(2);
    expect(asked[0]?.startsInMs).toBeLessThanOrEqual(0);
    expect(asked[1]?.startsInMs).toBeGreaterThan(0);
    expect(asked[1]?.startsInMs).toBeLessThanOrEqual(HOOK_SPAN_MS);
    const ids = called.map((one) => one?.deploymentId);
    expect(ids.filter((id) => id === asked[0]?.deploymentId)).toHaveLength(1);
    expect(ids.filter((id) => id === asked[1]?.deploymentId)).toHaveLength(99);
  });

  it('of a hook whose project is being deleted is nobody’s', async () => {
    await room.db.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, project.id));
    expect(await call()).toBeUndefined();
  });

  it('of a hook that is deleted is nobody’s, also at that moment', async () => {
    const [called] = await Promise.all([call(), deleteDeployHook(room.db, project.id, hook.id)]);
    expect([undefined, hook.id]).toContain(called?.hook.id);
    expect(await call()).toBeUndefined();
  });
});

describe('a run', () => {
  it('deploys the branch under the name that the caller was told, in the hook’s name, once', async () => {
    const run = await planRun();
    await runDeployHook(run, room.dependencies);
    await runDeployHook(run, room.dependencies);
    expect(await made()).toMatchObject([
      {
        id: run.deploymentId,
        ref: 'content',
        refKind: 'branch',
        environment: 'preview',
        status: 'queued',
        commit: repository.tipOf('content'),
        requestedBy: { kind: 'deploy-hook', name: 'CMS' },
      },
    ]);
  });

  it('at the same time as its repetition makes one deployment', async () => {
    const run = await planRun();
    await Promise.allSettled([1, 2, 3].map(() => runDeployHook(run, room.dependencies)));
    expect(await made()).toHaveLength(1);
  });

  it('takes a branch for a branch, though a tag has its name', async () => {
    repository.tag('content', repository.tipOf('main') ?? '');
    const run = await planRun();
    await runDeployHook(run, room.dependencies);
    expect(await findDeployment(room.db, run.deploymentId)).toMatchObject({
      commit: repository.tipOf('content'),
    });
  });

  it('waits for a repository that is away, and deploys when it is back', async () => {
    isAway = true;
    const run = await planRun();
    await runDeployHook(run, room.dependencies);
    await runDeployHook(run, room.dependencies);
    expect(await made()).toEqual([]);
    const [retry, ...more] = await runs();
    expect([retry, more]).toMatchObject([run, []]);
    expect(retry?.startsInMs).toBeGreaterThan(10_000);
    isAway = false;
    await runDeployHook(run, room.dependencies);
    expect(await made()).toMatchObject([{ id: run.deploymentId, status: 'queued' }]);
  });

  it('that waits gives way to the run of a later call', async () => {
    isAway = true;
    const run = await planRun(60_000);
    await call();
    await runDeployHook(run, room.dependencies);
    const left = await runs();
    expect(left.map(({ deploymentId }) => deploymentId)).not.toContain(run.deploymentId);
    expect(left).toHaveLength(1);
  });

  it('whose repository is away for an hour is a deployment that failed, and webhooks hear of it', async () => {
    const seal = { seal: (text: string) => text };
    const webhookSender = { check: async () => ({ ok: true as const }) };
    const order = { projectId: project.id, url: 'http://127.0.0.1:9/', format: 'json' } as const;
    await createWebhook(order, { ...room.dependencies, secrets: seal, webhookSender });
    isAway = true;
    const run = await planRun(HOOK_GIVE_UP_MS);
    await runDeployHook(run, room.dependencies);
    expect(await made()).toMatchObject([
      {
        id: run.deploymentId,
        status: 'failed',
        reason: 'clone_failed',
        message: expect.stringContaining('did not answer in time'),
        commit: null,
        ref: 'content',
        requestedBy: { kind: 'deploy-hook', name: 'CMS' },
      },
    ]);
    expect(await runs()).toEqual([]);
    const told = await room.db.select().from(webhookDeliveries);
    expect(told).toMatchObject([{ deploymentId: run.deploymentId, event: 'deployment.failed' }]);
  });

  it('whose branch is gone is a deployment that failed at once, and says so', async () => {
    repository.commit({ 'index.html': 'three' }, { branch: 'short-lived' });
    const created = await createDeployHook(project, { name: 'CI', branch: 'short-lived' }, room.dependencies);
    if (created.outcome !== 'created') throw new Error(created.outcome);
    repository.deleteBranch('short-lived');
    const run = { ...(await planRun()), hookId: created.hook.id };
    await runDeployHook(run, room.dependencies);
    expect(await made()).toMatchObject([
      { status: 'failed', message: expect.stringContaining('short-lived') },
    ]);
  });

  it.each([
    ['hook', () => deleteDeployHook(room.db, project.id, hook.id)],
    [
      'project',
      () => room.db.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, project.id)),
    ],
  ])('whose %s was deleted meanwhile does nothing', async (_what, remove) => {
    await remove();
    await runDeployHook(await planRun(), room.dependencies);
    expect(await made()).toEqual([]);
  });
});

describe('calls and runs through the queue', () => {
  it('deploy within moments, and what is called meanwhile once more after it', async () => {
    await beginSpan();
    const first = await call();
    await room.jobs.work(createHandlers(room.dependencies));
    await expect.poll(async () => (await made()).length, TIMEOUT).toBe(1);
    const [second, third] = [await call(), await call()];
    expect(third?.deploymentId).toBe(second?.deploymentId);
    await expect.poll(async () => (await made()).length, TIMEOUT).toBe(2);
    const ids = (await made()).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([first?.deploymentId, second?.deploymentId]));
  });
});
