import { isMergeQueueBranch } from '../merge-queue.ts';
import type { DeliveryOutcome, Environment } from '../words.ts';
import type { PushWebhook } from './parse-webhook.ts';
import { findSkipWords } from './skip-words.ts';
import { NO_COMMIT } from './webhook-fields.ts';

const SHORT_COMMIT_LENGTH = 7;

/** A branch as it is recorded. */
export interface BranchRecord {
  /** Null where it was deleted, or where a folder was uploaded last. */
  readonly commit: string | null;
  readonly deletedAt: Date | null;
  /** The greatest `pushedAt` of all pushes to it that were seen, whatever was decided about them. */
  readonly pushedAt: Date | null;
}

export interface PushedProject {
  readonly productionBranch: string;
}

/** A commit to build, or to say of that it is not built. */
interface BranchBuild {
  readonly branch: string;
  readonly commit: string;
  readonly environment: Environment;
  /** False for the merge queue: it is built and reported, and served nowhere. */
  readonly hasHost: boolean;
  readonly reason: string;
}

/** Each with its reason, as a sentence for people. */
export type PushDecision =
  | ({ readonly kind: 'deploy' } & BranchBuild)
  /**
   * The branch holds the commit from now on, but its generation stays: a build of the commit before it that is under
   * way may still move its hosts.
   */
  | ({ readonly kind: 'skip' } & BranchBuild)
  /** The branch is gone. Also recorded of one that nobody knew: a late push must not bring it to life. */
  | { readonly kind: 'forget-branch'; readonly branch: string; readonly reason: string }
  /** Whether it is news can't be told from the push alone: `sync-branch` asks GitHub for the head, then decides. */
  | { readonly kind: 'defer'; readonly branch: string; readonly reason: string }
  | { readonly kind: 'ignore'; readonly reason: string };

/**
 * What follows from a push. Webhooks come late, twice and in any order, so a push is believed at once only where it
 * continues what is recorded: it begins where the branch is, and GitHub took it later than all that were seen. The
 * commits alone don't tell: after A → B → A, a late first push begins where the branch is, too. Nothing is done about a
 * push that leads to where the branch is already; all others are deferred.
 *
 * Whatever is decided about a push to a branch, the caller keeps `keptPushedAt` with it; where there was no record and
 * none is made by the decision (a push is deferred), it makes one of a branch that is gone, to keep it with.
 */
export function decidePush(
  push: PushWebhook,
  project: PushedProject,
  recorded: BranchRecord | undefined,
): PushDecision {
  const { ref, headCommit } = push;
  if (ref.kind === 'tag') return ignore(`Tags are not deployed: ${ref.name} is one.`);
  if (ref.kind === 'other') return ignore(`${ref.name} is no branch, so it is not deployed.`);
  if (!push.deleted && headCommit === null) return ignore(`The push to ${ref.name} names no commit.`);
  const doubt = doubtOf(push, recorded);
  if (doubt !== undefined) return { ...doubt, branch: ref.name };
  if (push.deleted) return forget(ref.name);
  return decideBuild(project, { branch: ref.name, commit: push.after, message: headCommit?.message ?? '' });
}

/** The newest push that was seen, this one included: forgetting one would let those before it pass for news. */
export function keptPushedAt(push: PushWebhook, recorded: BranchRecord | undefined): Date | null {
  const seenAt = recorded?.pushedAt ?? null;
  return timeOf(push.pushedAt) > timeOf(seenAt) ? push.pushedAt : seenAt;
}

const timeOf = (moment: Date | null): number => moment?.getTime() ?? 0;

/** What GitHub answers when it is asked for a branch. */
export type BranchHead = { readonly commit: string; readonly message: string } | 'gone';

/**
 * What `sync-branch` does once GitHub has told the branch's head. It is the present, so nothing is doubted, unless
 * the record has changed since GitHub was asked: then the caller asks again.
 */
