import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FIRST_WORD_SEQ, LAST_WORD_SEQ } from '../../contracts/log-line.ts';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { findAlias } from '../db/aliases.ts';
import { claimAttempt } from '../db/attempts.ts';
import { moveDeployment } from '../db/deployments.ts';
import { type AttemptRow, findOpenAttempt } from '../db/open-attempts.ts';
import { attempts } from '../db/schema.ts';
import { createHandlers } from '../jobs/handlers/create-handlers.ts';
import { cancel } from './cancel.ts';
import { launchBuild } from './launch-build.ts';
import { reconcile } from './reconcile.ts';
import { releaseBuilds } from './release-builds.ts';
import { scheduleBuilds } from './schedule-builds.ts';

const LEASE_MS = 30_000;
const RECONCILERS = 6;

let room: CoreRoom;
beforeEach(async () => {
  room = await openCoreRoom();
});
afterEach(() => room.dispose());

async function openAttemptOf(deploymentId: string): Promise<AttemptRow> {
  const attempt = await findOpenAttempt(room.db, deploymentId);
  if (attempt === undefined) throw new Error('no open attempt');
  return attempt;
}

/** Launches the builder of the deployment's next attempt and lets it claim. */
async function build(deploymentId: string): Promise<AttemptRow> {
  await scheduleBuilds(room.dependencies);
  const attempt = await openAttemptOf(deploymentId);
  await launchBuild(attempt.id, room.dependencies);
  const at = new Date(room.clock.now);
  const leaseExpiresAt = new Date(room.clock.now + LEASE_MS);
  await room.db.transaction(async (tx) => {
    await claimAttempt(tx, attempt.id, { nonceHash: 'n', at, leaseExpiresAt });
    await moveDeployment(tx, deploymentId, 'claim', at);
  });
  return attempt;
}

async function startBuild(branch = 'main') {
  const project = await room.createProject();
  const deployment = await room.request(project, branch);
  return { project, deployment, attempt: await build(deployment.id) };
}

async function statusOf(attempt: AttemptRow): Promise<string | undefined> {
  const [row] = await room.db.select().from(attempts).where(eq(attempts.id, attempt.id));
  return row?.status;
}

describe('a builder that dies', () => {
  test('is noticed before its lease ends, and another attempt begins at once', async () => {
    const { deployment, attempt } = await startBuild();
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('lost');
    expect(await room.read(deployment.id)).toMatchObject({ status: 'launching', attemptsLeft: 0 });
    expect((await openAttemptOf(deployment.id)).number).toBe(2);
  });

  test('twice: the deployment has failed with `lost`, and its hosts say so', async () => {
    const { project, deployment } = await startBuild();
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    await build(deployment.id);
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    expect(await room.read(deployment.id)).toMatchObject({
      status: 'failed',
      reason: 'lost',
      message: 'The builder died.',
    });
    expect((await room.pointer(project.slug))?.target).toMatchObject({ state: 'failed', reason: 'lost' });
  });

  test(`and ${RECONCILERS} reconcilers see it at once: one attempt is counted`, async () => {
    const { deployment } = await startBuild();
    room.launcher.running.clear();
    await Promise.all(Array.from({ length: RECONCILERS }, () => reconcile(room.dependencies)));
    expect(await room.read(deployment.id)).toMatchObject({ status: 'launching', attemptsLeft: 0 });
    const rows = await room.db.select().from(attempts).where(eq(attempts.deploymentId, deployment.id));
    expect(new Set(rows.map((row) => row.number))).toEqual(new Set([1, 2]));
  });

  test('the log says so to whoever sees that the deployment has ended', async () => {
    const { deployment } = await startBuild();
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    await build(deployment.id);
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('failed');
    expect(room.lines.map(({ attempt, seq, text }) => [attempt, seq, text])).toEqual([
      [1, LAST_WORD_SEQ, 'The builder died. The deployment is queued for another attempt.'],
      [2, FIRST_WORD_SEQ, 'Attempt 2 begins. The builder died.'],
      [2, LAST_WORD_SEQ, 'The builder died. No attempt is left: the deployment failed.'],
    ]);
    expect(room.lines[0]).toMatchObject({ deploymentId: deployment.id, phase: 'deploy', stream: 'system' });
  });

  test('while the log store is away is given up all the same, and the log says so later', async () => {
    const { deployment } = await startBuild();
    room.launcher.running.clear();
    const logs = { ...room.dependencies.logs, append: () => Promise.reject(new Error('away')) };
    await reconcile({ ...room.dependencies, logs });
    expect((await room.read(deployment.id)).status).toBe('launching');
    await room.jobs.work(createHandlers(room.dependencies));
    await expect.poll(() => room.lines.length, { timeout: 20_000 }).toBe(2);
    const words = room.lines.map(({ attempt, seq }) => `${attempt}/${seq}`);
    expect(new Set(words)).toEqual(new Set([`1/${LAST_WORD_SEQ}`, `2/${FIRST_WORD_SEQ}`]));
    const first = room.lines.find(({ attempt }) => attempt === 2);
    expect(first?.text).toBe('Attempt 2 begins. The builder died.');
  });
});

