import { and, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobKey, manifestKey } from '../../contracts/storage-keys.ts';
import { openCoreRoom, type CoreRoom, sha256Of } from '../../test/support/core-room.ts';
import { findAlias } from '../db/aliases.ts';
import { announceBlobs } from '../db/blobs.ts';
import { type DeploymentRow, findDeployment } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { blobs, branches, deployments } from '../db/schema.ts';
import { createHandlers } from '../jobs/handlers/create-handlers.ts';
import { activateDeployment } from './activate-deployment.ts';
import { collectBlobs } from './collect-blobs.ts';
import { collectGarbage } from './collect-garbage.ts';
import { projectAliases } from './project-alias.ts';
import { promote } from './promote.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FOREVER = new AbortController().signal;
const ROUNDS = 8;

let room: CoreRoom;
beforeEach(async () => {
  // Storage's own clock is the machine's: manifests are old when the room's clock is ahead of it.
  room = await openCoreRoom({ keepPerBranch: 1, blobGraceMs: HOUR_MS });
  room.clock.now = Date.now() + DAY_MS;
});
afterEach(() => room.dispose());

const collect = () => collectGarbage(room.dependencies, FOREVER);

async function deployReady(project: ProjectRow, content?: string, branch = 'main'): Promise<DeploymentRow> {
  room.clock.now += 1000;
  const deployment = await room.request(project, branch);
  await room.publish(deployment, content);
  await activateDeployment(deployment.id, room.dependencies);
  return room.read(deployment.id);
}

async function isStored(projectId: string, content: string): Promise<boolean> {
  return (await room.storage.sizeOf(blobKey(projectId, sha256Of(content)))) !== undefined;
}

async function rowOf(projectId: string, content: string) {
  const [row] = await room.db
    .select()
    .from(blobs)
    .where(and(eq(blobs.projectId, projectId), eq(blobs.sha256, sha256Of(content))));
  return row;
}

describe('old deployments', () => {
  test('go with their host, log, manifest and blobs; what is live stays', async () => {
    const project = await room.createProject();
    const old = await deployReady(project, 'old');
    const young = await deployReady(project, 'young');
    room.clock.now += 2 * HOUR_MS;
    await room.jobs.work(createHandlers(room.dependencies));
    room.lines.push({
      deploymentId: old.id,
      attempt: 1,
      seq: 1,
      at: 0,
      phase: 'build',
      stream: 'stdout',
      text: '',
    });
    await collect();

    expect(await findDeployment(room.db, old.id)).toBeUndefined();
    expect(await room.read(young.id)).toMatchObject({ status: 'ready' });
    expect(await room.storage.sizeOf(manifestKey(project.id, old.manifest ?? ''))).toBeUndefined();
    expect([await isStored(project.id, 'old'), await isStored(project.id, 'young')]).toEqual([false, true]);
    expect(await rowOf(project.id, 'old')).toBeUndefined();
    await expect.poll(() => room.lines, { timeout: 10_000 }).toEqual([]);
    const label = `${old.id}--${project.slug}`;
    await expect
      .poll(async () => (await room.pointer(label))?.target.state, { timeout: 10_000 })
      .toBe('gone');
  });

  test('are no longer among the earlier ones of a host', async () => {
    const project = await room.createProject();
    await deployReady(project);
    const young = await deployReady(project);
    await collect();
    const alias = await findAlias(room.db, project.slug);
    expect(alias).toMatchObject({ state: 'live', deploymentId: young.id, recent: [] });
    await projectAliases([project.slug], room.dependencies);
    expect((await room.pointer(project.slug))?.target).toMatchObject({ recent: [] });
  });

  test('that production was rolled back to, or that are pinned, stay', async () => {
    const project = await room.createProject();
    const [first, second] = [await deployReady(project), await deployReady(project)];
    await deployReady(project);
    await promote(first.id, room.dependencies);
    await room.db.update(deployments).set({ pinned: true }).where(eq(deployments.id, second.id));
    await collect();
    expect(await findDeployment(room.db, first.id)).toBeDefined();
    expect(await findDeployment(room.db, second.id)).toBeDefined();
  });

  test(`promoted and collected at once (${ROUNDS} rounds): production never serves what is gone`, async () => {
    const project = await room.createProject();
    await deployReady(project);
    for (let round = 0; round < ROUNDS; round += 1) {
      const old = await deployReady(project);
      await deployReady(project);
      const [promoted] = await Promise.all([promote(old.id, room.dependencies), collect()]);
      const alias = await findAlias(room.db, project.slug);
      expect(await findDeployment(room.db, alias?.deploymentId ?? '')).toBeDefined();
      expect(alias?.deploymentId === old.id).toBe(promoted.outcome === 'promoted');
    }
  });

  test('of a branch that went away long ago go with its host, and the rows of removed hosts too', async () => {
    const project = await room.createProject();
    const preview = await deployReady(project, 'preview', 'feature');
    const deletedAt = new Date(room.clock.now);
    await room.db.update(branches).set({ deletedAt }).where(eq(branches.projectId, project.id));
    room.clock.now += 29 * DAY_MS;
    await collect();
    expect(await findDeployment(room.db, preview.id)).toBeDefined();
    room.clock.now += DAY_MS;
    await collect();
    expect(await findDeployment(room.db, preview.id)).toBeUndefined();
    expect(await findAlias(room.db, `feature--${project.slug}`)).toMatchObject({ state: 'gone' });
    const own = `${preview.id}--${project.slug}`;
    await projectAliases([own], room.dependencies);
    room.clock.now += 2 * HOUR_MS;
    await collect();
    expect(await findAlias(room.db, own)).toBeUndefined();
    expect(await room.pointer(own)).toBeUndefined();
  });
});

