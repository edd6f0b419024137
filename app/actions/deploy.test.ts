import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderOf, openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { listAliases } from '../db/aliases.ts';
import { listBranches } from '../db/branches.ts';
import { branches, deployments, projects } from '../db/schema.ts';
import { activateDeployment } from './activate-deployment.ts';
import { deploy, redeploy } from './deploy.ts';

const AT_ONCE = 20;

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());

async function statusesOf(projectId: string): Promise<string[]> {
  const rows = await room.db.select().from(deployments).where(eq(deployments.projectId, projectId));
  return rows.toSorted((a, b) => (a.generation ?? 0) - (b.generation ?? 0)).map((row) => row.status);
}

describe('deploys of one branch at once', () => {
  test(`of ${AT_ONCE} only the newest is left to build, and the branch points at it`, async () => {
    const project = await room.createProject();
    await Promise.all(
      Array.from({ length: AT_ONCE }, () => deploy(orderOf(project, 'main'), room.dependencies)),
    );
    const superseded = Array.from({ length: AT_ONCE - 1 }, () => 'superseded');
    expect(await statusesOf(project.id)).toEqual([...superseded, 'queued']);

    const [newest] = await room.db
      .select()
      .from(deployments)
      .where(and(eq(deployments.projectId, project.id), eq(deployments.status, 'queued')));
    const [branch] = await listBranches(room.db, project.id);
    expect(branch).toMatchObject({ generation: newest?.generation, commit: newest?.commit, deletedAt: null });
  });

  test('hosts wait for the newest; those of superseded ones are gone', async () => {
    const project = await room.createProject();
    await Promise.all(
      Array.from({ length: AT_ONCE }, () => deploy(orderOf(project, 'main'), room.dependencies)),
    );
    const aliases = await listAliases(room.db, project.id);
    const waiting = aliases.filter((alias) => alias.state === 'waiting');
    expect(waiting.map((alias) => alias.kind).toSorted()).toEqual(['branch', 'deployment', 'production']);
    expect(new Set(waiting.map((alias) => alias.deploymentId)).size).toBe(1);
    expect(aliases.filter((alias) => alias.state === 'gone')).toHaveLength(AT_ONCE - 1);
  });

  test('different branches do not touch each other', async () => {
    const project = await room.createProject();
    const names = Array.from({ length: AT_ONCE }, (_, index) => `branch-${index}`);
    await Promise.all(names.map((name) => deploy(orderOf(project, name), room.dependencies)));
    expect(await statusesOf(project.id)).toEqual(names.map(() => 'queued'));
    const generations = (await listBranches(room.db, project.id)).map((branch) => branch.generation);
    expect(new Set(generations).size).toBe(AT_ONCE);
  });

  test('what is building already is not superseded', async () => {
    const project = await room.createProject();
    const first = await room.request(project);
    await room.publish(first);
    await room.request(project);
    expect(await statusesOf(project.id)).toEqual(['building', 'queued']);
  });
});

const ADMINISTRATOR = { kind: 'administrator' } as const;

