import { asc, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { claimAttempt } from '../db/attempts.ts';
import { recordArtifact } from '../db/build-progress.ts';
import { lockDeployment, moveDeployment } from '../db/deployments.ts';
import { deleteWebhook, listWebhooks } from '../db/webhooks.ts';
import { endOpenAttempt, listOpenAttempts } from '../db/open-attempts.ts';
import type { ProjectRow } from '../db/projects.ts';
import { aliases, attempts, deployments } from '../db/schema.ts';
import { activateDeployment } from './activate-deployment.ts';
import { cancel } from './cancel.ts';
import { collectGarbage } from './collect-garbage.ts';
import { createWebhook } from './create-webhook.ts';
import { redeploy } from './deploy.ts';
import { interruptAttempt } from './end-attempt.ts';
import { launchBuild } from './launch-build.ts';
import { promote } from './promote.ts';
import { reconcile } from './reconcile.ts';
import { scheduleBuilds } from './schedule-builds.ts';
import { sendDeliveries } from './send-deliveries.ts';

const ACTORS = 12;
const STEPS = 40;
const MAX_BUILDS = 4;
const BRANCHES = ['main', 'feature'];

let room: CoreRoom;
let projects: ProjectRow[];
const errors: unknown[] = [];

beforeAll(async () => {
  const log = { error: ({ err }: { readonly err: unknown }) => void errors.push(err), warn: () => {} };
  room = await openCoreRoom({ maxBuilds: MAX_BUILDS, keepPerBranch: 3, log });
  projects = [await room.createProject(), await room.createProject()];
});
afterAll(() => room.dispose());

function pick<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}

async function pickDeployment(): Promise<string> {
  const rows = await room.db.select({ id: deployments.id }).from(deployments);
  return pick(rows)?.id ?? 'x'.repeat(20);
}

async function pickAttempt() {
  return pick(await listOpenAttempts(room.db, 100))?.attempt;
}

/** A builder that claims, and at once has an artifact. */
async function build(): Promise<void> {
  const attempt = await pickAttempt();
  if (attempt === undefined) return;
  await launchBuild(attempt.id, room.dependencies);
  const at = new Date(room.clock.now);
  await room.db.transaction(async (tx) => {
    const deployment = await lockDeployment(tx, attempt.deploymentId);
    const claim = { nonceHash: 'n', at, leaseExpiresAt: new Date(room.clock.now + 60_000) };
    if (deployment === undefined || (await claimAttempt(tx, attempt.id, claim)) === undefined) return;
    await moveDeployment(tx, deployment.id, 'claim', at);
    await endOpenAttempt(tx, attempt.id, 'published', at);
    const manifest = deployment.id.padEnd(64, '0').replaceAll(/[^0-9a-f]/g, 'a');
    await recordArtifact(tx, deployment.id, { manifest, fileCount: 1, outputBytes: 1, framework: null });
  });
}

async function lose(): Promise<void> {
  const attempt = await pickAttempt();
  if (attempt !== undefined) await interruptAttempt(attempt, 'lost', 'The builder died.', room.dependencies);
}

/** Nobody listens at its URL: every delivery waits for another try. */
async function replaceWebhook(): Promise<void> {
  const projectId = (pick(projects) as ProjectRow).id;
  const [old] = await listWebhooks(room.db, projectId, { after: undefined, limit: 1 });
  if (old !== undefined) await deleteWebhook(room.db, projectId, old.id);
  const order = { projectId, url: 'http://127.0.0.1:1/', format: 'json' } as const;
  const secrets = { seal: (text: string) => text };
  const webhookSender = { check: async () => ({ ok: true as const }) };
  await createWebhook(order, { ...room.dependencies, secrets, webhookSender });
}

const DEEDS: readonly (() => Promise<unknown>)[] = [
  () => room.request(pick(projects) as ProjectRow, pick(BRANCHES)),
  () => room.request(pick(projects) as ProjectRow, pick(BRANCHES)),
  async () => redeploy(await pickDeployment(), { kind: 'administrator' }, room.dependencies),
  async () => cancel(await pickDeployment(), room.dependencies),
  async () => promote(await pickDeployment(), room.dependencies),
  async () => activateDeployment(await pickDeployment(), room.dependencies),
  () => scheduleBuilds(room.dependencies),
  () => reconcile(room.dependencies),
  // Artifacts of this test have no manifest objects: deployments go, and blobs are all kept.
  () => collectGarbage(room.dependencies, AbortSignal.timeout(60_000)).catch(expectNoBlobRemoved),
  replaceWebhook,
  () => sendDeliveries(room.dependencies, AbortSignal.timeout(60_000)),
  build,
  build,
  build,
  lose,
];

function expectNoBlobRemoved(error: Error): void {
  if (!error.message.includes('no blob was removed')) throw error;
}

async function act(): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    room.clock.now += 1;
    await pick(DEEDS)?.();
  }
}

/** Looks again and again: the generation that a branch's host serves never falls, and builds keep their bound. */
async function watch(isOver: () => boolean): Promise<void> {
  const highest = new Map<string, number>();
  while (!isOver()) {
    expect(
      (await room.db.select().from(attempts).where(isNull(attempts.endedAt))).length,
    ).toBeLessThanOrEqual(MAX_BUILDS);
    const rows = await room.db
      .select({ label: aliases.label, generation: deployments.generation })
      .from(aliases)
      .innerJoin(deployments, eq(deployments.id, aliases.deploymentId))
      .where(eq(aliases.state, 'live'));
    for (const { label, generation } of rows.filter(({ label }) => /^(main|feature)--/.test(label))) {
      expect(generation).toBeGreaterThanOrEqual(highest.get(label) ?? 0);
      highest.set(label, generation ?? 0);
    }
  }
}

describe('everything at once', () => {
  test(
    `${ACTORS} × ${STEPS} random deeds: no deadlock, no broken promise, and storage agrees in the end`,
    { timeout: 120_000 },
    async () => {
      let isOver = false;
      const acting = Promise.all(Array.from({ length: ACTORS }, act)).finally(() => {
        isOver = true;
      });
      await Promise.all([acting, watch(() => isOver)]);
      await reconcile(room.dependencies);
      expect(errors).toEqual([]);

      for (const alias of await room.db.select().from(aliases).orderBy(asc(aliases.label))) {
        expect(alias.projectedVersion).toBe(alias.version);
        if (alias.version === 0) continue;
        const pointer = await room.pointer(alias.label);
        expect(pointer).toMatchObject({ version: alias.version, target: { state: alias.state } });
        if (alias.state !== 'live') continue;
        expect((await room.read(alias.deploymentId ?? '')).status).toBe('ready');
      }
    },
  );
});
