import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  A,
  B,
  C,
  NONE,
  openPullRequestRoom,
  type PullRequestRoom,
  REPOSITORY,
  type Said,
} from '../../../test/support/pull-request-room.ts';
import { deployments, projects, webhookDeliveries, webhooks } from '../../db/schema.ts';
import { syncBranch } from './sync-branch.ts';
import { syncPullRequest } from './sync-pull-request.ts';

let room: PullRequestRoom;
beforeEach(async () => {
  room = await openPullRequestRoom();
});
afterEach(() => room.dispose());

const OWN = { from: REPOSITORY } as const;
const CLOSED = { action: 'closed', isOpen: false } as const;

describe('a pull request of the repository itself', () => {
  it('has a host that shows what its branch has, at once and from then on', async () => {
    await room.push('topic', NONE, A, 0);
    await room.build(await room.newest('topic'));
    const verdict = await room.tell({ ...OWN, at: 1 });
    expect(verdict).toEqual({
      outcome: 'handled',
      reason: '#7 is at aaaaaaa, which the push to topic builds.',
    });
    expect(await room.host('pr-7')).toBe('live a');
    await room.push('topic', A, B, 2);
    await room.tell({ ...OWN, action: 'synchronize', commit: B, at: 2 });
    expect(await room.host('pr-7')).toBe('live a');
    const next = await room.newest('topic');
    expect(next).toMatchObject({ pullRequest: 7, isTrusted: true, refKind: 'branch' });
    await room.build(next);
    expect(await room.host('pr-7')).toBe('live b');
    expect(await room.host('topic')).toBe('live b');
  });

  it('waits with its branch, and fails with its first build', async () => {
    await room.push('topic', NONE, A, 0);
    await room.tell({ ...OWN, at: 1 });
    expect(await room.host('pr-7')).toBe('waiting a');
    await room.push('topic', A, NONE, 2);
    expect(await room.host('pr-7')).toBe('gone');
  });

  it('is gone when closed, while its branch goes on, and comes back when reopened', async () => {
    await room.push('topic', NONE, A, 0);
    await room.tell({ ...OWN, at: 1 });
    expect(await room.tell({ ...OWN, ...CLOSED, at: 2 })).toMatchObject({ outcome: 'handled' });
    expect(await room.host('pr-7')).toBe('gone');
    expect(await room.builds('topic')).toEqual(['a queued']);
    await room.build(await room.newest('topic'));
    expect(await room.host('pr-7')).toBe('gone');
    await room.tell({ ...OWN, action: 'reopened', at: 3 });
    expect(await room.host('pr-7')).toBe('live a');
    expect(await room.pointer(`pr-7--${(await room.project()).slug}`)).toBe(undefined);
  });

  it('that was there before Offshoot makes the project, and has GitHub asked for its branch', async () => {
    const verdict = await room.tell({ ...OWN });
    expect(verdict.outcome).toBe('handled');
    const project = await room.project();
    const readBranchHead = async () => ({ commit: A, message: 'm' });
    await syncBranch({ projectId: project.id, branch: 'topic' }, { ...room.dependencies, readBranchHead });
    expect(await room.builds('topic')).toEqual(['a queued']);
    expect(await room.host('pr-7')).toBe('waiting a');
    await room.build(await room.newest('topic'));
    expect(await room.host('pr-7')).toBe('live a');
  });

  it('may have the branch of others: each has its host', async () => {
    await room.push('topic', NONE, A, 0);
    await room.tell({ ...OWN, at: 1 });
    await room.tell({ ...OWN, number: 8, base: 'next', at: 1 });
    await room.build(await room.newest('topic'));
    expect([await room.host('pr-7'), await room.host('pr-8')]).toEqual(['live a', 'live a']);
  });

  it('follows a branch that gets another name', async () => {
    await room.push('topic', NONE, A, 0);
    await room.tell({ ...OWN, at: 1 });
    await room.push('better', NONE, A, 2);
    await room.tell({ ...OWN, action: 'edited', branch: 'better', at: 3 });
    await room.build(await room.newest('better'));
    expect(await room.host('pr-7')).toBe('live a');
  });
});

