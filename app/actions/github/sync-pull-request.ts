import type { Transaction } from '../../db/database.ts';
import {
  findRepository,
  listProjectsOfRepository,
  type RepositoryRow,
} from '../../db/github-repositories.ts';
import { type ProjectRow, shareProject } from '../../db/projects.ts';
import { findPullRequest, lockPullRequest, type PullRequestRow } from '../../db/pull-requests.ts';
import { decidePullRequestState } from '../../domain/github/decide-pull-request.ts';
import type { JobPayload } from '../../jobs/queue.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import { orComeAgain } from './ask-github.ts';
import { applyPullRequestUpdate, recordOf } from './apply-pull-request.ts';
import type { ToldPullRequest } from './held-pull-request.ts';

/** Asks GitHub for a pull request; throws while it can't be asked. */
export type ReadPullRequest = (
  repository: RepositoryRow,
  number: number,
) => Promise<ToldPullRequest | 'gone'>;

export interface SyncPullRequestDependencies extends ApplyDecisionDependencies {
  readonly readPullRequest: ReadPullRequest;
}

type PullRequestName = JobPayload<'sync-pull-request'>;

/** Each try that fails means that a webhook of it was recorded while GitHub was asked. */
const MAX_TRIES = 5;

/**
 * Asks GitHub what a pull request is, and makes it so here for each project of its repository: what webhooks alone could
 * not tell. An answer that was overtaken by a webhook is not used, since it may be older.
 */
export async function syncPullRequest(
  name: PullRequestName,
  dependencies: SyncPullRequestDependencies,
): Promise<void> {
  const job = { name: 'sync-pull-request', payload: name } as const;
  await orComeAgain(job, dependencies, () => askForPullRequest(name, dependencies));
}

/** The same, for who waits for it. Throws GithubCallFailed. */
export async function askForPullRequest(
  name: PullRequestName,
  dependencies: SyncPullRequestDependencies,
): Promise<void> {
  const { db } = dependencies;
  const repository = await findRepository(db, name.repositoryId);
  if (repository === undefined || repository.removedAt !== null) return;
  for (const project of await listProjectsOfRepository(db, repository.id)) {
    await syncForProject(repository, project, name.number, dependencies);
  }
}

async function syncForProject(
  repository: RepositoryRow,
  project: ProjectRow,
  number: number,
  dependencies: SyncPullRequestDependencies,
): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    if (await syncOnce(repository, project, number, dependencies)) return;
  }
  throw new Error(`the pull request changed ${MAX_TRIES} times while GitHub was asked what it is`);
}

/** False when the record changed meanwhile. */
async function syncOnce(
  repository: RepositoryRow,
  { id: projectId }: ProjectRow,
  number: number,
  dependencies: SyncPullRequestDependencies,
): Promise<boolean> {
  const { db, hints } = dependencies;
  const seen = await findPullRequest(db, { projectId, number });
  const told = await dependencies.readPullRequest(repository, number);
  if (told === 'gone') return true;
  const changed = await db.transaction((tx) => apply(tx, { projectId, seen, told }, dependencies));
  for (const id of changed ?? []) hints.publish(id);
  return changed !== undefined;
}

interface Answer {
  readonly projectId: string;
  /** As it was recorded when GitHub was asked. */
  readonly seen: PullRequestRow | undefined;
  readonly told: ToldPullRequest;
}

async function apply(
  tx: Transaction,
  { projectId, seen, told }: Answer,
  dependencies: SyncPullRequestDependencies,
): Promise<readonly string[] | undefined> {
  const project = await shareProject(tx, projectId);
  if (project === undefined || project.deletedAt !== null) return [];
  const recorded = await lockPullRequest(tx, { projectId, number: told.number });
  if (!isSame(recorded, seen)) return undefined;
  const decision = decidePullRequestState(told, await recordOf(tx, recorded));
  if (decision.kind === 'ignore') return [];
  return applyPullRequestUpdate(tx, { project, recorded, told, senderLogin: null }, decision, dependencies);
}

/** Whether it was told of again since it was looked at. */
function isSame(now: PullRequestRow | undefined, seen: PullRequestRow | undefined): boolean {
  return JSON.stringify(now) === JSON.stringify(seen);
}
