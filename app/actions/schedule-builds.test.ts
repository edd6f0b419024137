import { and, eq, isNull } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { listOpenAttempts } from '../db/open-attempts.ts';
import { attempts, deployments, projects } from '../db/schema.ts';
import { attemptToken, hashToken } from '../domain/attempt-token.ts';
import { cancel } from './cancel.ts';
import { launchBuild } from './launch-build.ts';
import { scheduleBuilds } from './schedule-builds.ts';

const SCHEDULERS = 8;

let room: CoreRoom;
beforeEach(async () => {
  room = await openCoreRoom({ maxBuilds: 3 });
});
afterEach(() => room.dispose());

describe('scheduling', () => {
  test(`${SCHEDULERS} schedulers at once start no more than may run, and none twice`, async () => {
    for (let count = 0; count < 4; count += 1) {
      const project = await room.createProject();
      for (const branch of ['a', 'b', 'c']) await room.request(project, branch);
    }
    const started = await Promise.all(
      Array.from({ length: SCHEDULERS }, () => scheduleBuilds(room.dependencies)),
    );
    expect(started.flat()).toHaveLength(3);
    const open = await listOpenAttempts(room.db, 100);
    expect(new Set(open.map(({ attempt }) => attempt.deploymentId)).size).toBe(3);
    const running = await room.db.select().from(deployments).where(eq(deployments.status, 'launching'));
    expect(new Set(running.map((row) => row.projectId)).size).toBe(3);
    expect(running.map((row) => row.attemptsLeft)).toEqual([1, 1, 1]);
  });

  test('a project with many deployments does not keep another one waiting', async () => {
    const busy = await room.createProject();
    for (let count = 0; count < 10; count += 1) await room.request(busy, `branch-${count}`);
    room.clock.now += 60_000;
    const other = await room.request(await room.createProject());
    const started = await scheduleBuilds(room.dependencies);
    expect(started).toHaveLength(3);
    expect(started).toContain(other.id);
  });

  test('cancels and schedulers at once: nothing runs, whoever was first', async () => {
    const project = await room.createProject();
    const ids: string[] = [];
    for (const branch of ['a', 'b', 'c']) ids.push((await room.request(project, branch)).id);
    await Promise.all([
      scheduleBuilds(room.dependencies),
      ...ids.map((id) => cancel(id, room.dependencies)),
      scheduleBuilds(room.dependencies),
    ]);
    for (const id of ids) expect((await room.read(id)).status).toBe('canceled');
    expect(await listOpenAttempts(room.db, 100)).toEqual([]);
  });

  test('what belongs to a project that is being deleted waits in vain', async () => {
    const project = await room.createProject();
    await room.request(project);
    await room.db.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, project.id));
    expect(await scheduleBuilds(room.dependencies)).toEqual([]);
  });

  test('a disk that is almost full starts nothing and says why; then it goes on', async () => {
    const deployment = await room.request(await room.createProject());
    const full = { ...room.dependencies, readDisk: async () => ({ freeBytes: 4, totalBytes: 100 }) };
    expect(await scheduleBuilds(full)).toEqual([]);
    expect((await room.read(deployment.id)).message).toBe(
      "The build waits because the server's disk is 96 % full; builds start while at least 5 % are free. " +
        'Free some space, or lower OFFSHOOT_MIN_FREE_DISK_PERCENT.',
    );
    expect(room.hinted.filter((id) => id === deployment.id)).toHaveLength(2);
    await scheduleBuilds(full);
    expect(room.hinted.filter((id) => id === deployment.id)).toHaveLength(2);
    expect(await scheduleBuilds(room.dependencies)).toEqual([deployment.id]);
    expect((await room.read(deployment.id)).message).toBeNull();
  });
});

describe('launching', () => {
  async function schedule() {
    const deployment = await room.request(await room.createProject());
    await scheduleBuilds(room.dependencies);
    const [open] = await listOpenAttempts(room.db, 1);
    if (open === undefined) throw new Error('no attempt');
    return { deployment, attempt: open.attempt };
  }

  test('again, because the first answer was lost, hands over the same token', async () => {
    const { attempt } = await schedule();
    await launchBuild(attempt.id, room.dependencies);
    await room.db.update(attempts).set({ handle: null }).where(eq(attempts.id, attempt.id));
    await launchBuild(attempt.id, room.dependencies);
    await launchBuild(attempt.id, room.dependencies);
    const token = attemptToken(attempt.id, room.dependencies.secretKey);
    expect(room.launcher.orders).toEqual([
      { attemptId: attempt.id, token },
      { attemptId: attempt.id, token },
    ]);
    expect(attempt.tokenHash).toBe(hashToken(token));
  });

  test('a launcher that refuses costs an attempt; after the last one the deployment has failed', async () => {
    const { deployment, attempt } = await schedule();
    room.launcher.refusal = 'no room';
    await launchBuild(attempt.id, room.dependencies);
    expect(await room.read(deployment.id)).toMatchObject({
      status: 'queued',
      message: 'The builder could not be started: no room',
    });
    await scheduleBuilds(room.dependencies);
    const [open] = await listOpenAttempts(room.db, 1);
    expect(open?.attempt.number).toBe(2);
    await launchBuild(open?.attempt.id ?? '', room.dependencies);
    expect(await room.read(deployment.id)).toMatchObject({
      status: 'failed',
      reason: 'launch_failed',
      finishedAt: new Date(room.clock.now),
    });
  });

  test('why there is another attempt stands in the log before its builder can be launched', async () => {
    const { deployment, attempt } = await schedule();
    room.launcher.refusal = 'no room';
    await launchBuild(attempt.id, room.dependencies);
    await scheduleBuilds(room.dependencies);
    expect(room.lines.filter((line) => line.deploymentId === deployment.id).at(-1)).toMatchObject({
      attempt: 2,
      seq: 0,
      text: 'Attempt 2 begins. The builder could not be started: no room',
    });
  });

  test('canceled while the launcher works: the builder that it starts is ended', async () => {
    const { deployment, attempt } = await schedule();
    const launcher = {
      ...room.launcher,
      launch: async (order: Parameters<typeof room.launcher.launch>[0]) => {
        await cancel(deployment.id, room.dependencies);
        return room.launcher.launch(order);
      },
    };
    await launchBuild(attempt.id, { ...room.dependencies, launcher });
    expect(room.launcher.running.size).toBe(0);
    const [row] = await room.db
      .select()
      .from(attempts)
      .where(and(eq(attempts.id, attempt.id), isNull(attempts.handle)));
    expect(row?.status).toBe('canceled');
  });
});
