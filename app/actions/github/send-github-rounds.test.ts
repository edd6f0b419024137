import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../../test/support/core-room.ts';
import { queryRows } from '../../db/database.ts';
import { reconcile } from '../reconcile.ts';
import { sendFirstGithubRounds, sendGithubRounds } from './send-github-rounds.ts';

/** Spans of time have fixed ends: none of these falls into a test. */
const TEN_YEARS_SECONDS = 10 * 365 * 24 * 3600;
const PROCESSES = 5;

let room: CoreRoom;
beforeAll(async () => {
  room = await openCoreRoom({ githubRoundSeconds: TEN_YEARS_SECONDS });
}, 90_000);
beforeEach(async () => {
  await room.db.execute(sql`delete from pgboss.job`);
});
afterAll(() => room.dispose());

const countJobs = async () => {
  const rows = await queryRows<{ name: string; jobs: string }>(
    room.db,
    sql`select name, count(*)::text as jobs from pgboss.job
      where name in ('redeliver-webhooks', 'compare-heads') group by name`,
  );
  return Object.fromEntries(rows.map(({ name, jobs }) => [name, Number(jobs)]));
};
const ofAllProcesses = (send: () => Promise<unknown>) => Promise.all(Array.from({ length: PROCESSES }, send));

test('there is one of each in a round, whichever processes send', async () => {
  await ofAllProcesses(() => sendGithubRounds(room.dependencies));
  expect(await countJobs()).toEqual({ 'redeliver-webhooks': 1, 'compare-heads': 1 });
});

test('the reconciler sends them', async () => {
  await ofAllProcesses(() => reconcile(room.dependencies));
  expect(await countJobs()).toEqual({ 'redeliver-webhooks': 1, 'compare-heads': 1 });
});

test('a start waits for no round, and many starts at once are one', async () => {
  await sendGithubRounds(room.dependencies);
  await ofAllProcesses(() => sendFirstGithubRounds(room.dependencies));
  const { 'redeliver-webhooks': redeliveries = 0, 'compare-heads': comparisons = 0 } = await countJobs();
  // A minute may end between two of them.
  for (const jobs of [redeliveries, comparisons]) {
    expect(jobs).toBeGreaterThanOrEqual(2);
    expect(jobs).toBeLessThanOrEqual(3);
  }
});
