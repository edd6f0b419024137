import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAST_WORD_SEQ } from '../../contracts/log-line.ts';
import { openCoreRoom, orderOf, type CoreRoom } from '../../test/support/core-room.ts';
import { findAlias } from '../db/aliases.ts';
import { listBranches, nextGeneration } from '../db/branches.ts';

import { countOpenAttempts, type DeploymentRow } from '../db/deployments.ts';
import { findAttemptByToken } from '../db/attempts.ts';
import { findOpenAttempt } from '../db/open-attempts.ts';
import { readQueuePlace } from '../db/queue-place.ts';
import type { ProjectRow } from '../db/projects.ts';
import { hashToken } from '../domain/attempt-token.ts';
import { activateDeployment } from './activate-deployment.ts';
import { beginUpload, type BegunUpload, type UploadOrder } from './begin-upload.ts';
import { cancel } from './cancel.ts';
import { collectGarbage } from './collect-garbage.ts';
import { deploy, redeploy } from './deploy.ts';
import { interruptAttempt } from './end-attempt.ts';
import { reconcile } from './reconcile.ts';
import { releaseBuilds } from './release-builds.ts';
import { scheduleBuilds } from './schedule-builds.ts';
import { syncBranches } from './sync-branches.ts';

const AT_ONCE = 12;
const DAY_MS = 24 * 60 * 60_000;
const ADMINISTRATOR = { kind: 'administrator' } as const;

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
});
afterAll(() => room.dispose());

const openProject = () => room.createProject({ gitUrl: null });

async function begin(project: ProjectRow, order: Partial<UploadOrder> = {}): Promise<BegunUpload> {
  const result = await beginUpload(
    { projectId: project.id, requestedBy: ADMINISTRATOR, ...order },
    room.dependencies,
  );
  if (result.outcome !== 'begun') throw new Error(result.outcome);
  return result;
}

async function publishUpload(deployment: DeploymentRow, content?: string): Promise<void> {
  await room.publish(deployment, content);
  await activateDeployment(deployment.id, room.dependencies);
}

async function served(label: string): Promise<string | null | undefined> {
  return (await findAlias(room.db, label))?.deploymentId;
}

describe('an upload that begins', () => {
  test('is a deployment of the production branch that waits for its uploader, and for no builder', async () => {
    const project = await openProject();
    const { deployment, token, claimBefore } = await begin(project, {
      commit: 'a'.repeat(40),
      message: 'Built at home',
    });
    expect(deployment).toMatchObject({
      source: 'upload',
      status: 'launching',
      environment: 'production',
      refKind: 'branch',
      ref: 'main',
      commit: 'a'.repeat(40),
      commitSubject: 'Built at home',
      requestedBy: ADMINISTRATOR,
      attemptsLeft: 0,
    });
    const found = await findAttemptByToken(room.db, hashToken(token));
    expect(found?.attempt).toMatchObject({
      deploymentId: deployment.id,
      number: 1,
      launcher: 'upload',
      leaseExpiresAt: claimBefore,
    });
    expect((await findAlias(room.db, project.slug))?.state).toBe('waiting');
    expect(await scheduleBuilds({ ...room.dependencies, maxBuilds: 1000 })).toEqual([]);
    expect(room.launcher.running.size).toBe(0);
  });

  test('without a commit has none, and its branch points at none', async () => {
    const project = await room.createProject();
    await room.request(project);
    const { deployment } = await begin(project);
    expect(deployment).toMatchObject({ commit: null, commitSubject: null });
    const [branch] = await listBranches(room.db, project.id);
    expect(branch).toMatchObject({ commit: null, generation: deployment.generation });
  });

  test('takes no place of a builder', async () => {
    const project = await openProject();
    for (let count = 0; count < 3; count += 1) await begin(project, { branch: `b${count}` });
    expect((await countOpenAttempts(room.db)).get(project.id)).toBeUndefined();
    const other = await room.createProject();
    const build = await room.request(other);
    const busy = await countOpenAttempts(room.db);
    const running = busy.values().reduce((sum, count) => sum + count, 0);
    expect(await readQueuePlace(room.db, build.id)).toEqual({ before: 0, running });
    expect(await scheduleBuilds({ ...room.dependencies, maxBuilds: running + 1 })).toEqual([build.id]);
  });

  test('is refused while the disk is nearly full, in a sentence, and moves nothing', async () => {
    const project = await openProject();
    const order = { projectId: project.id, requestedBy: ADMINISTRATOR };
    const full = { ...room.dependencies, readDisk: async () => ({ freeBytes: 4, totalBytes: 100 }) };
    expect(await beginUpload(order, full)).toEqual({
      outcome: 'disk_full',
      message: expect.stringMatching(
        /^The upload was refused because the server's disk is 96 % full; uploads start while/,
      ) as string,
    });
    expect(await listBranches(room.db, project.id)).toEqual([]);
  });

  test.each(['', 'a b', '../x', 'x.lock', 'a\nb'])(
    'is refused for a branch that Git could not have: %j',
    async (branch) => {
      const project = await openProject();
      const order = { projectId: project.id, branch, requestedBy: ADMINISTRATOR };
      expect(await beginUpload(order, room.dependencies)).toMatchObject({ outcome: 'branch_invalid' });
    },
  );

  test('is refused for a project that is gone', async () => {
    const project = await room.createProject({ gitUrl: null, deletedAt: new Date() });
    const order = { projectId: project.id, requestedBy: ADMINISTRATOR };
    expect(await beginUpload(order, room.dependencies)).toEqual({ outcome: 'project_not_found' });
  });
});