describe('what a deployment is', () => {
  test('the production branch deploys to production, others and tags to preview', async () => {
    const project = await room.createProject({ productionBranch: 'trunk' });
    const commit = 'a'.repeat(40);
    const tag = {
      projectId: project.id,
      ref: { kind: 'tag', name: 'trunk', commit },
      requestedBy: ADMINISTRATOR,
      askedAt: 0,
    } as const;
    const environments = [
      (await room.request(project, 'trunk')).environment,
      (await room.request(project, 'main')).environment,
      await deploy(tag, room.dependencies).then((result) =>
        result.outcome === 'deployed' ? result.deployment.environment : result.outcome,
      ),
    ];
    expect(environments).toEqual(['production', 'preview', 'preview']);
  });

  test('a tag and a commit get a host of their own only, and leave branches alone', async () => {
    const project = await room.createProject();
    for (const kind of ['tag', 'commit'] as const) {
      const ref = { kind, name: 'main', commit: 'b'.repeat(40) };
      await deploy({ projectId: project.id, ref, requestedBy: ADMINISTRATOR, askedAt: 0 }, room.dependencies);
    }
    expect((await listAliases(room.db, project.id)).map((alias) => alias.kind)).toEqual([
      'deployment',
      'deployment',
    ]);
    expect(await listBranches(room.db, project.id)).toEqual([]);
    expect(await statusesOf(project.id)).toEqual(['queued', 'queued']);
  });

  test('it keeps the settings of the moment when it was asked for', async () => {
    const project = await room.createProject({ settings: { buildCommand: 'make one' } });
    const deployment = await room.request(project);
    await room.db
      .update(projects)
      .set({ settings: { buildCommand: 'make two' } })
      .where(eq(projects.id, project.id));
    const again = await redeploy(deployment.id, ADMINISTRATOR, room.dependencies);
    expect(again).toMatchObject({ deployment: { settings: { buildCommand: 'make one' } } });
    expect((await room.request(project)).settings).toEqual({ buildCommand: 'make two' });
  });

  test('a project whose deletion has begun gets none', async () => {
    const project = await room.createProject({ deletedAt: new Date(room.clock.now) });
    expect(await deploy(orderOf(project, 'main'), room.dependencies)).toEqual({
      outcome: 'project_not_found',
    });
    expect(await statusesOf(project.id)).toEqual([]);
  });

  test('a deletion and deploys at once: each deploy is either refused or there before the deletion', async () => {
    const project = await room.createProject();
    const deleted = room.db
      .update(projects)
      .set({ deletedAt: new Date() })
      .where(eq(projects.id, project.id));
    const results = await Promise.all([
      ...Array.from({ length: AT_ONCE }, () => deploy(orderOf(project, 'main'), room.dependencies)),
      deleted.then(() => deploy(orderOf(project, 'main'), room.dependencies)),
    ]);
    expect(results.at(-1)).toEqual({ outcome: 'project_not_found' });
    const deployed = results.filter((result) => result.outcome === 'deployed');
    expect(await statusesOf(project.id)).toHaveLength(deployed.length);
  });

  test('a host that serves something goes on serving while the next deployment is built', async () => {
    const project = await room.createProject();
    const first = await room.request(project);
    await room.publish(first);
    await activateDeployment(first.id, room.dependencies);
    const second = await room.request(project);
    const live = (await listAliases(room.db, project.id)).filter((alias) => alias.state === 'live');
    expect(live.map((alias) => alias.deploymentId)).toEqual([first.id, first.id, first.id]);
    expect(second.status).toBe('queued');
  });
});

describe('a redeploy', () => {
  test('of an uploaded folder is refused: there is nothing to build', async () => {
    const first = await room.request(await room.createProject());
    await room.db.update(deployments).set({ source: 'upload' }).where(eq(deployments.id, first.id));
    expect(await redeploy(first.id, ADMINISTRATOR, room.dependencies)).toEqual({
      outcome: 'not_rebuildable',
    });
  });

  test('is the newest request of its branch, and leaves what the branch points at', async () => {
    const project = await room.createProject();
    const first = await room.request(project);
    const second = await room.request(project);
    const again = await redeploy(first.id, ADMINISTRATOR, room.dependencies);
    if (again.outcome !== 'deployed') throw new Error(again.outcome);
    expect(again.deployment.commit).toBe(first.commit);
    expect((await room.read(second.id)).status).toBe('superseded');
    const [branch] = await listBranches(room.db, project.id);
    expect(branch).toMatchObject({ commit: second.commit, generation: again.deployment.generation });
  });

  test('of a branch that is gone brings it not back to life', async () => {
    const project = await room.createProject();
    const first = await room.request(project, 'feature');
    await room.db.update(branches).set({ deletedAt: new Date() }).where(eq(branches.projectId, project.id));
    const again = await redeploy(first.id, ADMINISTRATOR, room.dependencies);
    expect(again).toMatchObject({ outcome: 'deployed', deployment: { generation: null } });
    expect((await listBranches(room.db, project.id))[0]?.deletedAt).not.toBeNull();
  });

  test('of nothing is refused', async () => {
    expect(await redeploy('x'.repeat(20), ADMINISTRATOR, room.dependencies)).toEqual({
      outcome: 'deployment_not_found',
    });
  });
});
