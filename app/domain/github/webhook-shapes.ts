import { z } from 'zod';
import { commitSchema } from '../../../contracts/ids.ts';
import {
  action,
  freeText,
  GHOST,
  id,
  inRepository,
  line,
  login,
  MAX_BRANCH_LENGTH,
  MAX_FULL_NAME_LENGTH,
  MAX_IDENTIFIER_LENGTH,
  MAX_LOGIN_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
  moment,
  momentOrSeconds,
  namedRepository,
  NO_COMMIT,
} from './webhook-fields.ts';

// What Offshoot reads of GitHub's payloads, one shape for each event; all else in them is passed over.

const MAX_REF_LENGTH = 'refs/heads/'.length + MAX_BRANCH_LENGTH;

const listedRepository = namedRepository.transform((given) => ({
  id: given.id,
  fullName: given.full_name,
  isPrivate: given.private,
}));

const headCommit = z.object({
  message: freeText(MAX_TEXT_LENGTH),
  timestamp: moment.nullable().catch(null),
  author: z.object({ name: freeText(MAX_TITLE_LENGTH).catch('') }).catch({ name: '' }),
});

const ref = line(MAX_REF_LENGTH).transform((name): PushedRef => {
  if (name.startsWith('refs/heads/')) return { kind: 'branch', name: name.slice('refs/heads/'.length) };
  if (name.startsWith('refs/tags/')) return { kind: 'tag', name: name.slice('refs/tags/'.length) };
  return { kind: 'other', name };
});
interface PushedRef {
  readonly kind: 'branch' | 'tag' | 'other';
  /** Of a branch or tag, its short name; of anything else, the whole ref. */
  readonly name: string;
}

export const push = z
  .object({
    ...inRepository,
    ref,
    before: commitSchema,
    after: commitSchema,
    forced: z.boolean().catch(false),
    head_commit: headCommit.nullish(),
  })
  .transform((given) => ({
    kind: 'push' as const,
    installationId: given.installation,
    repository: given.repository,
    ref: given.ref,
    before: given.before,
    after: given.after,
    // Not GitHub's flags: the commits say the same, and one truth can't contradict itself.
    created: given.before === NO_COMMIT,
    deleted: given.after === NO_COMMIT,
    forced: given.forced,
    /** Null where a ref was deleted, or names no commit. */
    headCommit: readHeadCommit(given.head_commit ?? null),
    /** The only thing in a push that says which of two came first; null where GitHub did not say. */
    pushedAt: given.repository.pushedAt,
    senderLogin: given.sender,
  }));

function readHeadCommit(given: z.output<typeof headCommit> | null) {
  if (given === null) return null;
  return { message: given.message, authorName: given.author.name, timestamp: given.timestamp };
}

const pullRequestSide = z.object({
  ref: line(MAX_BRANCH_LENGTH),
  sha: commitSchema,
  user: login,
  /** Null when it was deleted. */
  repo: z.object({ id }).nullish(),
});

export const pullRequest = z
  .object({
    ...inRepository,
    action,
    number: id,
    pull_request: z.object({
      title: freeText(MAX_TITLE_LENGTH),
      draft: z.boolean().nullish(),
      state: z.enum(['open', 'closed']),
      merged: z.boolean().nullish(),
      updated_at: moment,
      user: login,
      head: pullRequestSide,
      base: pullRequestSide.extend({ repo: z.object({ id }) }),
    }),
    changes: z
      .object({ base: z.object({ ref: z.object({ from: z.string() }) }) })
      .nullish()
      .catch(null),
  })
  .transform(({ pull_request: given, ...around }) => ({
    kind: 'pull_request' as const,
    action: around.action,
    installationId: around.installation,
    repository: around.repository,
    number: around.number,
    title: given.title,
    isDraft: given.draft ?? false,
    isOpen: given.state === 'open',
    isMerged: given.merged ?? false,
    updatedAt: given.updated_at,
    authorLogin: given.user,
    head: {
      repositoryId: given.head.repo?.id ?? null,
      ownerLogin: given.head.user,
      ref: given.head.ref,
      sha: given.head.sha,
    },
    base: { repositoryId: given.base.repo.id, ref: given.base.ref, sha: given.base.sha },
    /** Somebody chose another branch to merge it into. */
    baseChanged: around.changes?.base !== undefined,
    senderLogin: around.sender,
  }));

const REPOSITORY_ACTIONS = [
  'archived',
  'created',
  'deleted',
  'edited',
  'privatized',
  'publicized',
  'renamed',
  'transferred',
  'unarchived',
] as const;

