import type { PushWebhook } from '../../app/domain/github/parse-webhook.ts';

/** What Git calls the commit of a branch that does not exist. */
export const NONE = '0'.repeat(40);

export interface GivenPush {
  readonly ref?: string;
  readonly refKind?: PushWebhook['ref']['kind'];
  readonly from: string;
  readonly to: string;
  readonly pushedAt: Date | null;
  /** Null for a push that names no commit. */
  readonly message?: string | null;
}

/** A push as parseWebhook reads it. */
export function pushWebhook(given: GivenPush): PushWebhook {
  const { ref = 'topic', refKind = 'branch', from, to, pushedAt, message = 'm' } = given;
  return {
    kind: 'push',
    installationId: 1,
    repository: {
      id: 2,
      fullName: 'o/r',
      htmlUrl: 'https://github.com/o/r',
      defaultBranch: 'main',
      isPrivate: false,
      pushedAt,
      toldAt: null,
    },
    ref: { kind: refKind, name: ref },
    before: from,
    after: to,
    created: from === NONE,
    deleted: to === NONE,
    forced: false,
    headCommit: message === null || to === NONE ? null : { message, authorName: 'Ada', timestamp: null },
    pushedAt,
    senderLogin: 'ada',
  };
}
