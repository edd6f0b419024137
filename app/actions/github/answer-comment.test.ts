import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { payloadOf } from '../../../test/support/example-payloads.ts';
import {
  A,
  B,
  NONE,
  openPullRequestRoom,
  type PullRequestRoom,
  REPOSITORY,
  type Said,
} from '../../../test/support/pull-request-room.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { findGithubDelivery } from '../../db/github-deliveries.ts';
import type { Permission } from '../../domain/github/decide-approval.ts';
import { answerComment } from './answer-comment.ts';

const WRITTEN = Date.parse('2026-01-02T00:00:00Z');
let room: PullRequestRoom;
let sent: Parameters<typeof answerComment>[0][];
beforeEach(async () => {
  sent = [];
  room = await openPullRequestRoom();
  const { jobs } = room;
  // What a job is told is looked at on its way; the queue itself is real.
  Object.assign(room.dependencies, {
    jobs: {
      send: (...given: Parameters<JobQueue['send']>) => {
        const [, name, payload] = given;
        if (name === 'answer-comment') sent.push(payload as (typeof sent)[number]);
        return jobs.send(...given);
      },
    },
  });
});
afterEach(() => room.dispose());

interface Written {
  readonly body?: string;
  readonly login?: string;
  readonly action?: string;
  readonly at?: number;
  readonly type?: string;
  readonly isOnIssue?: boolean;
  readonly viaApp?: boolean;
}
function comment({ body = '/deploy', login = 'ada', at = 10, ...more }: Written = {}) {
  const created_at = new Date(WRITTEN + at * 1000).toISOString();
  return payloadOf(
    'issue_comment',
    {
      action: more.action ?? 'created',
      issue: { number: 7, state: 'open', pull_request: more.isOnIssue === true ? null : { url: 'x' } },
      comment: {
        id: 1,
        body,
        created_at,
        author_association: 'OWNER',
        user: { login, type: more.type ?? 'User' },
        performed_via_github_app: more.viaApp === true ? { id: 9 } : null,
      },
      repository: { id: REPOSITORY, default_branch: 'main' },
    },
    'created',
  );
}

/** Somebody writes, and the job that follows asks and answers. `present` is what GitHub says of the pull request. */
async function write(written: Written, permission: Permission, present: Said, hasSandbox = true) {
  room.present = present;
  await room.receive('issue_comment', comment(written), 'guid');
  const asked = sent.at(-1);
  if (asked === undefined) throw new Error('nothing was asked for');
  const dependencies = { ...room.dependencies, hasSandbox, readPermission: async () => permission };
  await answerComment(asked, dependencies);
  await answerComment(asked, dependencies);
  return findGithubDelivery(room.db, 'guid');
}

