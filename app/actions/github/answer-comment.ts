import { advanceLivingBranch, lockKnownBranch } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import { decideGithubDelivery, lockGithubDelivery } from '../../db/github-deliveries.ts';
import {
  findRepository,
  listProjectsOfRepository,
  type RepositoryRow,
} from '../../db/github-repositories.ts';
import { type ProjectRow, shareProject } from '../../db/projects.ts';
import { lockPullRequest, type PullRequestRow, sayOfBlocked } from '../../db/pull-requests.ts';
import {
  type Caller,
  decideApproval,
  mayDeploy,
  type Permission,
} from '../../domain/github/decide-approval.ts';
import { isTrusted } from '../../domain/github/is-trusted.ts';
import type { JobPayload } from '../../jobs/queue.ts';
import { writeRequest } from '../write-request.ts';
import { type DeployForkDependencies, deployForkWithin } from './deploy-fork.ts';
import { orComeAgain } from './ask-github.ts';
import { askForPullRequest, type SyncPullRequestDependencies } from './sync-pull-request.ts';

export interface AnswerCommentDependencies extends SyncPullRequestDependencies, DeployForkDependencies {
  /** Asks GitHub what somebody may do with a repository; throws while it can't be asked. */
  readonly readPermission: (repository: RepositoryRow, login: string) => Promise<Permission>;
}

type Asked = JobPayload<'answer-comment'>;
type Answer = { readonly ok: boolean; readonly reason: string; readonly changed: readonly string[] };

/**
 * Does what somebody has asked for in a comment, if they may: GitHub is asked for both, what they may do, and the pull
 * request as it is now. What came of it stands in the list of deliveries, and the commit's status tells the rest.
 */
export async function answerComment(asked: Asked, dependencies: AnswerCommentDependencies): Promise<void> {
  const job = { name: 'answer-comment', payload: asked } as const;
  await orComeAgain(job, dependencies, () => answer(asked, dependencies));
}

async function answer(asked: Asked, dependencies: AnswerCommentDependencies): Promise<void> {
  const { db, hints } = dependencies;
  const repository = await findRepository(db, asked.repositoryId);
  if (repository === undefined || repository.removedAt !== null) return;
  const permission = await dependencies.readPermission(repository, asked.login);
  // Strangers write what they like: what they may not do costs no more calls.
  if (mayDeploy(permission))
    await askForPullRequest({ repositoryId: repository.id, number: asked.number }, dependencies);
  const caller = { kind: 'github-user', login: asked.login, permission } as const;
  const answers = await db.transaction((tx) => answerWithin(tx, asked, caller, dependencies));
  for (const id of answers.flatMap(({ changed }) => changed)) hints.publish(id);
}

async function answerWithin(
  tx: Transaction,
  asked: Asked,
  caller: GithubUser,
  dependencies: AnswerCommentDependencies,
): Promise<readonly Answer[]> {
  // A job may run twice: what it has answered stays answered.
  const delivery = await lockGithubDelivery(tx, asked.guid);
  if (delivery !== undefined && delivery.outcome !== 'deferred') return [];
  const answers: Answer[] = [];
  for (const { id } of await listProjectsOfRepository(tx, asked.repositoryId)) {
    const project = await shareProject(tx, id);
    if (project === undefined || project.deletedAt !== null) continue;
    const answer = await answerForProject(tx, { project, asked, caller }, dependencies);
    answers.push(answer);
  }
  const outcome = answers.some(({ ok }) => ok) ? 'handled' : 'ignored';
  const reason = [...new Set(answers.map((answer) => answer.reason))].join(' ') || 'There is no project.';
  await decideGithubDelivery(tx, asked.guid, { outcome, reason });
  return answers;
}

type GithubUser = Caller & { readonly kind: 'github-user' };
interface Question {
  readonly project: ProjectRow;
  readonly asked: Asked;
  readonly caller: GithubUser;
}

