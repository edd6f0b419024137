import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { planLaunches } from '../domain/plan-launches.ts';
import { countOpenAttempts, insertDeployment, listWaiting, type NewDeployment } from './deployments.ts';
import { insertAttempt } from './open-attempts.ts';
import { readQueuePlace } from './queue-place.ts';

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());

let made = 0;
async function make(projectId: string, status: 'queued' | 'building', second: number): Promise<string> {
  made += 1;
  const row: NewDeployment = {
    id: String(made).padStart(20, 'q'),
    projectId,
    environment: 'preview',
    refKind: 'branch',
    ref: 'main',
    status,
    settings: {},
    attemptsLeft: 1,
    phases: [],
    createdAt: new Date(second * 1000),
  };
  await room.db.transaction(async (tx) => {
    await insertDeployment(tx, row);
    const times = { createdAt: new Date(0), leaseExpiresAt: new Date(0) };
    if (status === 'building')
      await insertAttempt(tx, {
        id: `a${made}`,
        deploymentId: row.id,
        tokenHash: `t${made}`,
        launcher: 'x',
        ...times,
      });
  });
  return row.id;
}

it('is the order in which builders will be given, also between projects', async () => {
  const projects = [await room.createProject(), await room.createProject(), await room.createProject()];
  const gone = await room.createProject({ deletedAt: new Date(0) });
  await make(gone.id, 'queued', 0);
  // Ten of the first project, few of the others; the second runs two builds already.
  const pattern = [0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 2, 0, 1, 0];
  for (const [second, index] of pattern.entries())
    await make(projects[index]?.id ?? '', 'queued', second % 7);
  for (let builds = 0; builds < 2; builds += 1) await make(projects[1]?.id ?? '', 'building', 0);

  const waiting = (await listWaiting(room.db, 100, new Date())).filter(
    ({ projectId }) => projectId !== gone.id,
  );
  const running = await countOpenAttempts(room.db);
  const order = planLaunches({ waiting, running, maxBuilds: 1000 });
  expect(order).toHaveLength(pattern.length);
  const places = await Promise.all(order.map((id) => readQueuePlace(room.db, id)));
  expect(places).toEqual(order.map((_, before) => ({ before, running: 2 })));
});

it('is none for what does not wait', async () => {
  const project = await room.createProject();
  expect(await readQueuePlace(room.db, await make(project.id, 'building', 0))).toBeUndefined();
  expect(await readQueuePlace(room.db, 'z'.repeat(20))).toBeUndefined();
});