export function decideBranchHead(
  branch: string,
  head: BranchHead,
  project: PushedProject,
  recorded: BranchRecord | undefined,
): Exclude<PushDecision, { kind: 'defer' }> {
  const commit = head === 'gone' ? NO_COMMIT : head.commit;
  if (commit === commitOf(recorded)) return ignore(sayRepeated(branch, commit));
  return head === 'gone' ? forget(branch) : decideBuild(project, { branch, ...head });
}

/** How a delivery is listed about which this was decided. */
export function outcomeOf({ kind }: { readonly kind: string }): DeliveryOutcome {
  if (kind === 'defer') return 'deferred';
  return kind === 'ignore' ? 'ignored' : 'handled';
}

type Doubt = { readonly kind: 'defer' | 'ignore'; readonly reason: string };

function doubtOf(push: PushWebhook, recorded: BranchRecord | undefined): Doubt | undefined {
  if (recorded === undefined) {
    // A branch that nobody saw begin, or end: where it is now, only GitHub knows.
    const isWhole = push.created || push.deleted;
    return isWhole ? undefined : defer(`${push.ref.name} is older than what was seen of it.`);
  }
  const now = commitOf(recorded);
  if (push.after === now) return ignore(sayRepeated(push.ref.name, push.after));
  if (push.before !== now) return defer(sayGap(push.ref.name, push.before, now));
  if (!isLater(push.pushedAt, recorded.pushedAt))
    return defer(`The push to ${push.ref.name} may be older than the newest one that was seen.`);
  return undefined;
}

/** Times are whole seconds: two pushes within one second can't be told apart, and neither can unknown ones. */
function isLater(pushedAt: Date | null, seenAt: Date | null): boolean {
  return pushedAt !== null && seenAt !== null && pushedAt.getTime() > seenAt.getTime();
}

/** Where the branch is, in the words of pushes; null where no commit of the repository is known. */
function commitOf(recorded: BranchRecord | undefined): string | null {
  return recorded === undefined || recorded.deletedAt !== null ? NO_COMMIT : recorded.commit;
}

interface PushedCommit {
  readonly branch: string;
  readonly commit: string;
  readonly message: string;
}

function decideBuild(
  { productionBranch }: PushedProject,
  { branch, commit, message }: PushedCommit,
): PushDecision & ({ kind: 'deploy' } | { kind: 'skip' }) {
  const environment = branch === productionBranch ? 'production' : 'preview';
  const build = { branch, commit, environment, hasHost: !isMergeQueueBranch(branch) } as const;
  const words = findSkipWords(message);
  if (words === undefined) return { kind: 'deploy', ...build, reason: sayBuild(build) };
  const reason = `The message of ${short(commit)} says ${words}, so it is not built.`;
  return { kind: 'skip', ...build, reason };
}

function sayBuild({ branch, commit, environment, hasHost }: Omit<BranchBuild, 'reason'>): string {
  if (!hasHost) return `${short(commit)} is in the merge queue: it is built and reported, without a host.`;
  const place = environment === 'production' ? 'production' : 'a preview';
  return `${branch} is at ${short(commit)}, which is deployed to ${place}.`;
}

function sayRepeated(branch: string, commit: string): string {
  if (commit === NO_COMMIT) return `${branch} is recorded as gone already.`;
  return `${branch} is recorded at ${short(commit)} already.`;
}

function sayGap(branch: string, before: string, now: string | null): string {
  const place = now === null ? 'an unknown commit' : describe(now);
  return `The push to ${branch} begins at ${describe(before)}, but the branch is recorded at ${place}.`;
}

const describe = (commit: string): string => (commit === NO_COMMIT ? 'nothing' : short(commit));
const short = (commit: string): string => commit.slice(0, SHORT_COMMIT_LENGTH);

function forget(branch: string): PushDecision & { kind: 'forget-branch' } {
  return { kind: 'forget-branch', branch, reason: `${branch} was deleted.` };
}

function ignore(reason: string): PushDecision & { kind: 'ignore' } {
  return { kind: 'ignore', reason };
}

function defer(reason: string): Doubt {
  return { kind: 'defer', reason: `${reason} GitHub is asked where the branch is.` };
}
