import type { Transaction } from '../../db/database.ts';
import { findBuiltHead, type PullRequestRow, savePullRequest } from '../../db/pull-requests.ts';
import type { PullRequestRecord, PullRequestUpdate } from '../../domain/github/decide-pull-request.ts';
import { isTrusted } from '../../domain/github/is-trusted.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import { blockFork, closeFork, serveFork } from './fork-deployments.ts';
import type { HeldPullRequest } from './held-pull-request.ts';
import { followBranch, removePullRequestHost } from './pull-request-host.ts';

/** The record as decisions read it. */
export async function recordOf(
  tx: Transaction,
  row: PullRequestRow | undefined,
): Promise<PullRequestRecord | undefined> {
  return row && { ...row, isBuilt: (await findBuiltHead(tx, row)) !== undefined };
}

/** Makes what was decided about a pull request true. Returns the deployments that changed, to be announced. */
export async function applyPullRequestUpdate(
  tx: Transaction,
  held: HeldPullRequest,
  update: PullRequestUpdate,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  await savePullRequest(tx, rowOf(held));
  // Who reports finds by itself what has to be said; this is when to look.
  if (update.editComment) await dependencies.jobs.send(tx, 'report-deployments', {});
  if (update.host === 'close') return close(tx, held, dependencies);
  if (!held.told.isOpen) return [];
  if (!update.isTrusted) return showFork(tx, held, update, dependencies);
  const changed = isForkNoMore(held) ? await closeFork(tx, held, dependencies) : [];
  if (update.build === 'by-push' || isOtherBranch(held)) await followBranch(tx, held, dependencies);
  return changed;
}

/** Also with the builds of a time when it was a fork's, or the host of one when it was its own. */
async function close(
  tx: Transaction,
  held: HeldPullRequest,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  const canceled = await closeFork(tx, held, dependencies);
  await removePullRequestHost(tx, held, branchOf(held), dependencies);
  return canceled;
}

async function showFork(
  tx: Transaction,
  held: HeldPullRequest,
  { build, host }: PullRequestUpdate,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  // What its own repository's branch has left there is none of a fork's.
  if (wasTrusted(held)) await removePullRequestHost(tx, held, branchOf(held), dependencies);
  if (build === 'block') return blockFork(tx, held, dependencies);
  if (host === 'open') await serveFork(tx, held, dependencies);
  return [];
}

/** That its host has followed until now. */
function branchOf(held: HeldPullRequest): string | undefined {
  return wasTrusted(held) ? held.recorded?.headRef : undefined;
}

function isOtherBranch({ recorded, told }: HeldPullRequest): boolean {
  return recorded !== undefined && recorded.headRef !== told.head.ref;
}

function isForkNoMore(held: HeldPullRequest): boolean {
  return held.recorded !== undefined && !wasTrusted(held);
}

function wasTrusted({ recorded, told }: HeldPullRequest): boolean {
  if (recorded === undefined) return false;
  const { headRepositoryId } = recorded;
  return isTrusted({ headRepositoryId, baseRepositoryId: told.base.repositoryId });
}

function rowOf({ project, recorded, told }: HeldPullRequest): Omit<PullRequestRow, 'generation'> {
  const { number, title, authorLogin, isDraft, isOpen, updatedAt, head, base } = told;
  const isSameHead = recorded?.headCommit === head.sha && recorded.baseRef === base.ref;
  return {
    projectId: project.id,
    number,
    title,
    authorLogin,
    headRepositoryId: head.repositoryId,
    headRef: head.ref,
    headCommit: head.sha,
    headSince: isSameHead ? recorded.headSince : updatedAt,
    baseRef: base.ref,
    isDraft,
    isOpen,
    updatedAt,
  };
}