export const repositoryChange = z
  .object({
    ...inRepository,
    action: z.enum(REPOSITORY_ACTIONS),
    changes: z
      .object({ default_branch: z.object({ from: line(MAX_BRANCH_LENGTH) }) })
      .nullish()
      .catch(null),
  })
  .transform((given) => ({
    kind: 'repository' as const,
    action: given.action,
    installationId: given.installation,
    /** As it is now. */
    repository: given.repository,
    /** Null unless the default branch is what was edited. */
    previousDefaultBranch: given.changes?.default_branch.from ?? null,
    senderLogin: given.sender,
  }));

const installationAccount = z.object({
  id,
  account: z.object({ id, login: line(MAX_LOGIN_LENGTH) }),
  suspended_at: moment.nullish().catch(null),
  updated_at: momentOrSeconds.optional(),
});
const readInstallation = (given: z.output<typeof installationAccount>) => ({
  id: given.id,
  accountId: given.account.id,
  accountLogin: given.account.login,
  suspendedAt: given.suspended_at ?? null,
  toldAt: given.updated_at ?? null,
});

export const installation = z
  .object({
    action: z.enum(['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted']),
    installation: installationAccount,
    repositories: z.array(listedRepository).nullish(),
    sender: login,
  })
  .transform((given) => ({
    kind: 'installation' as const,
    action: given.action,
    installation: readInstallation(given.installation),
    /** Those that it was given; none is listed when it is suspended. */
    repositories: given.repositories ?? [],
    senderLogin: given.sender,
  }));

export const installationRepositories = z
  .object({
    action: z.enum(['added', 'removed']),
    installation: installationAccount,
    repositories_added: z.array(listedRepository),
    repositories_removed: z.array(z.object({ id })),
    sender: login,
  })
  .transform((given) => ({
    kind: 'installation_repositories' as const,
    action: given.action,
    installation: readInstallation(given.installation),
    added: given.repositories_added,
    removedIds: given.repositories_removed.map((removed) => removed.id),
    senderLogin: given.sender,
  }));

export const issueComment = z
  .object({
    ...inRepository,
    action: z.enum(['created', 'edited', 'deleted', 'pinned', 'unpinned']),
    issue: z.object({ number: id, state: z.enum(['open', 'closed']), pull_request: z.unknown().optional() }),
    comment: z.object({
      id,
      body: freeText(MAX_TEXT_LENGTH).nullish(),
      created_at: moment,
      user: z.object({ login: line(MAX_LOGIN_LENGTH), type: z.string().nullish() }).nullish(),
      performed_via_github_app: z.object({ id }).nullish(),
    }),
  })
  .transform(({ comment, issue, ...around }) => ({
    kind: 'issue_comment' as const,
    action: around.action,
    installationId: around.installation,
    repository: around.repository,
    issueNumber: issue.number,
    isOpen: issue.state === 'open',
    /** GitHub calls pull requests issues too. */
    isPullRequest: issue.pull_request !== undefined && issue.pull_request !== null,
    commentId: comment.id,
    body: comment.body ?? '',
    createdAt: comment.created_at,
    authorLogin: comment.user?.login ?? GHOST,
    isByBot: comment.user?.type === 'Bot',
    /** Of the App that wrote it; null when a person did. */
    viaAppId: comment.performed_via_github_app?.id ?? null,
    senderLogin: around.sender,
  }));

export const checkRun = z
  .object({
    ...inRepository,
    action: z.enum(['created', 'completed', 'rerequested', 'requested_action']),
    check_run: z.object({
      id,
      head_sha: commitSchema,
      external_id: freeText(MAX_IDENTIFIER_LENGTH).nullish(),
      app: z.object({ id }).nullish(),
    }),
    requested_action: z.object({ identifier: line(MAX_IDENTIFIER_LENGTH) }).nullish(),
  })
  .transform(({ check_run: given, ...around }) => ({
    kind: 'check_run' as const,
    action: around.action,
    installationId: around.installation,
    repository: around.repository,
    checkRunId: given.id,
    headSha: given.head_sha,
    /** What the App that made it called it; empty when it gave it no name. */
    externalId: given.external_id ?? '',
    appId: given.app?.id ?? null,
    /** The button that was pressed; null unless the action is `requested_action`. */
    requestedAction: around.requested_action?.identifier ?? null,
    senderLogin: around.sender,
  }));

export const ping = z
  .object({ hook_id: id.nullish().catch(null) })
  .transform((given) => ({ kind: 'ping' as const, hookId: given.hook_id ?? null }));

/** Read of any payload, also of one that is not understood: what the list of deliveries shows and is searched by. */
export const subject = z
  .object({
    action: line(MAX_IDENTIFIER_LENGTH).nullable().catch(null),
    installation: z.object({ id }).nullable().catch(null),
    repository: z
      .object({ id, full_name: line(MAX_FULL_NAME_LENGTH) })
      .nullable()
      .catch(null),
  })
  .transform((given) => ({
    action: given.action,
    installationId: given.installation?.id ?? null,
    repositoryId: given.repository?.id ?? null,
    repositoryName: given.repository?.full_name ?? null,
  }));