describe('the order of uploads and builds of one branch', () => {
  test(`of ${AT_ONCE} uploads at once the newest request moves the hosts, whoever ends last`, async () => {
    const project = await openProject();
    const begun = await Promise.all(Array.from({ length: AT_ONCE }, () => begin(project)));
    const rising = begun
      .map(({ deployment }) => deployment)
      .toSorted((a, b) => (a.generation ?? 0) - (b.generation ?? 0));
    const newest = rising.at(-1);
    for (const deployment of rising.toReversed()) await publishUpload(deployment);
    expect(await served(project.slug)).toBe(newest?.id);
    for (const { id } of rising) {
      expect((await room.read(id)).status).toBe('ready');
      expect(await served(`${id}--${project.slug}`)).toBe(id);
    }
  });

  test('an upload supersedes builds that wait, and one that comes later outdoes one at work', async () => {
    const project = await room.createProject();
    const waiting = await room.request(project);
    const { deployment } = await begin(project);
    expect((await room.read(waiting.id)).status).toBe('superseded');
    const later = await room.request(project);
    await publishUpload(deployment);
    await publishUpload(later);
    expect(await served(project.slug)).toBe(later.id);
  });

  test('a deploy request that asked the repository before the upload asks again', async () => {
    const project = await room.createProject();
    await room.request(project);
    const askedAt = await nextGeneration(room.db);
    await begin(project);
    const order = { ...orderOf(project, 'main'), askedAt };
    expect(await deploy(order, room.dependencies)).toEqual({ outcome: 'overtaken' });
  });

  test('an upload to a branch moves the hosts of that branch only', async () => {
    const project = await room.createProject();
    const main = await room.request(project);
    await publishUpload(main);
    const { deployment } = await begin(project, { branch: 'draft' });
    expect(deployment.environment).toBe('preview');
    await publishUpload(deployment);
    expect(await served(`draft--${project.slug}`)).toBe(deployment.id);
    expect(await served(`main--${project.slug}`)).toBe(main.id);
    expect(await served(project.slug)).toBe(main.id);
  });

  test('an uploaded deployment is not built again', async () => {
    const project = await room.createProject();
    const { deployment } = await begin(project, { commit: 'a'.repeat(40) });
    expect(await redeploy(deployment.id, ADMINISTRATOR, room.dependencies)).toEqual({
      outcome: 'not_rebuildable',
    });
  });
});

