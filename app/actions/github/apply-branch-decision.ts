import { advanceLockedBranch, type BranchRow, keepPushedAt, noteBranchCommit } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import { type DeploymentRow, insertDeployment } from '../../db/deployments.ts';
import type { ProjectRow } from '../../db/projects.ts';
import type { PushDecision } from '../../domain/github/decide-push.ts';
import type { Requester } from '../../domain/words.ts';
import type { DeployDependencies } from '../deploy.ts';
import type { EndAttemptDependencies } from '../end-attempt.ts';
import { newDeployment, writeRequest } from '../write-request.ts';
import { forgetBranch } from './forget-branch.ts';
import { holdForPaths } from './hold-for-paths.ts';

export interface ApplyDecisionDependencies extends DeployDependencies, EndAttemptDependencies {
  readonly db: DeployDependencies['db'];
  readonly hints: DeployDependencies['hints'];
}

/** A project and its branch, both held by the transaction. */
export interface HeldBranch {
  readonly project: ProjectRow;
  readonly branch: BranchRow;
  /** The newest push to it that was seen, with the one that is decided about. */
  readonly pushedAt: Date | null;
}

/** What is known of the commit beyond its name. */
export interface CommitWords {
  readonly requestedBy: Requester;
  /** The whole message; empty where nobody said it. */
  readonly message: string;
}

/** Makes a decision about a branch true. Returns the deployments that changed, to be announced after the commit. */
export async function applyBranchDecision(
  tx: Transaction,
  held: HeldBranch,
  decision: PushDecision,
  words: CommitWords,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  const { project, branch, pushedAt } = held;
  switch (decision.kind) {
    case 'deploy':
      return build(tx, held, decision, words, dependencies);
    case 'skip':
      return skip(tx, held, decision, words, dependencies);
    case 'forget-branch':
      await keepPushedAt(tx, branch, pushedAt);
      return forgetBranch(tx, project, branch, dependencies);
    case 'defer':
      await keepPushedAt(tx, branch, pushedAt);
      await dependencies.jobs.send(tx, 'sync-branch', { projectId: project.id, branch: branch.name });
      return [];
    case 'ignore':
      await keepPushedAt(tx, branch, pushedAt);
      return [];
  }
}

type Build = PushDecision & { readonly kind: 'deploy' };
type Skip = PushDecision & { readonly kind: 'skip' };

async function build(
  tx: Transaction,
  { project, branch, pushedAt }: HeldBranch,
  { commit }: Build,
  words: CommitWords,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  const heldUntil = await holdForPaths(tx, project, branch.name, new Date(dependencies.now()));
  const advanced = await advanceLockedBranch(tx, branch, { commit, pushedAt });
  const request = requestOf(project, branch.name, commit, words);
  const written = await writeRequest(
    tx,
    {
      ...request,
      branch: advanced,
      status: 'queued',
      attemptsLeft: dependencies.maxAttempts,
      cancelsRunning: project.cancelRunning,
      heldUntil,
    },
    dependencies,
  );
  await sendNext(tx, written.deployment, dependencies);
  return [written.deployment.id, ...written.superseded, ...written.canceled];
}

async function sendNext(
  tx: Transaction,
  { id: deploymentId, heldUntil }: DeploymentRow,
  { jobs }: ApplyDecisionDependencies,
): Promise<void> {
  if (heldUntil === null) await jobs.send(tx, 'schedule-builds', {});
  else await jobs.send(tx, 'filter-paths', { deploymentId });
}

/** A row for what is not built: reports have something to say, and people see why. */
async function skip(
  tx: Transaction,
  { project, branch, pushedAt }: HeldBranch,
  { commit, reason }: Skip,
  words: CommitWords,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  await noteBranchCommit(tx, branch, { commit, pushedAt });
  const at = new Date(dependencies.now());
  const request = requestOf(project, branch.name, commit, words);
  const row = newDeployment(
    { ...request, branch: undefined, status: 'skipped', attemptsLeft: 0 },
    at,
    dependencies,
  );
  await dependencies.jobs.send(tx, 'report-deployments', {});
  const { id } = await insertDeployment(tx, { ...row, message: reason, finishedAt: at });
  return [id];
}

function requestOf(project: ProjectRow, branch: string, commit: string, words: CommitWords) {
  return {
    project,
    ref: { kind: 'branch', name: branch, commit },
    settings: project.settings,
    source: 'git',
    requestedBy: words.requestedBy,
    commitSubject: subjectOf(words.message),
  } as const;
}

/** As the checkout will say it. */
const MAX_SUBJECT_LENGTH = 500;

function subjectOf(message: string): string | null {
  const [line = ''] = message.trimStart().split('\n', 1);
  return line.trim().slice(0, MAX_SUBJECT_LENGTH) || null;
}
