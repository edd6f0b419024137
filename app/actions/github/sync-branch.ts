import { branchSlugOf } from '../../../contracts/host.ts';
import { type BranchRow, findBranch, lockBranch } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import { findRepository, type RepositoryRow } from '../../db/github-repositories.ts';
import { findProject, shareProject } from '../../db/projects.ts';
import { type BranchHead, decideBranchHead } from '../../domain/github/decide-push.ts';
import { type ApplyDecisionDependencies, applyBranchDecision } from './apply-branch-decision.ts';
import { orComeAgain } from './ask-github.ts';

export interface SyncBranchDependencies extends ApplyDecisionDependencies {
  /** Asks GitHub where a branch is; throws while it can't be asked, and the job comes again. */
  readonly readBranchHead: (repository: RepositoryRow, branch: string) => Promise<BranchHead>;
}

interface BranchName {
  readonly projectId: string;
  readonly branch: string;
}

/** Each try that fails means that the branch was pushed to, and recorded, while GitHub was asked. */
const MAX_TRIES = 5;

/**
 * Asks GitHub where a branch is, and makes it so here: what a push alone could not tell. An answer that was overtaken by
 * a push is not used, since it may be older.
 */
export async function syncBranch(name: BranchName, dependencies: SyncBranchDependencies): Promise<void> {
  const repository = await findRepositoryOf(name.projectId, dependencies);
  if (repository === undefined) return;
  const job = { name: 'sync-branch', payload: name } as const;
  await orComeAgain(job, dependencies, () => syncUntilDone(repository, name, dependencies));
}

async function syncUntilDone(
  repository: RepositoryRow,
  name: BranchName,
  dependencies: SyncBranchDependencies,
): Promise<void> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    if (await syncOnce(repository, name, dependencies)) return;
  }
  throw new Error(`the branch moved ${MAX_TRIES} times while GitHub was asked where it is`);
}

/** Undefined where GitHub has nothing to say: another kind of project, or a repository out of the App's reach. */
async function findRepositoryOf(
  projectId: string,
  { db }: SyncBranchDependencies,
): Promise<RepositoryRow | undefined> {
  const project = await findProject(db, projectId);
  if (project === undefined || project.deletedAt !== null || project.repositoryId === null) return undefined;
  const repository = await findRepository(db, project.repositoryId);
  return repository?.removedAt === null ? repository : undefined;
}

/** False when the branch's record changed meanwhile. */
async function syncOnce(
  repository: RepositoryRow,
  { projectId, branch: name }: BranchName,
  dependencies: SyncBranchDependencies,
): Promise<boolean> {
  const { db, hints } = dependencies;
  const seen = await findBranch(db, projectId, name);
  const head = await dependencies.readBranchHead(repository, name);
  const changed = await db.transaction((tx) => apply(tx, { projectId, name, seen, head }, dependencies));
  for (const id of changed ?? []) hints.publish(id);
  return changed !== undefined;
}

interface Answer {
  readonly projectId: string;
  readonly name: string;
  /** As it was recorded when GitHub was asked. */
  readonly seen: BranchRow | undefined;
  readonly head: BranchHead;
}

async function apply(
  tx: Transaction,
  { projectId, name, seen, head }: Answer,
  dependencies: SyncBranchDependencies,
): Promise<readonly string[] | undefined> {
  const project = await shareProject(tx, projectId);
  if (project === undefined || project.deletedAt !== null) return [];
  const at = new Date(dependencies.now());
  const { branch, isNew } = await lockBranch(tx, { projectId, name, slug: branchSlugOf(name, project) }, at);
  if (isNew ? seen !== undefined : !isSame(branch, seen)) return undefined;
  const decision = decideBranchHead(name, head, project, isNew ? undefined : branch);
  const words = {
    requestedBy: { kind: 'push', login: null },
    message: head === 'gone' ? '' : head.message,
  } as const;
  return applyBranchDecision(
    tx,
    { project, branch, pushedAt: branch.pushedAt },
    decision,
    words,
    dependencies,
  );
}

/** Also when nothing but the time of a push has changed: it came after GitHub was asked, or while it was. */
function isSame(now: BranchRow, seen: BranchRow | undefined): boolean {
  return (
    seen !== undefined &&
    now.generation === seen.generation &&
    now.commit === seen.commit &&
    now.pushedAt?.getTime() === seen.pushedAt?.getTime()
  );
}