describe('an upload that does not end well', () => {
  test('has failed with `lost` when nobody claims it in time, and is never queued again', async () => {
    const project = await openProject();
    const { deployment, claimBefore } = await begin(project);
    room.clock.now = claimBefore.getTime() + 1;
    await reconcile(room.dependencies);
    const message = 'The upload was asked for, but nobody began it in time. Upload the folder again.';
    expect(await room.read(deployment.id)).toMatchObject({ status: 'failed', reason: 'lost', message });
    const word = room.lines.find(({ deploymentId }) => deploymentId === deployment.id);
    expect(word).toMatchObject({ seq: LAST_WORD_SEQ, text: `${message} The deployment failed.` });
    expect((await room.pointer(project.slug))?.target).toMatchObject({ state: 'failed', reason: 'lost' });
    expect(await scheduleBuilds({ ...room.dependencies, maxBuilds: 1000 })).not.toContain(deployment.id);
  });

  test('is canceled at once before it is claimed', async () => {
    const project = await openProject();
    const { deployment } = await begin(project);
    expect(await cancel(deployment.id, room.dependencies)).toMatchObject({ outcome: 'canceled' });
    expect(await findOpenAttempt(room.db, deployment.id)).toBeUndefined();
    expect((await findAlias(room.db, project.slug))?.state).toBe('gone');
  });

  test('is canceled when its uploader hands it back: nobody would begin it again', async () => {
    const { deployment } = await begin(await openProject());
    const attempt = await findOpenAttempt(room.db, deployment.id);
    if (attempt === undefined) throw new Error('no attempt');
    await interruptAttempt(attempt, 'released', 'Handed back.', room.dependencies);
    expect((await room.read(deployment.id)).status).toBe('canceled');
  });

  test('goes on while the app shuts down and another one takes over', async () => {
    const { deployment } = await begin(await openProject());
    await releaseBuilds({ ...room.dependencies, launcher: { isOurs: () => true, stop: async () => {} } });
    expect(await findOpenAttempt(room.db, deployment.id)).toBeDefined();
  });
});

describe('what is kept of uploads', () => {
  const never = new AbortController().signal;

  test('a branch that the repository never had is not gone, however long ago it was uploaded', async () => {
    const project = await room.createProject();
    await publishUpload(await room.request(project));
    await publishUpload(await room.request(project, 'feature'));
    const { deployment } = await begin(project, { branch: 'draft' });
    await publishUpload(deployment);
    const branches = new Map([['main', 'a'.repeat(40)]]);
    const listRemote = async () => ({ ok: true, branches, tags: new Map(), defaultBranch: 'main' }) as const;
    await syncBranches(project.id, { ...room.dependencies, listRemote });
    const gone = (await listBranches(room.db, project.id)).filter(({ deletedAt }) => deletedAt !== null);
    expect(gone.map(({ name }) => name)).toEqual(['feature']);
    room.clock.now += 40 * DAY_MS;
    await collectGarbage(room.dependencies, never);
    expect(await served(`draft--${project.slug}`)).toBe(deployment.id);
    expect(await served(`feature--${project.slug}`)).toBeNull();
  });

  test('of a project without a repository the newest stay, and nobody asks for its branches', async () => {
    const project = await openProject();
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      room.clock.now += 1000;
      const { deployment } = await begin(project);
      await publishUpload(deployment);
      ids.push(deployment.id);
    }
    room.clock.now += 400 * DAY_MS;
    await collectGarbage({ ...room.dependencies, keepPerBranch: 2 }, never);
    await syncBranches(project.id, room.dependencies);
    const kept = await Promise.all(ids.map((id) => room.read(id).catch(() => undefined)));
    expect(kept.map((deployment) => deployment?.status)).toEqual([undefined, undefined, 'ready', 'ready']);
    expect((await listBranches(room.db, project.id))[0]?.deletedAt).toBeNull();
    expect(await served(project.slug)).toBe(ids[3]);
  });

  test('a branch that the repository lost lives again when a folder is uploaded to it', async () => {
    const project = await room.createProject();
    await publishUpload(await room.request(project, 'feature'));
    const listRemote = async () =>
      ({ ok: true, branches: new Map([['main', 'x']]), tags: new Map(), defaultBranch: 'main' }) as const;
    await syncBranches(project.id, { ...room.dependencies, listRemote });
    const { deployment } = await begin(project, { branch: 'feature' });
    await publishUpload(deployment);
    await syncBranches(project.id, { ...room.dependencies, listRemote });
    expect((await listBranches(room.db, project.id))[0]).toMatchObject({ name: 'feature', deletedAt: null });
    expect(await served(`feature--${project.slug}`)).toBe(deployment.id);
  });
});
