import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectPrefix } from '../../contracts/storage-keys.ts';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { listAliases } from '../db/aliases.ts';
import { findDeployment } from '../db/deployments.ts';
import { listOpenAttempts } from '../db/open-attempts.ts';
import { findProject, insertProject, type ProjectRow } from '../db/projects.ts';
import { blobs, projects } from '../db/schema.ts';
import { activateDeployment } from './activate-deployment.ts';
import { launchBuild } from './launch-build.ts';
import { removeProject } from './remove-project.ts';
import { scheduleBuilds } from './schedule-builds.ts';

let room: CoreRoom;
beforeEach(async () => {
  room = await openCoreRoom();
});
afterEach(() => room.dispose());

/** A project with a live, a published, a building and a queued deployment. */
async function openProject(): Promise<ProjectRow> {
  const project = await room.createProject();
  const live = await room.request(project);
  await room.publish(live);
  await activateDeployment(live.id, room.dependencies);
  await room.publish(await room.request(project));
  await room.request(project, 'building');
  await scheduleBuilds(room.dependencies);
  for (const { attempt } of await listOpenAttempts(room.db, 10))
    await launchBuild(attempt.id, room.dependencies);
  await room.request(project, 'queued');
  return project;
}

async function beginDeletion(project: ProjectRow): Promise<void> {
  await room.db.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, project.id));
}

async function listObjects(project: ProjectRow): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of room.storage.list(projectPrefix(project.id))) keys.push(key);
  return keys;
}

test('builds end, and rows, hosts, objects and blobs of the project are gone', async () => {
  const project = await openProject();
  const other = await room.createProject();
  const kept = await room.request(other);
  await beginDeletion(project);
  await removeProject(project.id, room.dependencies);
  expect(room.launcher.running.size).toBe(0);
  expect(await findProject(room.db, project.id)).toBeUndefined();
  expect(await listAliases(room.db, project.id)).toEqual([]);
  expect(await listObjects(project)).toEqual([]);
  expect(await room.pointer(project.slug)).toBeUndefined();
  expect(await room.db.select().from(blobs).where(eq(blobs.projectId, project.id))).toEqual([]);
  expect(await findDeployment(room.db, kept.id)).toBeDefined();
});

test('after a crash half-way it goes on, and hosts say `gone` before what they served is taken away', async () => {
  const project = await openProject();
  await beginDeletion(project);
  const logs = { ...room.dependencies.logs, remove: () => Promise.reject(new Error('crash')) };
  await expect(removeProject(project.id, { ...room.dependencies, logs })).rejects.toThrow('crash');
  expect((await room.pointer(project.slug))?.target.state).toBe('gone');
  expect(await findProject(room.db, project.id)).toBeDefined();
  await removeProject(project.id, room.dependencies);
  expect(await findProject(room.db, project.id)).toBeUndefined();
});

test('a project whose deletion has not begun is left alone', async () => {
  const project = await openProject();
  await removeProject(project.id, room.dependencies);
  expect(await findProject(room.db, project.id)).toBeDefined();
});

test('a new project of the same name gets its hosts, whatever was said of them before', async () => {
  const project = await openProject();
  const before = (await room.pointer(project.slug))?.version ?? 0;
  await beginDeletion(project);
  await removeProject(project.id, room.dependencies);
  const next = await insertProject(room.db, { ...project, id: 'n'.repeat(20), deletedAt: null });
  if (next === undefined) throw new Error('the slug is still taken');
  const deployment = await room.request(next);
  await room.publish(deployment);
  await activateDeployment(deployment.id, room.dependencies);
  const pointer = await room.pointer(project.slug);
  expect(pointer?.target).toMatchObject({ live: { deploymentId: deployment.id } });
  expect(pointer?.version).toBeGreaterThan(before);
});
