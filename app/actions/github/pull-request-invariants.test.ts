import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  NONE,
  openPullRequestRoom,
  type PullRequestRoom,
  REPOSITORY,
} from '../../../test/support/pull-request-room.ts';
import { isFinal } from '../../domain/transition.ts';
import { cancel } from '../cancel.ts';
import { approveDeployment } from './approve-deployment.ts';

/** Steps of one story; each is followed by a look. */
const STEPS = 20;
const SEEDS = [1, 2, 3, 4];

let room: PullRequestRoom;
beforeAll(async () => {
  room = await openPullRequestRoom();
  await room.push('main', NONE, 'f'.repeat(40), 0);
  await room.build(await room.newest('main'));
});
afterAll(() => room.dispose());

/** Numbers that are the same for the same seed, so that a failure can be looked at. */
function createDice(seed: number) {
  let state = seed * 7919;
  return (sides: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * sides);
  };
}
const commitOf = (index: number) => ((index % 15) + 1).toString(16).repeat(40);
const unfinished = async (ref: string) => {
  const builds = await room.builds(ref);
  return builds.filter((build) => /queued|building|launching|blocked/.test(build));
};

describe('while it is open, a pull request of the repository itself shows what its branch does', () => {
  test.each(SEEDS)('whatever comes in whatever order (%i)', async (seed) => {
    const dice = createDice(seed);
    const [branch, number] = [`own-${seed}`, 100 + seed];
    let [tip, at, isOpen] = [NONE, 1, false];
    const tell = (action: string) => {
      const commit = tip === NONE ? commitOf(0) : tip;
      return room.tell({ action, number, branch, from: REPOSITORY, commit, isOpen, at });
    };
    const steps: (() => Promise<unknown>)[] = [
      async () => {
        const before = tip;
        tip = commitOf(at);
        await room.push(branch, before, tip, at);
      },
      async () => {
        const newest = tip === NONE ? undefined : await room.newest(branch);
        if (newest?.status === 'queued') await room.build(newest);
      },
      async () => {
        const newest = tip === NONE ? undefined : await room.newest(branch);
        if (newest?.status === 'queued') await cancel(newest.id, room.dependencies);
      },
      async () => {
        isOpen = !isOpen;
        await tell(isOpen ? 'reopened' : 'closed');
      },
      () => tell('synchronize'),
      () => room.tell({ action: 'closed', number, branch, from: REPOSITORY, isOpen: false, at: -1 }),
      async () => {
        if (dice(3) > 0 || tip === NONE) return;
        await room.push(branch, tip, NONE, at);
        tip = NONE;
      },
    ];
    for (let step = 0; step < STEPS; step += 1) {
      at += 1;
      await steps[dice(steps.length)]?.();
      const shown = isOpen ? await room.host(branch) : 'gone';
      expect([step, await room.host(`pr-${number}`)]).toEqual([step, shown]);
    }
  });
});

describe('a fork’s pull request shows nothing that nobody has approved', () => {
  test.each(SEEDS)('whatever comes in whatever order (%i)', async (seed) => {
    const dice = createDice(seed);
    const number = 200 + seed;
    const ref = String(number);
    const approved = new Set<string>();
    let [commit, base, at, isOpen] = [commitOf(0), 'main', 1, true];
    const tell = (action: string) => room.tell({ action, number, branch: 'main', commit, base, isOpen, at });
    const steps: (() => Promise<unknown>)[] = [
      () => {
        if (isOpen) commit = commitOf(at);
        return tell('synchronize');
      },
      () => {
        base = dice(2) === 0 ? 'main' : 'next';
        return tell('edited');
      },
      () => {
        isOpen = !isOpen;
        return tell(isOpen ? 'reopened' : 'closed');
      },
      async () => {
        const newest = await room.newest(ref);
        const administrator = { kind: 'administrator' } as const;
        const result = await approveDeployment(newest.id, administrator, room.dependencies);
        if (result.outcome === 'deployed') approved.add(`${newest.commit?.[0]}`);
      },
      async () => {
        const newest = await room.newest(ref);
        if (newest.status === 'queued') await room.build(newest);
      },
      () => room.tell({ action: 'synchronize', number, commit: commitOf(14), at: -1 }),
    ];
    await tell('opened');
    for (let step = 0; step < STEPS; step += 1) {
      at += 1;
      await steps[dice(steps.length)]?.();
      const [state = '', shown = ''] = (await room.host(`pr-${number}`)).split(' ');
      // What is served was approved; what is closed serves nothing; one at most waits, and only while it is open.
      expect([step, state === 'live' && !approved.has(shown)]).toEqual([step, false]);
      expect([step, !isOpen && state !== 'gone']).toEqual([step, false]);
      const left = await unfinished(ref);
      expect([step, left.length <= (isOpen ? 1 : 0)]).toEqual([step, true]);
      expect(await room.host('main')).toBe('live f');
    }
    const { isTrusted, status } = await room.newest(ref);
    expect([isTrusted, isFinal(status) || isOpen]).toEqual([false, true]);
  });
});