async function answerForProject(
  tx: Transaction,
  question: Question,
  dependencies: AnswerCommentDependencies,
): Promise<Answer> {
  const { project, asked } = question;
  const row = await lockPullRequest(tx, { projectId: project.id, number: asked.number });
  if (row === undefined) return refuse(`#${asked.number} is not known here.`);
  const baseRepositoryId = project.repositoryId ?? -1;
  const isOwn = isTrusted({ headRepositoryId: row.headRepositoryId, baseRepositoryId });
  return (isOwn ? answerForOwn : answerForFork)(tx, question, row, dependencies);
}

async function answerForFork(
  tx: Transaction,
  { project, asked, caller }: Question,
  { headCommit: commit }: PullRequestRow,
  dependencies: AnswerCommentDependencies,
): Promise<Answer> {
  const { number, login } = asked;
  const way = { kind: 'comment', createdAt: new Date(asked.createdAt) } as const;
  const requestedBy = { kind: 'github-user', login } as const;
  const order = { project, number, commit, caller, way, requestedBy };
  const result = await deployForkWithin(tx, order, dependencies);
  if (result.ok) {
    const reason = `${login} approved ${commit.slice(0, 7)} of #${number}.`;
    return { ok: true, reason, changed: [result.deployment.id, ...result.superseded] };
  }
  // Whoever may not deploy is not answered where all look: anybody can write comments.
  if (result.why === 'permission') return refuse(result.message);
  const key = { projectId: project.id, number, commit };
  const told = await sayOfBlocked(tx, key, `${login} wrote /deploy. ${result.message}`);
  await dependencies.jobs.send(tx, 'report-deployments', {});
  return { ...refuse(result.message), changed: told };
}

async function answerForOwn(
  tx: Transaction,
  { project, asked, caller }: Question,
  row: PullRequestRow,
  dependencies: AnswerCommentDependencies,
): Promise<Answer> {
  const way = { kind: 'comment', createdAt: new Date(asked.createdAt) } as const;
  const decision = decideApproval(caller, way, targetOf(project, row), dependencies);
  if (!decision.allowed) return refuse(decision.reason);
  return deployBranch(tx, { project, login: asked.login }, row, dependencies);
}

/** The commit that its branch has, once more; where the branch is not known to have it, GitHub is asked. */
async function deployBranch(
  tx: Transaction,
  { project, login }: { readonly project: ProjectRow; readonly login: string },
  { headRef, headCommit }: PullRequestRow,
  dependencies: AnswerCommentDependencies,
): Promise<Answer> {
  const { jobs, maxAttempts: attemptsLeft } = dependencies;
  const branch = await lockKnownBranch(tx, project.id, headRef);
  if (branch?.commit !== headCommit || branch.deletedAt !== null) {
    await jobs.send(tx, 'sync-branch', { projectId: project.id, branch: headRef });
    return { ok: true, reason: `GitHub is asked where ${headRef} is, and it is built.`, changed: [] };
  }
  const request = {
    project,
    ref: { kind: 'branch', name: headRef, commit: headCommit },
    branch: await advanceLivingBranch(tx, project.id, headRef),
    settings: project.settings,
    source: 'git',
    requestedBy: { kind: 'github-user', login },
  } as const;
  const written = await writeRequest(tx, { ...request, status: 'queued', attemptsLeft }, dependencies);
  await jobs.send(tx, 'schedule-builds', {});
  await jobs.send(tx, 'report-deployments', {});
  const reason = `${login} asked for ${headCommit.slice(0, 7)} of ${headRef} again.`;
  return { ok: true, reason, changed: [written.deployment.id, ...written.superseded] };
}

function targetOf(project: ProjectRow, row: PullRequestRow) {
  const { headRepositoryId, isOpen, isDraft, headCommit, headSince, updatedAt } = row;
  return {
    kind: 'pull-request',
    headRepositoryId,
    baseRepositoryId: project.repositoryId ?? -1,
    isOpen,
    isDraft,
    commit: headCommit,
    headCommit,
    status: null,
    knownSince: headSince ?? updatedAt,
  } as const;
}

function refuse(reason: string): Answer {
  return { ok: false, reason, changed: [] };
}