describe('/deploy under a fork’s pull request', () => {
  const pushed = { kind: 'push', login: 'Codertocat' };
  const ada = { kind: 'github-user', login: 'ada' };
  test.each<{ permission: Permission; outcome: string; build: string; by: object; reason: string }>([
    {
      permission: 'none',
      outcome: 'ignored',
      build: 'a blocked',
      by: pushed,
      reason: 'ada has no access to the repository',
    },
    { permission: 'read', outcome: 'ignored', build: 'a blocked', by: pushed, reason: 'ada may only read' },
    {
      permission: 'triage',
      outcome: 'ignored',
      build: 'a blocked',
      by: pushed,
      reason: 'ada may only triage',
    },
    {
      permission: 'write',
      outcome: 'handled',
      build: 'a queued',
      by: ada,
      reason: 'ada approved aaaaaaa of #7.',
    },
    {
      permission: 'admin',
      outcome: 'handled',
      build: 'a queued',
      by: ada,
      reason: 'ada approved aaaaaaa of #7.',
    },
  ])('of who may $permission: $outcome', async ({ permission, outcome, build, by, reason }) => {
    await room.tell({});
    const delivery = await write({}, permission, {});
    expect(delivery).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
    expect(await room.builds('7')).toEqual([build]);
    expect(await room.newest('7')).toMatchObject({ message: null, isTrusted: false, requestedBy: by });
  });

  it('is about the commit that was there when it was written, by GitHub’s clock', async () => {
    await room.tell({ at: 1 });
    const delivery = await write({ at: 5 }, 'write', { commit: B, at: 6 });
    expect(delivery).toMatchObject({ outcome: 'ignored', reason: expect.stringContaining('came after') });
    expect(await room.builds('7')).toEqual(['a superseded', 'b blocked']);
    // Whoever asked sees it where they look: the commit's status says it.
    expect(await room.newest('7')).toMatchObject({
      message: expect.stringMatching(/^ada wrote \/deploy\. The fork’s commit came after the comment, or/),
      reportedStatus: null,
    });
  });

  it('is about the base branch of that moment, too', async () => {
    await room.tell({ at: 1 });
    const delivery = await write({ at: 5 }, 'write', { base: 'next', at: 6 });
    expect(delivery).toMatchObject({ outcome: 'ignored' });
    expect(await room.builds('7')).toEqual(['a superseded', 'a blocked']);
  });

  it('makes known what no webhook had told, which is to be looked at before', async () => {
    await room.push('main', NONE, B, 0);
    const late = await write({ at: 5 }, 'write', { at: 6 });
    expect(late).toMatchObject({ outcome: 'ignored' });
    expect(await room.builds('7')).toEqual(['a blocked']);
  });

  it('is answered with the reason where there is no sandbox', async () => {
    await room.tell({});
    const delivery = await write({}, 'write', {}, false);
    expect(delivery).toMatchObject({ outcome: 'ignored', reason: expect.stringContaining('no sandbox') });
    expect(await room.newest('7')).toMatchObject({
      status: 'blocked',
      message: expect.stringContaining('sandbox'),
    });
  });

  it('is not believed while GitHub can’t be asked', async () => {
    await room.tell({});
    await room.receive('issue_comment', comment(), 'guid');
    const readPermission = () => Promise.reject(new Error('GitHub is away'));
    await expect(answerComment(sent[0]!, { ...room.dependencies, readPermission })).rejects.toThrow('away');
    expect(await room.builds('7')).toEqual(['a blocked']);
    expect(await findGithubDelivery(room.db, 'guid')).toMatchObject({ outcome: 'deferred' });
  });
});

describe('/deploy under a pull request of the repository itself', () => {
  const OWN = { from: REPOSITORY } as const;

  it('builds the commit that its branch has again, once', async () => {
    await room.push('topic', NONE, A, 0);
    await room.build(await room.newest('topic'));
    await room.tell({ ...OWN, at: 1 });
    const delivery = await write({}, 'write', { ...OWN, at: 1 });
    expect(delivery).toMatchObject({ outcome: 'handled' });
    expect(await room.builds('topic')).toEqual(['a ready', 'a queued']);
    expect(await room.newest('topic')).toMatchObject({ isTrusted: true, pullRequest: 7 });
  });

  it('of who may not write builds nothing', async () => {
    await room.push('topic', NONE, A, 0);
    await room.tell({ ...OWN, at: 1 });
    await write({}, 'read', { ...OWN, at: 1 });
    expect(await room.builds('topic')).toEqual(['a queued']);
  });
});

describe('nothing is asked for', () => {
  test.each<[string, Written, string]>([
    ['other words', { body: 'Please /deploy' }, 'asks for nothing'],
    ['a quoted command', { body: '> /deploy' }, 'asks for nothing'],
    ['an edited comment', { action: 'edited' }, 'Only new comments'],
    ['a deleted comment', { action: 'deleted' }, 'Only new comments'],
    ['an issue', { isOnIssue: true }, 'on an issue'],
    ['a bot', { login: 'helper[bot]', type: 'Bot' }, 'is a bot'],
    ['an App', { viaApp: true }, 'is a bot'],
  ])('by %s', async (_, written, reason) => {
    await room.tell({});
    const verdict = await room.receive('issue_comment', comment(written));
    expect(verdict).toMatchObject({ outcome: 'ignored', reason: expect.stringContaining(reason) });
    expect(sent).toEqual([]);
  });

  test('in a repository without a project', async () => {
    expect(await room.receive('issue_comment', comment())).toMatchObject({ outcome: 'ignored' });
    expect(sent).toEqual([]);
  });
});
