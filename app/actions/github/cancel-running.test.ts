import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../../test/support/core-room.ts';
import { payloadOf } from '../../../test/support/example-payloads.ts';
import { findAttempt, findOpenAttempt } from '../../db/open-attempts.ts';
import { type DeploymentRow, moveDeployment } from '../../db/deployments.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { deployments } from '../../db/schema.ts';
import { activateDeployment } from '../activate-deployment.ts';
import { cancel } from '../cancel.ts';
import { interruptAttempt } from '../end-attempt.ts';
import { reconcile } from '../reconcile.ts';
import { recordHeartbeat } from '../record-heartbeat.ts';
import { scheduleBuilds } from '../schedule-builds.ts';
import { receiveDelivery } from './receive-delivery.ts';

const NONE = '0'.repeat(40);
const [A, B] = ['a', 'b'].map((letter) => letter.repeat(40)) as [string, string];
const REPOSITORY = 186_853_002;
const PUSHED = Date.parse('2026-01-02T00:00:00Z') / 1000;
const OVERTAKEN = 'A newer push to this branch took its place while it was being built.';

let room: CoreRoom;
let project: ProjectRow;
const open = async (cancelRunning: boolean) => {
  project = await room.createProject({ slug: 'shop', repositoryId: REPOSITORY, cancelRunning });
};
beforeEach(async () => {
  room = await openCoreRoom();
});
afterEach(() => room.dispose());

async function push(from: string, to: string, branch = 'main'): Promise<DeploymentRow> {
  const payload = payloadOf('push', {
    ref: `refs/heads/${branch}`,
    before: from,
    after: to,
    created: from === NONE,
    deleted: false,
    head_commit: { id: to, message: 'm', timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
    repository: { id: REPOSITORY, default_branch: 'main', pushed_at: PUSHED + (from === NONE ? 0 : 10) },
  });
  const body = JSON.stringify(payload);
  await receiveDelivery({ guid: randomUUID(), event: 'push', payload, body }, room.dependencies);
  const [row] = await room.db.select().from(deployments).where(eq(deployments.commit, to));
  if (row === undefined) throw new Error('nothing was deployed');
  return row;
}

/** A builder is at work on it; its open attempt. */
async function build({ id }: DeploymentRow) {
  await scheduleBuilds(room.dependencies);
  await moveDeployment(room.db, id, 'claim', new Date(room.clock.now));
  const attempt = await findOpenAttempt(room.db, id);
  if (attempt === undefined) throw new Error('nothing runs');
  return attempt;
}

describe('a push to a branch of which something is being built', () => {
  it('lets it be built to its end, unless the project asks otherwise', async () => {
    await open(false);
    const first = await push(NONE, A);
    await build(first);
    await push(A, B);
    expect(await room.read(first.id)).toMatchObject({ status: 'building', cancelRequestedAt: null });
  });

  it('tells its builder to stop, which says why it was canceled', async () => {
    await open(true);
    const first = await push(NONE, A);
    const attempt = await build(first);
    const second = await push(A, B);
    expect(room.hinted).toContain(first.id);
    const heard = await recordHeartbeat(
      { attempt, deployment: first },
      { phases: [], lastSeq: 0 },
      { ...room.dependencies, leaseMs: 1000 },
    );
    expect(heard).toEqual({ outcome: 'renewed', cancel: true });
    await interruptAttempt(attempt, 'canceled', 'Canceled on request.', room.dependencies);
    expect(await room.read(first.id)).toMatchObject({ status: 'canceled', message: OVERTAKEN });
    expect(room.lines.at(-1)?.text).toBe(`${OVERTAKEN} The deployment was canceled.`);
    expect(await room.read(second.id)).toMatchObject({ status: 'queued' });
  });

  it('also stops one whose builder has not begun, as soon as that is overdue', async () => {
    await open(true);
    const first = await push(NONE, A);
    await scheduleBuilds(room.dependencies);
    const attempt = await findOpenAttempt(room.db, first.id);
    await push(A, B);
    room.clock.now += room.dependencies.cancelTimeoutMs + 1;
    await reconcile(room.dependencies);
    expect(await room.read(first.id)).toMatchObject({ status: 'canceled', message: OVERTAKEN });
    expect(await findAttempt(room.db, attempt?.id ?? '')).toMatchObject({ status: 'canceled' });
  });

  it('leaves one alone whose artifact is complete: it goes live, if it is not too late for that', async () => {
    await open(true);
    const first = await push(NONE, A);
    await room.publish(first);
    await push(A, B);
    expect(await room.read(first.id)).toMatchObject({ status: 'building', cancelRequestedAt: null });
    await activateDeployment(first.id, room.dependencies);
    expect(await room.read(first.id)).toMatchObject({ status: 'ready' });
  });

  it('leaves other branches, other projects and uploads alone', async () => {
    await open(true);
    const other = await push(NONE, 'c'.repeat(40), 'other');
    await build(other);
    const stranger = await room.createProject();
    await build(await room.request(stranger));
    const upload = await push(NONE, A);
    await build(upload);
    await room.db.update(deployments).set({ source: 'upload' }).where(eq(deployments.id, upload.id));
    await push(A, B);
    const rows = await room.db.select().from(deployments).where(eq(deployments.status, 'building'));
    expect(rows.map(({ cancelRequestedAt }) => cancelRequestedAt)).toEqual([null, null, null]);
  });

  it('does not change why somebody has canceled it before', async () => {
    await open(true);
    const first = await push(NONE, A);
    const attempt = await build(first);
    await cancel(first.id, room.dependencies);
    await push(A, B);
    await interruptAttempt(attempt, 'canceled', 'Canceled on request.', room.dependencies);
    expect(await room.read(first.id)).toMatchObject({ message: 'Canceled on request.' });
    expect(project.cancelRunning).toBe(true);
  });
});
