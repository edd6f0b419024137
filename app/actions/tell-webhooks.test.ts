import { asc } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { readDatabaseTime } from '../db/database-time.ts';
import { findOpenAttempt } from '../db/open-attempts.ts';
import type { DeploymentRow } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { deleteWebhook } from '../db/webhooks.ts';
import { deployments, webhookDeliveries } from '../db/schema.ts';
import type { WebhookEvent } from '../domain/words.ts';
import { activateDeployment } from './activate-deployment.ts';
import { cancel } from './cancel.ts';
import { createWebhook } from './create-webhook.ts';
import { failAttemptWithin } from './fail-attempt.ts';
import { interruptAttempt } from './end-attempt.ts';
import { scheduleBuilds } from './schedule-builds.ts';
import { tellWebhooks } from './tell-webhooks.ts';

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom({ maxAttempts: 1 });
});
afterAll(() => room.dispose());

async function listen(project: ProjectRow, events?: WebhookEvent[]): Promise<string> {
  const dependencies = {
    ...room.dependencies,
    secrets: { seal: (text: string) => text },
    webhookSender: { check: async () => ({ ok: true as const }) },
  };
  const order = { projectId: project.id, url: 'http://127.0.0.1:9/', format: 'json', events } as const;
  const created = await createWebhook(order, dependencies);
  if (created.outcome !== 'created') throw new Error(created.outcome);
  return created.webhook.id;
}

async function told(webhookId: string) {
  const rows = await room.db.select().from(webhookDeliveries).orderBy(asc(webhookDeliveries.createdAt));
  return rows
    .filter((row) => row.webhookId === webhookId)
    .map((row) => ({ ...row, payload: JSON.parse(row.payload) as Record<string, unknown> }));
}

async function start(project: ProjectRow, branch?: string): Promise<DeploymentRow> {
  const deployment = await room.request(project, branch);
  await scheduleBuilds(room.dependencies);
  return deployment;
}

describe('webhooks are told', () => {
  it('of a deployment that is ready, once, however often it is activated', async () => {
    const project = await room.createProject({ name: 'Shop' });
    const webhook = await listen(project);
    const deployment = await room.request(project);
    await room.publish(deployment);
    expect(await told(webhook)).toEqual([]);
    await Promise.all([1, 2, 3].map(() => activateDeployment(deployment.id, room.dependencies)));
    const [delivery, ...more] = await told(webhook);
    expect(more).toEqual([]);
    expect(delivery).toMatchObject({ event: 'deployment.ready', status: 'waiting', tries: 0 });
    expect(delivery?.payload).toMatchObject({
      version: 1,
      id: delivery?.id,
      event: 'deployment.ready',
      createdAt: room.clock.now,
      project: {
        id: project.id,
        slug: project.slug,
        name: 'Shop',
        url: `http://${project.slug}.localhost:8000`,
      },
      deployment: { id: deployment.id, status: 'ready', finishedAt: room.clock.now },
      page: `http://deploy.example.com/deployments/${deployment.id}`,
    });
  });

  it('of one whose build failed, and why', async () => {
    const project = await room.createProject();
    const webhook = await listen(project);
    const { id } = await start(project);
    const attempt = await findOpenAttempt(room.db, id);
    const failure = { reason: 'build_failed', message: 'npm run build ended with 1.' } as const;
    await room.db.transaction((tx) => failAttemptWithin(tx, attempt!, failure, room.dependencies));
    expect((await told(webhook)).map(({ event, payload }) => [event, payload['deployment']])).toMatchObject([
      [
        'deployment.failed',
        { id, status: 'failed', reason: 'build_failed', message: 'npm run build ended with 1.' },
      ],
    ]);
  });

  it('of one whose builder is lost and that has no attempt left', async () => {
    const project = await room.createProject();
    const webhook = await listen(project);
    const { id } = await start(project);
    const attempt = await findOpenAttempt(room.db, id);
    await interruptAttempt(attempt!, 'lost', 'The builder died.', room.dependencies);
    expect(await told(webhook)).toMatchObject([{ event: 'deployment.failed', deploymentId: id }]);
  });

  it('of one that waits for approval', async () => {
    const project = await room.createProject();
    const webhook = await listen(project);
    const { id } = await room.request(project);
    await room.db.transaction(async (tx) => {
      const [blocked] = await tx.update(deployments).set({ status: 'blocked' }).returning();
      await tellWebhooks(tx, { ...blocked!, id, projectId: project.id }, room.dependencies);
    });
    expect(await told(webhook)).toMatchObject([{ event: 'deployment.blocked', deploymentId: id }]);
  });

  it('of nothing else', async () => {
    const project = await room.createProject();
    const webhook = await listen(project);
    const first = await room.request(project);
    const second = await start(project);
    await cancel(second.id, room.dependencies);
    expect([(await room.read(first.id)).status, (await room.read(second.id)).status]).toEqual([
      'superseded',
      'canceled',
    ]);
    expect(await told(webhook)).toEqual([]);
  });

  it('only what they want to hear, and of their own project', async () => {
    const [project, other] = [await room.createProject(), await room.createProject()];
    const deaf = await listen(project, ['deployment.failed']);
    const foreign = await listen(other);
    const hears = await listen(project, ['deployment.blocked', 'deployment.ready']);
    const deployment = await room.request(project);
    await room.publish(deployment);
    await activateDeployment(deployment.id, room.dependencies);
    expect([await told(deaf), await told(foreign)]).toEqual([[], []]);
    expect(await told(hears)).toHaveLength(1);
  });

  it('nothing, when the transaction that they would be told of is undone', async () => {
    const project = await room.createProject();
    const webhook = await listen(project);
    const { id } = await start(project);
    const attempt = await findOpenAttempt(room.db, id);
    const undone = room.db.transaction(async (tx) => {
      await failAttemptWithin(tx, attempt!, { reason: 'timeout', message: 'x' }, room.dependencies);
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await told(webhook)).toEqual([]);
  });

  it('or are deleted at the same moment, and never keep a deployment from going live', async () => {
    for (let round = 0; round < 10; round += 1) {
      const project = await room.createProject();
      const webhook = await listen(project);
      const deployment = await room.request(project);
      await room.publish(deployment);
      await Promise.all([
        activateDeployment(deployment.id, room.dependencies),
        deleteWebhook(room.db, project.id, webhook),
      ]);
      expect((await room.read(deployment.id)).status).toBe('ready');
    }
  });
});

it('PostgreSQL’s clock is one that we can read', async () => {
  expect(Math.abs((await readDatabaseTime(room.db)) - Date.now())).toBeLessThan(10_000);
});
