import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { StorageError } from '../../storage/blob-store.ts';
import { findAlias, listAliases } from '../db/aliases.ts';
import { moveDeployment } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { branches, projects } from '../db/schema.ts';
import { activateDeployment, type ActivateDependencies } from './activate-deployment.ts';
import { promote } from './promote.ts';
import { reconcile } from './reconcile.ts';

const ROUNDS = 12;

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());

async function liveOf(project: ProjectRow, label = project.slug): Promise<string | undefined> {
  const target = (await room.pointer(label))?.target;
  return target?.state === 'live' ? target.live.deploymentId : target?.state;
}

async function deployReady(project: ProjectRow, branch = 'main') {
  const deployment = await room.request(project, branch);
  await room.publish(deployment);
  await activateDeployment(deployment.id, room.dependencies);
  return deployment;
}

describe('going live', () => {
  test('moves own, branch and production host, and says ready when storage has all three', async () => {
    const project = await room.createProject();
    const deployment = await deployReady(project);
    expect(await room.read(deployment.id)).toMatchObject({ status: 'ready', message: null });
    for (const label of [project.slug, `main--${project.slug}`, `${deployment.id}--${project.slug}`]) {
      expect(await liveOf(project, label)).toBe(deployment.id);
    }
    expect(await room.pointer(project.slug)).toMatchObject({ indexable: true, projectId: project.id });
    expect(await room.pointer(`main--${project.slug}`)).toMatchObject({ indexable: false });
  });

  test('is not ready while storage does not say so, and becomes so later', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    await room.publish(deployment);
    const write = () => Promise.reject(new StorageError('the disk is full'));
    const broken = { ...room.dependencies, storage: { ...room.storage, read: async () => undefined, write } };
    await expect(activateDeployment(deployment.id, broken)).rejects.toThrow('the disk is full');
    expect((await room.read(deployment.id)).status).toBe('building');
    await activateDeployment(deployment.id, room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('ready');
  });

  test('remembers what the host served before', async () => {
    const project = await room.createProject();
    const [first, second, third] = [
      await deployReady(project),
      await deployReady(project),
      await deployReady(project),
    ];
    const target = (await room.pointer(project.slug))?.target;
    expect(target).toMatchObject({
      live: { deploymentId: third.id },
      recent: [{ deploymentId: second.id }, { deploymentId: first.id }],
    });
  });

  test('nothing that is not published goes live', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    await activateDeployment(deployment.id, room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('queued');
    expect((await findAlias(room.db, project.slug))?.state).toBe('waiting');
  });
});

describe('the promise on order', () => {
  test('an older build that ends later moves its own host only', async () => {
    const project = await room.createProject();
    const old = await room.request(project);
    await room.publish(old);
    const young = await deployReady(project);
    await activateDeployment(old.id, room.dependencies);
    expect((await room.read(old.id)).status).toBe('ready');
    expect(await liveOf(project)).toBe(young.id);
    expect(await liveOf(project, `main--${project.slug}`)).toBe(young.id);
    expect(await liveOf(project, `${old.id}--${project.slug}`)).toBe(old.id);
  });

  test('an older build does not move the branch while a newer request is still queued', async () => {
    const project = await room.createProject();
    const old = await room.request(project);
    await room.publish(old);
    const young = await room.request(project);
    await activateDeployment(old.id, room.dependencies);
    const alias = await findAlias(room.db, project.slug);
    expect(alias).toMatchObject({ state: 'waiting', deploymentId: young.id });
  });

  test('a branch that was deleted during the build stays gone', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project, 'feature');
    await room.publish(deployment);
    await room.db
      .update(branches)
      .set({ deletedAt: new Date() })
      .where(and(eq(branches.projectId, project.id), eq(branches.name, 'feature')));
    await activateDeployment(deployment.id, room.dependencies);
    expect(await findAlias(room.db, `feature--${project.slug}`)).toMatchObject({ state: 'gone' });
    expect((await room.read(deployment.id)).status).toBe('ready');
  });

  test('held production is moved by promotion only, and its host does not wait', async () => {
    const project = await room.createProject();
    const first = await room.request(project);
    await room.db.update(projects).set({ holdProduction: true }).where(eq(projects.id, project.id));
    await room.publish(first);
    await activateDeployment(first.id, room.dependencies);
    expect(await findAlias(room.db, project.slug)).toMatchObject({ state: 'gone' });
    expect(await liveOf(project, `main--${project.slug}`)).toBe(first.id);
    await promote(first.id, room.dependencies);
    expect(await liveOf(project)).toBe(first.id);
  });

  test('a rollback is not undone by a build that was asked for before it, but by the next one', async () => {
    const project = await room.createProject();
    const [good, bad] = [await deployReady(project), await deployReady(project)];
    const late = await room.request(project);
    await room.publish(late);
    await promote(good.id, room.dependencies);
    await activateDeployment(late.id, room.dependencies);
    expect(await liveOf(project)).toBe(good.id);
    expect(await liveOf(project, `main--${project.slug}`)).toBe(late.id);
    const next = await deployReady(project);
    expect(await liveOf(project)).toBe(next.id);
    expect(bad.id).not.toBe(good.id);
  });

  test(`promotion and activation at once (${ROUNDS} rounds): the promoted one is live, and stays`, async () => {
    const project = await room.createProject();
    const good = await deployReady(project);
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = await room.request(project);
      await room.publish(next);
      await Promise.all([
        activateDeployment(next.id, room.dependencies),
        promote(good.id, room.dependencies),
        activateDeployment(next.id, room.dependencies),
      ]);
      expect(await liveOf(project)).toBe(good.id);
      expect((await room.read(next.id)).status).toBe('ready');
    }
  });

  test(`promotions at once (${ROUNDS} rounds): storage agrees with the row`, async () => {
    const project = await room.createProject();
    const ready = [await deployReady(project), await deployReady(project), await deployReady(project)];
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(ready.map(({ id }) => promote(id, room.dependencies)));
      const alias = await findAlias(room.db, project.slug);
      expect(await liveOf(project)).toBe(alias?.deploymentId);
      expect((await room.pointer(project.slug))?.version).toBe(alias?.version);
    }
  });

  test('a promotion that was decided on what production served is not done once it serves something else', async () => {
    const project = await room.createProject();
    const first = await deployReady(project);
    const preview = await deployReady(project, 'next');
    const promoteFrom = async (id: string, seen: string | null) =>
      (await promote(id, room.dependencies, seen)).outcome;
    expect(await promoteFrom(preview.id, null)).toBe('moved_meanwhile');
    // Of two who saw the same and decide at once, one is told that production has moved.
    const outcomes = await Promise.all([
      promoteFrom(preview.id, first.id),
      promoteFrom(preview.id, first.id),
    ]);
    expect(outcomes.toSorted()).toEqual(['moved_meanwhile', 'promoted']);
    expect(await liveOf(project)).toBe(preview.id);
    expect(await promoteFrom(first.id, preview.id)).toBe('promoted');
  });

  test(`a new request and an activation at once (${ROUNDS} rounds): no state between is left`, async () => {
    const project = await room.createProject();
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = await room.request(project, `branch-${round}`);
      await room.publish(first);
      const [, second] = await Promise.all([
        activateDeployment(first.id, room.dependencies),
        room.request(project, `branch-${round}`),
      ]);
      const alias = await findAlias(room.db, `branch-${round}--${project.slug}`);
      const isFirst = alias?.state === 'live' && alias.deploymentId === first.id;
      const isWaiting = alias?.state === 'waiting' && alias.deploymentId === second.id;
      expect(isFirst || isWaiting).toBe(true);
    }
  });
});

