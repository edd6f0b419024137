import type { PullRequestRecord, PullRequestState } from '../../app/domain/github/decide-pull-request.ts';
import type { PullRequestWebhook } from '../../app/domain/github/parse-webhook.ts';

export const BASE = 2;
export const FORK = 3;
export const A = 'a'.repeat(40);
export const B = 'b'.repeat(40);
const at = (second: number) => new Date(second * 1000);

export interface Told {
  readonly from?: number | null;
  readonly commit?: string;
  readonly headRef?: string;
  readonly base?: string;
  readonly isOpen?: boolean;
  readonly isDraft?: boolean;
  readonly title?: string;
  readonly second?: number;
}

export function state(told: Told): PullRequestState & Pick<PullRequestWebhook, 'head' | 'base'> {
  const { from = FORK, commit = A, headRef = 'topic', base = 'main', isOpen = true, isDraft = false } = told;
  return {
    number: 7,
    title: told.title ?? 'A change',
    isDraft,
    isOpen,
    updatedAt: at(told.second ?? 2),
    head: { repositoryId: from, ownerLogin: 'fork', ref: headRef, sha: commit },
    base: { repositoryId: BASE, ref: base, sha: B },
  };
}

export function webhook(action: string, told: Told): PullRequestWebhook {
  const pushedAt = null;
  return {
    kind: 'pull_request',
    action,
    installationId: 1,
    repository: {
      id: BASE,
      fullName: 'o/r',
      htmlUrl: 'https://github.com/o/r',
      defaultBranch: 'main',
      isPrivate: false,
      pushedAt,
      toldAt: null,
    },
    isMerged: false,
    authorLogin: 'ada',
    baseChanged: false,
    senderLogin: 'ada',
    ...state(told),
  };
}

export function recordOf(told: PullRequestState, isBuilt = false): PullRequestRecord {
  const { title, isDraft, isOpen, updatedAt, head, base } = told;
  const { repositoryId: headRepositoryId, ref: headRef, sha: headCommit } = head;
  return {
    title,
    isDraft,
    isOpen,
    updatedAt,
    headRepositoryId,
    headRef,
    headCommit,
    baseRef: base.ref,
    isBuilt,
  };
}
export const recorded = ({ isBuilt = false, ...told }: Told & { isBuilt?: boolean } = {}) =>
  recordOf(state({ second: 1, ...told }), isBuilt);
