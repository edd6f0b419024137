import { asc } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CoreRoom, openCoreRoom } from '../../test/support/core-room.ts';
import { collectGarbage } from '../actions/collect-garbage.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import { deleteOldDeliveries, type NewDelivery } from './webhook-deliveries.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const [FIRST, SECOND] = ['a'.repeat(20), 'b'.repeat(20)];
let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom();
  const { id: projectId } = await room.createProject();
  const shared = {
    projectId,
    format: 'json',
    url: 'x',
    urlHint: 'x',
    events: [],
    createdAt: new Date(0),
  } as const;
  await room.db.insert(webhooks).values([FIRST, SECOND].map((id) => ({ ...shared, events: [], id })));
});
afterAll(() => room.dispose());

/** `number` is its age in days, and in its name. */
function delivery(webhookId: string, ageDays: number, more: Partial<NewDelivery> = {}): NewDelivery {
  const id = `${webhookId[0]}${ageDays}`.padEnd(20, 'x');
  const createdAt = new Date(room.clock.now - ageDays * DAY_MS);
  return {
    id,
    webhookId,
    deploymentId: id,
    event: 'ping',
    status: 'failed',
    payload: '',
    createdAt,
    ...more,
  };
}

async function left(): Promise<number[][]> {
  const rows = await room.db.select().from(webhookDeliveries).orderBy(asc(webhookDeliveries.createdAt));
  const ages = (id: string) =>
    rows
      .filter(({ webhookId }) => webhookId === id)
      .map(({ createdAt }) => (room.clock.now - createdAt.getTime()) / DAY_MS);
  return [ages(FIRST), ages(SECOND)];
}

it('old deliveries, and those beyond the newest of each webhook, are removed in bounded steps', async () => {
  const waiting = { status: 'waiting', dueAt: new Date(0) } as const;
  const rows = [1, 2, 3, 4, 29, 31, 40].map((age) => delivery(FIRST, age));
  rows.push(delivery(FIRST, 60, waiting), delivery(SECOND, 5), delivery(SECOND, 35));
  await room.db.insert(webhookDeliveries).values(rows);
  await collectGarbage(room.dependencies, new AbortController().signal);
  expect(await left()).toEqual([[60, 29, 4, 3, 2, 1], [5]]);
  expect(await deleteOldDeliveries(room.db, new Date(0), 2, 2)).toBe(2);
  expect(await deleteOldDeliveries(room.db, new Date(0), 2, 2)).toBe(1);
  expect(await deleteOldDeliveries(room.db, new Date(0), 2, 2)).toBe(0);
  expect(await left()).toEqual([[60, 2, 1], [5]]);
});
