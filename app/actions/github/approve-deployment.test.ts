import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  A,
  B,
  C,
  NONE,
  openPullRequestRoom,
  type PullRequestRoom,
} from '../../../test/support/pull-request-room.ts';
import { deploy, redeploy } from '../deploy.ts';
import { promote } from '../promote.ts';
import { approveDeployment } from './approve-deployment.ts';

const ADMINISTRATOR = { kind: 'administrator' } as const;
const CLOSED = { action: 'closed', isOpen: false } as const;

let room: PullRequestRoom;
beforeEach(async () => {
  room = await openPullRequestRoom();
});
afterEach(() => room.dispose());

const approve = async (id: string, hasSandbox = true) =>
  approveDeployment(id, ADMINISTRATOR, { ...room.dependencies, hasSandbox });

describe('approving a fork’s commit', () => {
  it('queues the deployment that waits, which then moves its pull request’s host and no branch’s', async () => {
    await room.push('main', NONE, C, 0);
    await room.build(await room.newest('main'));
    await room.tell({ branch: 'main', at: 1 });
    const waits = await room.newest('7');
    expect(await approve(waits.id)).toMatchObject({
      outcome: 'deployed',
      deployment: {
        id: waits.id,
        status: 'queued',
        isTrusted: false,
        requestedBy: ADMINISTRATOR,
        message: null,
      },
    });
    expect(await room.host('pr-7')).toBe('waiting a');
    await room.build(await room.newest('7'));
    expect(await room.host('pr-7')).toBe('live a');
    expect(await room.host('main')).toBe('live c');
    expect(await room.host(waits.id)).toBe('live a');
  });

  it('once: of many at the same time one does it, and the others are told', async () => {
    await room.tell({});
    const { id } = await room.newest('7');
    const results = await Promise.all(Array.from({ length: 6 }, () => approve(id)));
    expect(results.filter(({ outcome }) => outcome === 'deployed')).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'refused')).toHaveLength(5);
    expect(await room.builds('7')).toEqual(['a queued']);
  });

  it('is about that commit alone: the next one waits, and shows what was approved until then', async () => {
    await room.tell({});
    await approve((await room.newest('7')).id);
    await room.build(await room.newest('7'));
    await room.tell({ action: 'synchronize', commit: B, at: 1 });
    expect(await room.builds('7')).toEqual(['a ready', 'b blocked']);
    expect(await room.host('pr-7')).toBe('live a');
  });

  it('of a commit that is being built does not let it move the host of a newer one', async () => {
    await room.tell({});
    const first = await room.newest('7');
    await approve(first.id);
    await room.publish(first);
    await room.tell({ action: 'synchronize', commit: B, at: 1 });
    const { activateDeployment } = await import('../activate-deployment.ts');
    await activateDeployment(first.id, room.dependencies);
    expect(await room.read(first.id)).toMatchObject({ status: 'ready' });
    expect(await room.host('pr-7')).toBe('blocked b');
  });

  test.each([
    {
      why: 'a newer commit',
      next: { action: 'synchronize', commit: B },
      says: 'The fork has a newer commit',
      left: ['a superseded', 'b blocked'],
    },
    {
      why: 'its pull request closed',
      next: CLOSED,
      says: 'The pull request is closed',
      left: ['a canceled'],
    },
    {
      why: 'its base changed, and the settings with it',
      next: { action: 'edited', base: 'next' },
      says: 'waits again for another base branch',
      left: ['a superseded', 'a blocked'],
    },
  ])('comes too late after $why', async ({ next, says, left }) => {
    await room.tell({});
    const { id } = await room.newest('7');
    await room.tell({ ...next, at: 1 });
    const result = await approve(id);
    expect(result).toMatchObject({ outcome: 'refused', message: expect.stringContaining(says) });
    expect(await room.builds('7')).toEqual(left);
  });

  it('needs a sandbox on the machine', async () => {
    await room.tell({});
    const { id } = await room.newest('7');
    const result = await approve(id, false);
    expect(result).toMatchObject({ outcome: 'refused', why: 'no-sandbox' });
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  it('is nothing for the project’s own commits', async () => {
    await room.push('main', NONE, A, 0);
    expect(await approve((await room.newest('main')).id)).toMatchObject({ outcome: 'refused' });
    expect(await approve('x'.repeat(20))).toEqual({ outcome: 'deployment_not_found' });
  });

  it('anew where it was canceled before', async () => {
    await room.tell({});
    await room.tell({ ...CLOSED, at: 1 });
    await room.tell({ action: 'reopened', at: 2 });
    await approve((await room.newest('7')).id);
    expect(await room.builds('7')).toEqual(['a canceled', 'a queued']);
  });

  it('holds for a pull request that is closed and opened again', async () => {
    await room.tell({});
    await approve((await room.newest('7')).id);
    await room.build(await room.newest('7'));
    await room.tell({ ...CLOSED, at: 1 });
    expect(await room.host('pr-7')).toBe('gone');
    await room.tell({ action: 'reopened', at: 2 });
    expect(await room.host('pr-7')).toBe('live a');
    expect(await room.builds('7')).toEqual(['a ready']);
  });
});