describe('a builder that falls silent', () => {
  test('is stopped when its lease has ended, and not before', async () => {
    const { deployment, attempt } = await startBuild();
    room.clock.now += LEASE_MS;
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('running');
    room.clock.now += 1;
    await reconcile(room.dependencies);
    expect(room.launcher.stopped).toEqual([{ attemptId: attempt.id, grace: 'kill' }]);
    expect(await statusOf(attempt)).toBe('lost');
    expect((await room.read(deployment.id)).status).toBe('launching');
  });

  test('on a machine that nobody here can see: its lease decides', async () => {
    const { attempt } = await startBuild();
    room.launcher.sight = 'unknown';
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('running');
    room.clock.now += LEASE_MS + 1;
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('lost');
  });

  test('and never claimed: after the last attempt the reason is `launch_failed`', async () => {
    const deployment = await room.request(await room.createProject());
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await scheduleBuilds(room.dependencies);
      room.clock.now += LEASE_MS + 1;
      await reconcile(room.dependencies);
    }
    expect(await room.read(deployment.id)).toMatchObject({ status: 'failed', reason: 'launch_failed' });
  });
});

describe('a cancel', () => {
  test('of what waits takes effect at once, and its hosts stop waiting', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    expect(await cancel(deployment.id, room.dependencies)).toMatchObject({ outcome: 'canceled' });
    expect(await room.read(deployment.id)).toMatchObject({
      status: 'canceled',
      finishedAt: new Date(room.clock.now),
    });
    expect(await findAlias(room.db, project.slug)).toMatchObject({ state: 'gone' });
    expect(await cancel(deployment.id, room.dependencies)).toMatchObject({ outcome: 'too_late' });
  });

  test('of what builds is a request; a builder that does not follow it is ended', async () => {
    const { deployment, attempt } = await startBuild();
    expect(await cancel(deployment.id, room.dependencies)).toMatchObject({ outcome: 'requested' });
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('running');
    room.clock.now += 20_001;
    await reconcile(room.dependencies);
    expect(await statusOf(attempt)).toBe('canceled');
    expect((await room.read(deployment.id)).status).toBe('canceled');
    expect(room.launcher.running.size).toBe(0);
  });

  test('of a build whose builder dies meanwhile starts no other attempt', async () => {
    const { deployment } = await startBuild();
    await cancel(deployment.id, room.dependencies);
    room.launcher.running.clear();
    await reconcile(room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('canceled');
    expect(await findOpenAttempt(room.db, deployment.id)).toBeUndefined();
  });

  test('comes too late when the artifact is complete, and for nothing at all', async () => {
    const deployment = await room.request(await room.createProject());
    await room.publish(deployment);
    expect(await cancel(deployment.id, room.dependencies)).toMatchObject({ outcome: 'too_late' });
    expect(await cancel('x'.repeat(20), room.dependencies)).toEqual({ outcome: 'deployment_not_found' });
  });
});

describe('what else a crash leaves behind', () => {
  test('a deployment that waits beside a free builder is started', async () => {
    const deployment = await room.request(await room.createProject());
    expect(await reconcile(room.dependencies)).toBe(true);
    expect((await room.read(deployment.id)).status).toBe('launching');
  });

  test('a host whose pointer was never written is written', async () => {
    const project = await room.createProject();
    const deployment = await room.request(project);
    expect(await room.pointer(project.slug)).toBeUndefined();
    await reconcile(room.dependencies);
    expect((await room.pointer(project.slug))?.target).toEqual({
      state: 'waiting',
      deploymentId: deployment.id,
    });
  });

  test('one attempt that can not be looked at keeps none of the others from being mended', async () => {
    const { attempt } = await startBuild();
    const { attempt: other } = await startBuild();
    room.launcher.running.clear();
    const inspect = async (handle: Record<string, unknown>) => {
      if (handle['attemptId'] === attempt.id) throw new Error('no answer');
      return 'gone' as const;
    };
    const launcher = { ...room.launcher, inspect };
    await reconcile({ ...room.dependencies, launcher });
    expect([await statusOf(attempt), await statusOf(other)]).toEqual(['running', 'lost']);
  });
});

describe('a shutdown', () => {
  test('hands builds back: they are queued again and cost no attempt', async () => {
    const { deployment, attempt } = await startBuild();
    await releaseBuilds(room.dependencies);
    expect(room.launcher.stopped).toEqual([{ attemptId: attempt.id, grace: 'release' }]);
    expect(await statusOf(attempt)).toBe('released');
    expect(await room.read(deployment.id)).toMatchObject({ status: 'queued', attemptsLeft: 2 });
  });

  test('leaves the builds of other apps and machines alone', async () => {
    const { attempt } = await startBuild();
    room.launcher.sight = 'unknown';
    await releaseBuilds(room.dependencies);
    expect(room.launcher.stopped).toEqual([]);
    expect(await statusOf(attempt)).toBe('running');
  });
});