describe('after a crash', () => {
  /** The steps of an activation, each of which may be the last thing that the process does. */
  const CRASHES: Record<string, (dependencies: ActivateDependencies) => ActivateDependencies> = {
    'before storage is asked': (all) => ({
      ...all,
      storage: { ...all.storage, read: () => Promise.reject(new Error('crash')) },
    }),
    'before a pointer is written': (all) => ({
      ...all,
      storage: { read: (key) => all.storage.read(key), write: () => Promise.reject(new Error('crash')) },
    }),
    'after a pointer was written, before that is noted': (all) => ({
      ...all,
      storage: {
        read: (key) => all.storage.read(key),
        write: async (...put) => {
          await all.storage.write(...put);
          throw new Error('crash');
        },
      },
    }),
  };

  test.each(Object.entries(CRASHES))('%s: the reconciler brings it to its end', async (_, crash) => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    await room.publish(deployment);
    await expect(activateDeployment(deployment.id, crash(room.dependencies))).rejects.toThrow('crash');
    await reconcile(room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('ready');
    expect(await liveOf(project)).toBe(deployment.id);
  });

  test('between pointers and ready, while somebody has promoted another: that promotion stays', async () => {
    const project = await room.createProject();
    const good = await deployReady(project);
    const next = await room.request(project);
    await room.publish(next);
    const crashing = { ...room.dependencies, now: crashAtSecondLook(room.clock.now) };
    await expect(activateDeployment(next.id, crashing)).rejects.toThrow('crash');
    expect(await liveOf(project)).toBe(next.id);
    await promote(good.id, room.dependencies);
    await reconcile(room.dependencies);
    expect((await room.read(next.id)).status).toBe('ready');
    expect(await liveOf(project)).toBe(good.id);
  });

  test('a second run after ready changes nothing', async () => {
    const project = await room.createProject();
    const deployment = await deployReady(project);
    const before = await listAliases(room.db, project.id);
    await activateDeployment(deployment.id, room.dependencies);
    expect(await listAliases(room.db, project.id)).toEqual(before);
  });

  test('what was canceled meanwhile does not go live', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    await room.publish(deployment);
    await moveDeployment(room.db, deployment.id, 'cancel', new Date(room.clock.now));
    await activateDeployment(deployment.id, room.dependencies);
    expect((await findAlias(room.db, project.slug))?.state).not.toBe('live');
  });
});

/** The clock is asked once before the hosts move and once before `ready` is written. */
function crashAtSecondLook(now: number): () => number {
  let looks = 0;
  return () => {
    looks += 1;
    if (looks > 1) throw new Error('crash');
    return now;
  };
}