describe('redeploying a fork’s commit', () => {
  const again = async (hasSandbox = true) =>
    redeploy((await room.newest('7')).id, ADMINISTRATOR, { ...room.dependencies, hasSandbox });

  it('that waits is no way around its approval', async () => {
    await room.tell({});
    expect(await again()).toMatchObject({ outcome: 'refused', why: 'still-blocked' });
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  it('that was approved builds it again, as untrusted as before', async () => {
    await room.tell({});
    await approve((await room.newest('7')).id);
    await room.build(await room.newest('7'));
    expect(await again()).toMatchObject({ outcome: 'deployed' });
    expect(await room.newest('7')).toMatchObject({
      status: 'queued',
      isTrusted: false,
      pullRequest: 7,
      baseRef: 'main',
    });
    expect(await again(false)).toMatchObject({ outcome: 'refused', why: 'no-sandbox' });
  });
});

test('a fork’s commit that is asked for by its name is built as a fork’s, until a branch of ours has it', async () => {
  await room.tell({});
  const ask = async () => {
    const { id: projectId } = await room.project();
    const ref = { kind: 'commit', name: A, commit: A } as const;
    return deploy(
      { projectId, ref, requestedBy: ADMINISTRATOR, askedAt: Number.MAX_SAFE_INTEGER },
      room.dependencies,
    );
  };
  expect(await ask()).toMatchObject({
    deployment: { refKind: 'commit', isTrusted: false, pullRequest: 7, baseRef: 'main' },
  });
  expect(await room.host('pr-7')).toBe('blocked a');
  await room.push('main', NONE, A, 1);
  expect(await ask()).toMatchObject({ deployment: { isTrusted: true, pullRequest: null } });
});

test('a commit that is asked for by its name may be anybody’s, so only what a branch or tag of ours has is trusted', async () => {
  await room.push('main', NONE, A, 0);
  const { id: projectId } = await room.project();
  const ask = async (commit: string, isListed: boolean) => {
    const ref = { kind: 'commit', name: commit, commit, isListed } as const;
    const order = { projectId, ref, requestedBy: ADMINISTRATOR, askedAt: Number.MAX_SAFE_INTEGER };
    const result = await deploy(order, room.dependencies);
    return result.outcome === 'deployed' ? result.deployment : undefined;
  };
  expect(await ask(A, false)).toMatchObject({ isTrusted: true });
  expect(await ask(B, true)).toMatchObject({ isTrusted: true });
  // What nobody has told of: a fork without a pull request, or what it had before.
  const unknown = await ask(C, false);
  expect(unknown).toMatchObject({ isTrusted: false, pullRequest: null, baseRef: 'main' });
  const again = await redeploy(unknown?.id ?? '', ADMINISTRATOR, room.dependencies);
  expect(again).toMatchObject({ outcome: 'deployed', deployment: { isTrusted: false } });
});

test('a fork’s deployment is never promoted to production', async () => {
  await room.push('main', NONE, C, 0);
  await room.build(await room.newest('main'));
  await room.tell({ at: 1 });
  await approve((await room.newest('7')).id);
  await room.build(await room.newest('7'));
  const { id } = await room.newest('7');
  expect(await promote(id, room.dependencies)).toEqual({ outcome: 'not_trusted' });
  expect(await room.host('main')).toBe('live c');
});
