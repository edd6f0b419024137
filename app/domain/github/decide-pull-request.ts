import { isTrusted } from './is-trusted.ts';
import type { PullRequestWebhook } from './parse-webhook.ts';

/** What GitHub says of a pull request: in a webhook, or when it is asked. */
export interface PullRequestState extends Pick<
  PullRequestWebhook,
  'number' | 'title' | 'isDraft' | 'isOpen' | 'updatedAt'
> {
  readonly head: Pick<PullRequestWebhook['head'], 'repositoryId' | 'ref' | 'sha'>;
  readonly base: Pick<PullRequestWebhook['base'], 'repositoryId' | 'ref'>;
}

/** A pull request as it is recorded. */
export interface PullRequestRecord {
  readonly headRepositoryId: number | null;
  readonly headRef: string;
  readonly headCommit: string;
  readonly baseRef: string;
  readonly title: string;
  readonly isDraft: boolean;
  readonly isOpen: boolean;
  /** GitHub's, of the newest state that was told. */
  readonly updatedAt: Date;
  /** A ready deployment of its head commit, made for it, is kept. */
  readonly isBuilt: boolean;
}

/** The record takes over what was told, also where nothing else follows: of two states only the newer counts. */
export interface PullRequestUpdate {
  readonly kind: 'update';
  readonly isTrusted: boolean;
  /** What happens to `pr-<n>`. */
  readonly host: 'open' | 'close' | 'keep';
  /**
   * `block`: a deployment of the head commit is written that waits for approval, in place of any that waits.
   * `by-push`: the push to its branch builds it; where the branch is not recorded at the head commit (it was pushed
   * before Offshoot came), `sync-branch` is asked.
   */
  readonly build: 'block' | 'by-push' | 'none';
  /** Builds for this fork that wait or run are canceled. (A newer commit's are superseded as a branch's are.) */
  readonly cancelBuilds: boolean;
  /** The comment has to say something else now. */
  readonly editComment: boolean;
  readonly reason: string;
}

export type PullRequestDecision =
  | PullRequestUpdate
  /** GitHub's times are whole seconds: of two states of one second, only GitHub knows the newer. */
  | { readonly kind: 'defer'; readonly reason: string }
  | { readonly kind: 'ignore'; readonly reason: string };

/** After these a pull request is worth knowing; a label on an old one is not. */
const BEGINNINGS: ReadonlySet<string> = new Set([
  'opened',
  'reopened',
  'synchronize',
  'closed',
  'edited',
  'ready_for_review',
  'converted_to_draft',
]);

/**
 * What follows from a webhook about a pull request. It is read as a state and compared with the recorded one, so what a
 * lost webhook would have said follows from the next; and an older state never undoes a newer one.
 */
export function decidePullRequest(
  webhook: PullRequestWebhook,
  recorded: PullRequestRecord | undefined,
): PullRequestDecision {
  const name = `#${webhook.number}`;
  if (recorded === undefined) {
    if (BEGINNINGS.has(webhook.action)) return update(webhook, undefined);
    return ignore(`${name} is not known, and nothing is built because it was ${said(webhook.action)}.`);
  }
  if (webhook.updatedAt > recorded.updatedAt) return update(webhook, recorded);
  if (webhook.updatedAt < recorded.updatedAt) return ignore(`A newer state of ${name} is recorded.`);
  if (isSame(webhook, recorded)) return ignore(`This state of ${name} is recorded already.`);
  const reason = `Another state of ${name} is recorded for the same second. GitHub is asked which is newer.`;
  return { kind: 'defer', reason };
}

/** The same with what GitHub answers when it is asked: the present, unless it was overtaken by a newer webhook. */
export function decidePullRequestState(
  told: PullRequestState,
  recorded: PullRequestRecord | undefined,
): Exclude<PullRequestDecision, { kind: 'defer' }> {
  const isOvertaken = recorded !== undefined && told.updatedAt < recorded.updatedAt;
  return isOvertaken ? ignore(`A newer state of #${told.number} is recorded.`) : update(told, recorded);
}

function update(told: PullRequestState, recorded: PullRequestRecord | undefined): PullRequestUpdate {
  const trusted = isTrusted(sidesOf(told));
  if (!told.isOpen) return close(told, recorded, trusted);
  const isReopened = recorded === undefined || !recorded.isOpen;
  const isNewCode = recorded === undefined || isOtherCode(told, recorded);
  if (!isReopened && !isNewCode) return keep(trusted, `Nothing about #${told.number} changes what is built.`);
  const isBuilt = !isNewCode && recorded.isBuilt;
  return {
    ...keep(trusted, sayOpen(told, trusted, isBuilt)),
    host: isReopened ? 'open' : 'keep',
    build: trusted ? 'by-push' : isBuilt ? 'none' : 'block',
    editComment: true,
  };
}

/** Recorded also where nothing was: an opening that comes late must not bring it back. */
function close(
  { number }: PullRequestState,
  recorded: PullRequestRecord | undefined,
  trusted: boolean,
): PullRequestUpdate {
  if (recorded?.isOpen !== true) return keep(trusted, `#${number} is closed.`);
  return {
    ...keep(trusted, `#${number} was closed: its host goes, and its comment says so.`),
    host: 'close',
    // Those of its own repository are builds of a branch, which may live on.
    cancelBuilds: !trusted,
    editComment: true,
  };
}

/** Its title, or whether it is a draft, is recorded: drafts are built and served as all others are. */
function keep(trusted: boolean, reason: string): PullRequestUpdate {
  return {
    kind: 'update',
    isTrusted: trusted,
    host: 'keep',
    build: 'none',
    cancelBuilds: false,
    editComment: false,
    reason,
  };
}

function isSame(told: PullRequestState, recorded: PullRequestRecord): boolean {
  return (
    told.isOpen === recorded.isOpen &&
    told.isDraft === recorded.isDraft &&
    told.title === recorded.title &&
    told.head.repositoryId === recorded.headRepositoryId &&
    told.head.ref === recorded.headRef &&
    !isOtherCode(told, recorded)
  );
}

/** Another commit, or the same one built otherwise: a fork's build takes its settings from the base branch. */
function isOtherCode(told: PullRequestState, recorded: PullRequestRecord): boolean {
  const { headRepositoryId } = recorded;
  const wasTrusted = isTrusted({ headRepositoryId, baseRepositoryId: told.base.repositoryId });
  return (
    told.head.sha !== recorded.headCommit ||
    told.base.ref !== recorded.baseRef ||
    isTrusted(sidesOf(told)) !== wasTrusted
  );
}

function sidesOf({ head, base }: PullRequestState) {
  return { headRepositoryId: head.repositoryId, baseRepositoryId: base.repositoryId };
}

function sayOpen({ number, head }: PullRequestState, trusted: boolean, isBuilt: boolean): string {
  const commit = head.sha.slice(0, 7);
  if (trusted) return `#${number} is at ${commit}, which the push to ${head.ref} builds.`;
  if (isBuilt) return `#${number} is open again at ${commit}, which was approved and built before.`;
  return `#${number} comes from a fork: ${commit} waits until somebody with write permission approves it.`;
}

const said = (action: string): string =>
  /^[a-z_]{1,64}$/.test(action) ? action.replaceAll('_', ' ') : 'changed';

function ignore(reason: string): PullRequestDecision & { kind: 'ignore' } {
  return { kind: 'ignore', reason };
}
