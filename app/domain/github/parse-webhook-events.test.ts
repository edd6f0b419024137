import { expect, test } from 'vitest';
import { type Json, payloadOf } from '../../../test/support/example-payloads.ts';
import { parseWebhook, parseWebhookSubject } from './parse-webhook.ts';

const SHA = 'c'.repeat(40);

interface Row {
  readonly event: string;
  readonly action?: string;
  readonly why: string;
  readonly changes?: Json;
  readonly read: Json;
}

const ROWS: readonly Row[] = [
  {
    event: 'pull_request',
    action: 'opened',
    why: 'is read whole',
    read: {
      kind: 'pull_request',
      action: 'opened',
      installationId: 7,
      repository: { id: 186853002 },
      number: 2,
      title: 'Update the README with new information.',
      isDraft: false,
      isOpen: true,
      isMerged: false,
      updatedAt: new Date('2019-05-15T15:20:33Z'),
      authorLogin: 'Codertocat',
      head: {
        repositoryId: 186853002,
        ownerLogin: 'Codertocat',
        ref: 'changes',
        sha: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
      },
      base: { repositoryId: 186853002, ref: 'master', sha: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e' },
      baseChanged: false,
      senderLogin: 'Codertocat',
    },
  },
  {
    event: 'pull_request',
    why: 'a deleted fork is null',
    changes: { pull_request: { head: { repo: null, user: null } } },
    read: { head: { repositoryId: null, ownerLogin: 'ghost' } },
  },
  {
    event: 'pull_request',
    why: 'a fork has its own id',
    changes: { pull_request: { head: { repo: { id: 9 } } } },
    read: { head: { repositoryId: 9 }, base: { repositoryId: 186853002 } },
  },
  {
    event: 'pull_request',
    why: 'drafts and merges are read, a ghost’s too',
    changes: { pull_request: { draft: true, merged: true, state: 'closed', user: null } },
    read: { isDraft: true, isMerged: true, isOpen: false, authorLogin: 'ghost' },
  },
  {
    event: 'pull_request',
    why: 'what an old server leaves out is no',
    changes: { pull_request: { draft: undefined, merged: null } },
    read: { isDraft: false, isMerged: false },
  },
  {
    event: 'pull_request',
    why: 'another base is told',
    changes: { changes: { base: { ref: { from: 'main' }, sha: { from: SHA } } } },
    read: { baseChanged: true },
  },
  {
    event: 'pull_request',
    why: 'another title is not another base',
    changes: { changes: { title: { from: 'old' } } },
    read: { baseChanged: false },
  },
  {
    event: 'pull_request',
    why: 'a long title is cut',
    changes: { pull_request: { title: 'x'.repeat(10_000) } },
    read: { title: 'x'.repeat(300) },
  },
  {
    event: 'pull_request',
    why: 'without a time it can’t be told from an older one',
    changes: { pull_request: { updated_at: undefined } },
    read: { kind: 'unknown', reason: expect.stringContaining('pull_request.updated_at: ') },
  },
  {
    event: 'pull_request',
    why: 'a base without a repository is refused: nothing could be compared with it',
    changes: { pull_request: { base: { repo: null } } },
    read: { kind: 'unknown', reason: expect.stringContaining('pull_request.base.repo: ') },
  },
  {
    event: 'pull_request',
    why: 'a head repository with a name for an id is refused, not taken for a missing one',
    changes: { pull_request: { head: { repo: { id: '186853002' } } } },
    read: { kind: 'unknown', reason: expect.stringContaining('pull_request.head.repo.id: ') },
  },
  {
    event: 'repository',
    action: 'renamed',
    why: 'a rename keeps the id',
    read: { action: 'renamed', repository: { id: 186853261, fullName: 'Octocoders/Hello-World' } },
  },
  {
    event: 'repository',
    action: 'edited',
    why: 'another default branch is told',
    changes: { changes: { default_branch: { from: 'master' } }, repository: { default_branch: 'main' } },
    read: { previousDefaultBranch: 'master', repository: { defaultBranch: 'main' } },
  },
  {
    event: 'repository',
    action: 'edited',
    why: 'another description is not another default branch',
    changes: { changes: { description: { from: null } } },
    read: { action: 'edited', previousDefaultBranch: null },
  },
  {
    event: 'repository',
    action: 'privatized',
    why: 'it is private now',
    read: { action: 'privatized', repository: { isPrivate: true } },
  },
  {
    event: 'repository',
    why: 'an action that GitHub invents later is refused in words',
    changes: { action: 'celebrated' },
    read: { kind: 'unknown', reason: expect.stringContaining('action: ') },
  },
  {
    event: 'installation',
    action: 'created',
    why: 'an installation brings its repositories',
    changes: {
      installation: { id: 3, account: { id: 4, login: 'octo' }, suspended_at: null },
      repositories: [{ id: 5, full_name: 'octo/site', private: true, more: 1 }],
    },
    read: {
      kind: 'installation',
      action: 'created',
      installation: { id: 3, accountId: 4, accountLogin: 'octo', suspendedAt: null },
      repositories: [{ id: 5, fullName: 'octo/site', isPrivate: true }],
    },
  },
  {
    event: 'installation',
    action: 'suspend',
    why: 'a suspended one says since when',
    changes: { installation: { suspended_at: '2020-02-03T04:05:06Z' }, repositories: undefined },
    read: { installation: { suspendedAt: new Date('2020-02-03T04:05:06Z') }, repositories: [] },
  },
  {
    event: 'installation_repositories',
    action: 'added',
    why: 'what was added comes by name',
    changes: { repositories_added: [{ id: 5, full_name: 'octo/site', private: false }] },
    read: { added: [{ id: 5, fullName: 'octo/site', isPrivate: false }], removedIds: [] },
  },
  {
    event: 'installation_repositories',
    action: 'removed',
    why: 'what was removed comes by id: of a deleted repository there is no name',
    changes: { repositories_added: [], repositories_removed: [{ id: 5 }] },
    read: { added: [], removedIds: [5] },
  },
  {
    event: 'issue_comment',
    action: 'created',
    why: 'a comment on an issue is none on a pull request',
    read: {
      kind: 'issue_comment',
      action: 'created',
      issueNumber: 1,
      isOpen: true,
      isPullRequest: false,
      commentId: 492700400,
      body: "You are totally right! I'll get this fixed right away.",
      createdAt: new Date('2019-05-15T15:20:21Z'),
      authorLogin: 'Codertocat',
      isByBot: false,
      viaAppId: null,
    },
  },
  {
    event: 'issue_comment',
    why: 'a closed pull request, a bot, and an App’s comment are told apart',
    changes: {
      issue: { pull_request: { url: 'x' }, state: 'closed' },
      comment: { user: { login: 'dependabot[bot]', type: 'Bot' }, performed_via_github_app: { id: 6 } },
    },
    read: { isPullRequest: true, isOpen: false, isByBot: true, authorLogin: 'dependabot[bot]', viaAppId: 6 },
  },
  {
    event: 'issue_comment',
    why: 'an issue whose pull_request is missing or null is an issue',
    changes: { issue: { pull_request: null }, comment: { body: null, user: null } },
    read: { isPullRequest: false, body: '', authorLogin: 'ghost', isByBot: false },
  },
  {
    event: 'check_run',
    action: 'rerequested',
    why: 'a rerun names commit and App',
    read: {
      kind: 'check_run',
      action: 'rerequested',
      checkRunId: 4,
      headSha: 'd6fde92930d4715a2b49857d24b940956b26d2d3',
      externalId: '',
      appId: 2,
      requestedAction: null,
    },
  },
  {
    event: 'check_run',
    why: 'a pressed button has a name',
    changes: {
      action: 'requested_action',
      requested_action: { identifier: 'approve' },
      check_run: { external_id: 'd1' },
    },
    read: { action: 'requested_action', requestedAction: 'approve', externalId: 'd1' },
  },
  { event: 'ping', why: 'is a ping', changes: { hook_id: 11 }, read: { kind: 'ping', hookId: 11 } },
];

test.each(ROWS)('$event: $why', ({ event, action, changes, read }) => {
  expect(parseWebhook(event, payloadOf(event, changes, action))).toMatchObject(read);
});

test.each([
  {
    why: 'all that there is',
    payload: { action: 'opened', installation: { id: 1 }, repository: { id: 2, full_name: 'a/b' } },
    subject: { action: 'opened', installationId: 1, repositoryId: 2, repositoryName: 'a/b' },
  },
  { why: 'nothing', payload: {}, subject: {} },
  { why: 'no object', payload: 'x', subject: {} },
  {
    why: 'the rest where a part can’t be read',
    payload: { action: 7, installation: { id: '1' }, repository: { id: 2, full_name: 'a/b' } },
    subject: { repositoryId: 2, repositoryName: 'a/b' },
  },
])('the subject of a webhook is read as far as it goes: $why', ({ payload, subject }) => {
  const nothing = { action: null, installationId: null, repositoryId: null, repositoryName: null };
  expect(parseWebhookSubject(payload)).toEqual({ ...nothing, ...subject });
});
