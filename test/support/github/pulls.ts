import { takeExample } from './examples.ts';
import { renderPull } from './render.ts';
import { takeId } from './state.ts';
import type { PullRequest, Repository, User } from './state.ts';
import { nowIso } from './world.ts';
import type { World } from './world.ts';

export interface NewPull {
  readonly headRepository: Repository;
  readonly headRef: string;
  readonly baseRef: string;
  readonly title: string;
  readonly body: string | null;
  readonly isDraft: boolean;
  readonly user: User;
}

export function openPull(world: World, repository: Repository, opened: NewPull): PullRequest {
  const { headRepository, headRef, baseRef } = opened;
  const headSha = headRepository.git.tipOf(headRef);
  const baseSha = repository.git.tipOf(baseRef);
  if (headSha === undefined) throw new Error(`The head branch ${headRef} has no commit: push it first`);
  if (baseSha === undefined) throw new Error(`The base branch ${baseRef} has no commit: push it first`);
  const moment = nowIso(world);
  const pull: PullRequest = {
    ...opened,
    id: takeId(world.state),
    number: repository.nextNumber,
    repository,
    headSha,
    headOwner: headRepository.owner,
    baseSha,
    state: 'open',
    mergedSha: null,
    mergedAt: null,
    createdAt: moment,
    updatedAt: moment,
    closedAt: null,
  };
  repository.nextNumber += 1;
  repository.pulls.set(pull.number, pull);
  keepHead(pull);
  tellPull(world, pull, 'opened', opened.user);
  return pull;
}

/** `refs/pull/<n>/head` of the base: forks share its objects, as they do at GitHub. */
function keepHead({ repository, number, headSha }: PullRequest): void {
  repository.git.setRef(`refs/pull/${number}/head`, headSha);
}

interface Move {
  readonly before: string;
  readonly after: string;
}

export function synchronizePull(world: World, pull: PullRequest, move: Move, by: User): void {
  pull.headSha = move.after;
  keepHead(pull);
  tellPull(world, pull, 'synchronize', by, { ...move });
}

/** `merged` is the commit that brought it into the base. */
export function closePull(world: World, pull: PullRequest, by: User, merged?: string): void {
  pull.state = 'closed';
  pull.closedAt = nowIso(world);
  if (merged !== undefined) Object.assign(pull, { mergedSha: merged, mergedAt: pull.closedAt });
  tellPull(world, pull, 'closed', by);
}

/** Opened again, it has the commit that its branch has by now. */
export function reopenPull(world: World, pull: PullRequest, by: User): void {
  const tip = pull.headRepository?.git.tipOf(pull.headRef);
  if (tip === undefined) throw new Error(`Pull request ${pull.number} can't be reopened: its branch is gone`);
  Object.assign(pull, { state: 'open', closedAt: null, headSha: tip });
  keepHead(pull);
  tellPull(world, pull, 'reopened', by);
}

export function editPull(pull: PullRequest, { title, base }: { title?: string; base?: string }): void {
  pull.title = title ?? pull.title;
  if (base === undefined) return;
  const tip = pull.repository.git.tipOf(base);
  if (tip === undefined) throw new Error(`The base branch ${base} has no commit: push it first`);
  Object.assign(pull, { baseRef: base, baseSha: tip });
}

export function tellPull(
  world: World,
  pull: PullRequest,
  action: string,
  sender: User,
  more: Readonly<Record<string, unknown>> = {},
): void {
  pull.updatedAt = nowIso(world);
  const { repository, number } = pull;
  const payload = {
    // Everything that the example has and we say nothing of.
    ...withoutIdentity(takeExample('pull_request', action === 'edited' ? 'opened' : action)),
    action,
    number,
    pull_request: renderPull(pull, world.urls),
    ...more,
  };
  world.emit({ name: 'pull_request', payload, sender, repository });
}

function withoutIdentity(example: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { repository: _1, sender: _2, installation: _3, organization: _4, ...rest } = example;
  return rest;
}