describe('blobs', () => {
  test('that no manifest names are kept for the grace period', async () => {
    const project = await room.createProject();
    await deployReady(project, 'old');
    await deployReady(project, 'young');
    await collect();
    expect(await isStored(project.id, 'old')).toBe(true);
  });

  test('that a publish names while they are collected are there when it ends', async () => {
    const project = await room.createProject();
    for (let round = 0; round < ROUNDS; round += 1) {
      const contents = Array.from({ length: 4 }, (_, index) => `${round}-${index}`);
      for (const content of contents) await deployReady(project, content);
      await deployReady(project, 'last');
      room.clock.now += 2 * HOUR_MS;
      const again = contents[round % contents.length] ?? '';
      await Promise.all([collect(), deployReady(project, again), collect()]);
      const row = await rowOf(project.id, again);
      expect(row?.storedAt).not.toBeNull();
      expect(await isStored(project.id, again)).toBe(row !== undefined);
    }
  });

  test('whose removal was cut off are uploaded again, not taken for stored', async () => {
    const project = await room.createProject();
    await deployReady(project, 'old');
    await deployReady(project, 'young');
    room.clock.now += 2 * HOUR_MS;
    const storage = {
      read: (key: string) => room.storage.read(key),
      list: (prefix: string) => room.storage.list(prefix),
      remove: async (keys: readonly string[]) => {
        await room.storage.remove(keys);
        if (keys.some((key) => key.includes('/blobs/'))) throw new Error('crash');
      },
    };
    await expect(collectGarbage({ ...room.dependencies, storage }, FOREVER)).rejects.toThrow('crash');
    expect(await isStored(project.id, 'old')).toBe(false);
    const announced = [{ sha256: sha256Of('old'), sizeBytes: 3 }];
    const [row] = await announceBlobs(room.db, project.id, announced, new Date(room.clock.now));
    expect(row?.storedAt).toBeNull();
  });

  test('are all kept when a manifest can not be read', async () => {
    const project = await room.createProject();
    const live = await deployReady(project, 'live');
    await announceBlobs(
      room.db,
      project.id,
      [{ sha256: sha256Of('x'), sizeBytes: 1 }],
      new Date(room.clock.now),
    );
    await room.storage.remove([manifestKey(project.id, live.manifest ?? '')]);
    room.clock.now += 2 * HOUR_MS;
    await expect(collect()).rejects.toThrow('no blob was removed');
    expect(await rowOf(project.id, 'x')).toBeDefined();
  });

  test('are collected though another collection removes a deployment, and its manifest, meanwhile', async () => {
    const project = await room.createProject();
    const old = await deployReady(project, 'old');
    await deployReady(project, 'young');
    room.clock.now += 2 * HOUR_MS;
    const oldKey = manifestKey(project.id, old.manifest ?? '');
    const storage = {
      list: (prefix: string) => room.storage.list(prefix),
      remove: (keys: readonly string[]) => room.storage.remove(keys),
      read: async (key: string) => {
        if (key !== oldKey) return room.storage.read(key);
        await room.db.delete(deployments).where(eq(deployments.id, old.id));
        return undefined;
      },
    };
    await collectBlobs(project.id, { ...room.dependencies, storage });
    expect(await isStored(project.id, 'old')).toBe(false);
    expect(await isStored(project.id, 'young')).toBe(true);
  });

  test('of one project that can not be collected do not keep those of others', async () => {
    const projects = [await room.createProject(), await room.createProject(), await room.createProject()];
    const [broken, ...sound] = projects.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (broken === undefined) throw new Error('no project');
    const live = await deployReady(broken, 'live');
    await room.storage.remove([manifestKey(broken.id, live.manifest ?? '')]);
    for (const project of sound) {
      await deployReady(project, 'old');
      await deployReady(project, 'young');
    }
    room.clock.now += 2 * HOUR_MS;
    await expect(collect()).rejects.toThrow('no blob was removed');
    for (const project of sound) expect(await isStored(project.id, 'old')).toBe(false);
  });
});