describe('a pull request of a fork', () => {
  it('waits for approval, tells so at its host, and is no branch’s business', async () => {
    await room.push('main', NONE, C, 0);
    await room.build(await room.newest('main'));
    const verdict = await room.tell({ branch: 'main', at: 1 });
    expect(verdict.reason).toBe(
      '#7 comes from a fork: aaaaaaa waits until somebody with write permission approves it.',
    );
    expect(await room.newest('7')).toMatchObject({
      refKind: 'pull-request',
      pullRequest: 7,
      isTrusted: false,
      environment: 'preview',
      status: 'blocked',
      commit: A,
      baseRef: 'main',
      reportsTo: REPOSITORY,
      requestedBy: { kind: 'push', login: 'Codertocat' },
    });
    expect(await room.host('pr-7')).toBe('blocked a');
    expect(await room.host('main')).toBe('live c');
  });

  it('tells the project’s webhooks that somebody has to look at it', async () => {
    await room.push('main', NONE, C, 0);
    const { id: projectId } = await room.project();
    await room.db.insert(webhooks).values({
      id: 'w'.repeat(20),
      projectId,
      format: 'json',
      url: 'sealed',
      urlHint: 'example.com',
      secret: 'sealed',
      events: ['deployment.blocked'],
      createdAt: new Date(room.clock.now),
    });
    await room.tell({ at: 1 });
    const told = await room.db.select().from(webhookDeliveries);
    const { id: deploymentId } = await room.newest('7');
    expect(told).toMatchObject([{ event: 'deployment.blocked', deploymentId }]);
  });

  it('whose branch is called as one of ours is not shown what ours has', async () => {
    await room.tell({ branch: 'topic' });
    await room.push('topic', NONE, B, 1);
    await room.build(await room.newest('topic'));
    expect(await room.newest('topic')).toMatchObject({ pullRequest: null });
    expect(await room.host('pr-7')).toBe('blocked a');
  });

  it('waits again at its next commit, in place of the one before', async () => {
    await room.tell({});
    await room.tell({ action: 'synchronize', commit: B, at: 1 });
    expect(await room.builds('7')).toEqual(['a superseded', 'b blocked']);
    expect(await room.host('pr-7')).toBe('blocked b');
  });

  it('waits again for another base, whose settings are others', async () => {
    await room.tell({});
    await room.tell({ action: 'edited', base: 'next', at: 1 });
    expect(await room.builds('7')).toEqual(['a superseded', 'a blocked']);
    expect(await room.newest('7')).toMatchObject({ baseRef: 'next' });
  });

  it.each([
    { why: 'a title', change: { action: 'edited', title: 'Better' } },
    { why: 'a draft', change: { action: 'converted_to_draft', isDraft: true } },
    { why: 'a fork that is gone', change: { action: 'labeled', from: null } },
  ])('takes over $why, and nothing else happens', async ({ change }) => {
    await room.tell({});
    await room.tell({ ...change, at: 1 });
    expect(await room.builds('7')).toEqual(['a blocked']);
    expect(await room.record()).toMatchObject({
      title: change.title ?? 'A change',
      isDraft: change.isDraft ?? false,
    });
  });

  it.each([{ from: null }, { isDraft: true }])('opened with %o waits as others do', async (change) => {
    await room.tell(change);
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  it('loses host and builds when it is closed, and waits anew when reopened', async () => {
    await room.tell({});
    await room.tell({ ...CLOSED, at: 1 });
    expect(await room.builds('7')).toEqual(['a canceled']);
    expect(await room.host('pr-7')).toBe('gone');
    await room.tell({ action: 'reopened', at: 2 });
    expect(await room.builds('7')).toEqual(['a canceled', 'a blocked']);
    expect(await room.host('pr-7')).toBe('blocked a');
  });

  it('since when its commit is known is GitHub’s time of it', async () => {
    await room.tell({ at: 1 });
    await room.tell({ action: 'edited', title: 'Better', at: 5 });
    const since = (await room.record())?.headSince;
    await room.tell({ action: 'synchronize', commit: B, at: 9 });
    const later = (await room.record())?.headSince;
    expect([since, later].map((moment) => moment?.toISOString().slice(14, 19))).toEqual(['00:01', '00:09']);
  });
});

describe('webhooks that come late, twice and in any order', () => {
  const STORY: Said[] = [
    { action: 'opened', at: 1 },
    { action: 'synchronize', commit: B, at: 2 },
    { action: 'converted_to_draft', commit: B, isDraft: true, at: 3 },
    { ...CLOSED, commit: B, isDraft: true, at: 4 },
    { action: 'reopened', commit: B, isDraft: true, at: 5 },
    { action: 'synchronize', commit: C, isDraft: true, at: 6 },
    { action: 'edited', commit: C, base: 'next', at: 7 },
  ];
  const ENDS = [
    { name: 'open', story: STORY, builds: ['c blocked'], host: 'blocked c' },
    {
      name: 'closed',
      story: [...STORY, { ...CLOSED, commit: C, base: 'next', at: 8 }],
      builds: [],
      host: 'gone',
    },
  ];

  /** The same order for the same number, so that a failure can be looked at. */
  function shuffle<T>(items: readonly T[], seed: number): T[] {
    const left = [...items];
    const shuffled: T[] = [];
    for (let state = seed; left.length > 0;) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      shuffled.push(...left.splice(state % left.length, 1));
    }
    return shuffled;
  }

  test.each(ENDS.flatMap((end) => [1, 2, 3, 4, 5, 6].map((seed) => ({ ...end, seed }))))(
    'a fork’s that is $name in the end (order $seed)',
    async ({ story, builds, host, seed }) => {
      const sent = shuffle([...story, ...story], seed);
      for (const said of sent) await room.tell(said);
      const unfinished = (await room.builds('7')).filter((build) => /blocked|queued/.test(build));
      expect(unfinished).toEqual(builds);
      expect(await room.host('pr-7')).toBe(host);
      const { commit, base, isOpen = true } = story.at(-1)!;
      expect(await room.record()).toMatchObject({
        headCommit: commit,
        baseRef: base,
        isOpen,
        isDraft: false,
      });
    },
  );

  test.each([1, 2, 3, 4])('one of its own, at the same time as pushes (order %i)', async (seed) => {
    await room.push('main', NONE, C, 0);
    const steps = [
      () => room.push('topic', NONE, A, 1),
      () => room.tell({ ...OWN, at: 2 }),
      () => room.tell({ ...OWN, ...CLOSED, at: 3 }),
      () => room.tell({ ...OWN, action: 'reopened', at: 4 }),
    ];
    await Promise.all(shuffle([...steps, ...steps], seed).map((step) => step()));
    await room.build(await room.newest('topic'));
    expect(await room.builds('topic')).toEqual(['a ready']);
    expect(await room.host('pr-7')).toBe('live a');
    expect(await room.record()).toMatchObject({ isOpen: true, headCommit: A });
  });

  test('the same delivery again changes nothing', async () => {
    const verdict = await room.tell({}, 'guid');
    expect(await room.tell({ ...CLOSED, at: 5 }, 'guid')).toEqual(verdict);
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  test('first ones at once make one project and one deployment', async () => {
    await Promise.all([1, 2, 3, 4].map(() => room.tell({})));
    expect(await room.db.select().from(projects)).toHaveLength(1);
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  test('two states of one second: GitHub is asked, and its word holds', async () => {
    await room.tell({ at: 1 });
    const late = await room.tell({ action: 'synchronize', commit: B, at: 1 });
    expect(late).toMatchObject({ outcome: 'deferred', reason: expect.stringContaining('GitHub is asked') });
    room.present = { commit: B, at: 1 };
    await room.sync();
    await room.sync();
    expect(await room.builds('7')).toEqual(['a superseded', 'b blocked']);
  });

  test('an answer that a webhook has overtaken is asked for again', async () => {
    await room.tell({ at: 1 });
    const answers: Said[] = [
      { commit: B, at: 2 },
      { ...CLOSED, commit: B, at: 2 },
    ];
    const { readPullRequest } = room.dependencies;
    await syncPullRequest(
      { repositoryId: REPOSITORY, number: 7 },
      {
        ...room.dependencies,
        async readPullRequest(...parameters) {
          const [before, after] = answers.splice(0) as [Said?, Said?];
          if (before !== undefined) room.present = before;
          const answer = await readPullRequest(...parameters);
          if (after === undefined) return answer;
          // GitHub was asked, and before its answer is used, it tells of something else.
          await room.tell(after);
          room.present = after;
          return answer;
        },
      },
    );
    expect(await room.record()).toMatchObject({ isOpen: false, headCommit: B });
    expect(await room.builds('7')).toEqual(['a canceled']);
  });

  test('one that GitHub does not know any more stays as it is', async () => {
    await room.tell({});
    await room.sync();
    expect(await room.builds('7')).toEqual(['a blocked']);
  });
});

describe('nothing follows', () => {
  it('from a label on one that nobody knows: no project is made', async () => {
    const verdict = await room.tell({ action: 'labeled' });
    expect(verdict.outcome).toBe('ignored');
    expect(await room.db.select().from(projects)).toEqual([]);
  });

  it('from one that was closed before Offshoot came', async () => {
    expect((await room.tell({ ...CLOSED })).outcome).toBe('ignored');
    expect(await room.db.select().from(projects)).toEqual([]);
  });

  it('for a project that is being deleted', async () => {
    await room.tell({});
    await room.db.update(projects).set({ deletedAt: new Date() });
    await room.db.delete(deployments).where(eq(deployments.ref, '7'));
    await room.tell({ action: 'labeled', commit: B, at: 1 });
    expect(await room.builds('7')).toEqual([]);
  });
});
