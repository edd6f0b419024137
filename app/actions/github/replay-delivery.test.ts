import { randomUUID } from 'node:crypto';
import { count, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../../test/support/core-room.ts';
import { type Json, payloadOf } from '../../../test/support/example-payloads.ts';
import { findBranch } from '../../db/branches.ts';
import { findGithubDelivery } from '../../db/github-deliveries.ts';
import { findInstallation, findRepository, listProjectsOfRepository } from '../../db/github-repositories.ts';
import { deployments } from '../../db/schema.ts';
import { githubDeliveries } from '../../db/github-schema.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { replayDelivery } from './replay-delivery.ts';

const NONE = '0'.repeat(40);
const [A, B] = ['a', 'b'].map((letter) => letter.repeat(40)) as [string, string];
const PUSHED = Date.parse('2026-01-02T00:00:00Z') / 1000;

let room: CoreRoom;
let repository = 1000;
beforeAll(async () => {
  room = await openCoreRoom();
}, 90_000);
beforeEach(() => {
  repository += 1;
});
afterAll(() => room.dispose());

const receive = async (event: string, payload: Json, body = JSON.stringify(payload)): Promise<string> => {
  room.clock.now += 1000;
  const guid = randomUUID();
  await receiveDelivery({ guid, event, payload, body }, room.dependencies);
  return guid;
};
const push = (from: string, to: string, at: number, changes: object = {}) =>
  receive(
    'push',
    payloadOf('push', {
      ref: 'refs/heads/main',
      before: from,
      after: to,
      created: from === NONE,
      deleted: to === NONE,
      head_commit: { id: to, message: 'm', timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
      installation: { id: repository },
      repository: {
        id: repository,
        full_name: `ada/r${repository}`,
        html_url: `https://github.com/ada/r${repository}`,
        default_branch: 'main',
        pushed_at: PUSHED + at,
        ...changes,
      },
    }),
  );
const replay = (guid: string) => replayDelivery(guid, room.dependencies);
const main = async () => {
  const [project] = await listProjectsOfRepository(room.db, repository);
  return findBranch(room.db, project?.id ?? '', 'main');
};
const countDeployments = async () => {
  const [project] = await listProjectsOfRepository(room.db, repository);
  const [row] = await room.db
    .select({ rows: count() })
    .from(deployments)
    .where(eq(deployments.projectId, project?.id ?? ''));
  return row?.rows;
};

describe('a push that comes late, since it was redelivered', () => {
  const HOUR_MS = 3_600_000;
  it('gives a repository no old name, and one that is gone no way back', async () => {
    const renamed = {
      full_name: `bob/renamed${repository}`,
      html_url: `https://github.com/bob/renamed${repository}`,
    };
    await push(NONE, A, 10, renamed);
    const before = await findRepository(room.db, repository);
    const { now } = room.clock;
    room.clock.now = PUSHED * 1000 + HOUR_MS;
    await push(A, B, 20);
    expect(await findRepository(room.db, repository)).toEqual(before);
    expect((await main())?.commit).toBe(B);
    const about = { installation: { id: repository, account: { id: 5, login: 'bob' } } };
    await receive('installation', payloadOf('installation', { action: 'deleted', ...about }));
    const guid = await push(B, A, 30);
    expect(await findGithubDelivery(room.db, guid)).toMatchObject({ outcome: 'ignored' });
    expect((await findRepository(room.db, repository))?.removedAt).not.toBeNull();
    room.clock.now = now;
  });
});

describe('a replay', () => {
  it('of the newest push changes nothing, and says when and why', async () => {
    const guid = await push(NONE, A, 0);
    const before = await main();
    room.clock.now += 1000;
    const result = await replay(guid);
    expect(result).toMatchObject({
      outcome: 'replayed',
      delivery: { outcome: 'ignored', replayedAt: new Date(room.clock.now) },
    });
    expect(await main()).toEqual(before);
    expect(await countDeployments()).toBe(1);
  });

  it('of an old push moves no branch back: GitHub is asked', async () => {
    const old = await push(NONE, A, 0);
    await push(A, B, 10);
    expect(await replay(old)).toMatchObject({ delivery: { outcome: 'deferred' } });
    expect((await main())?.commit).toBe(B);
    expect(await countDeployments()).toBe(2);
  });

  it('of a push that was never acted on does what it says', async () => {
    const guid = await push(NONE, A, 0);
    // As an earlier program left it, which could not read it.
    await room.db.execute(sql`delete from deployments`);
    await room.db.execute(sql`delete from branches`);
    await room.db.update(githubDeliveries).set({ outcome: 'ignored' }).where(eq(githubDeliveries.guid, guid));
    expect(await replay(guid)).toMatchObject({ delivery: { outcome: 'handled' } });
    expect((await main())?.commit).toBe(A);
    expect(await countDeployments()).toBe(1);
  });

  it('twice at once is decided about one after the other', async () => {
    const guid = await push(NONE, A, 0);
    await room.db.execute(sql`delete from deployments`);
    await room.db.execute(sql`delete from branches`);
    await Promise.all([replay(guid), replay(guid), replay(guid)]);
    expect(await countDeployments()).toBe(1);
  });

  it('of a push gives a repository no old name, and no old installation', async () => {
    const guid = await push(NONE, A, 0);
    await push(A, B, 10, {
      full_name: `bob/renamed${repository}`,
      html_url: `https://github.com/bob/renamed${repository}`,
    });
    const before = await findRepository(room.db, repository);
    await replay(guid);
    expect(await findRepository(room.db, repository)).toEqual(before);
    expect(before?.fullName).toBe(`bob/renamed${repository}`);
  });

  it('brings no installation back that is gone', async () => {
    const guid = await push(NONE, A, 0);
    const about = { installation: { id: repository, account: { id: 5, login: 'ada' } } };
    const installed = await receive(
      'installation',
      payloadOf('installation', { action: 'created', ...about }),
    );
    await receive('installation', payloadOf('installation', { action: 'deleted', ...about }));
    expect(await replay(installed)).toMatchObject({
      delivery: { outcome: 'ignored', reason: expect.stringContaining('newer webhook') },
    });
    expect(await replay(guid)).toMatchObject({
      delivery: { outcome: 'ignored', reason: expect.stringContaining('no access') },
    });
    expect((await findInstallation(room.db, repository))?.deletedAt).not.toBeNull();
  });

  it('of what was too large to keep does nothing', async () => {
    const payload = payloadOf('ping', {});
    const guid = await receive('ping', payload, ' '.repeat(1_000_001));
    expect(await replay(guid)).toEqual({ outcome: 'not_kept' });
    expect((await findGithubDelivery(room.db, guid))?.replayedAt).toBeNull();
  });

  it('of what never came is none', async () => {
    expect(await replay(randomUUID())).toEqual({ outcome: 'not_found' });
  });
});
