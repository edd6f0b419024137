import type { Transaction } from '../../db/database.ts';
import { shareProjectsOfRepository } from '../../db/github-repositories.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { lockPullRequest } from '../../db/pull-requests.ts';
import { decidePullRequest, type PullRequestDecision } from '../../domain/github/decide-pull-request.ts';
import type { PullRequestWebhook } from '../../domain/github/parse-webhook.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import { applyPullRequestUpdate, recordOf } from './apply-pull-request.ts';
import { ensureProjects, noteRepository } from './projects-of-repository.ts';
import { type Decided, type Received, summarize } from './receive-push.ts';

/** Something happened to a pull request: what follows from it for each project of the repository. */
export async function receivePullRequest(
  tx: Transaction,
  webhook: PullRequestWebhook,
  dependencies: ApplyDecisionDependencies,
): Promise<Received> {
  await noteRepository(tx, webhook.installationId, webhook.repository);
  const decided: Decided<PullRequestDecision>[] = [];
  for (const project of await findProjects(tx, webhook, dependencies)) {
    decided.push({ project, ...(await decideForProject(tx, webhook, project, dependencies)) });
  }
  if (decided.length === 0) return { outcome: 'ignored', reason: NO_PROJECT, changed: [] };
  return summarize(decided);
}

const NO_PROJECT = 'No project belongs to this repository.';

/** A pull request makes a project of its repository, as a push does; what is closed or only labelled makes none. */
async function findProjects(
  tx: Transaction,
  webhook: PullRequestWebhook,
  dependencies: ApplyDecisionDependencies,
): Promise<ProjectRow[]> {
  const isNews = webhook.isOpen && decidePullRequest(webhook, undefined).kind === 'update';
  if (isNews) return ensureProjects(tx, webhook.repository, dependencies);
  return shareProjectsOfRepository(tx, webhook.repository.id);
}

async function decideForProject(
  tx: Transaction,
  webhook: PullRequestWebhook,
  project: ProjectRow,
  dependencies: ApplyDecisionDependencies,
): Promise<Omit<Decided<PullRequestDecision>, 'project'>> {
  const { number, senderLogin } = webhook;
  const recorded = await lockPullRequest(tx, { projectId: project.id, number });
  const decision = decidePullRequest(webhook, await recordOf(tx, recorded));
  if (decision.kind === 'ignore') return { decision, changed: [] };
  if (decision.kind === 'defer') {
    const { id: repositoryId } = webhook.repository;
    await dependencies.jobs.send(tx, 'sync-pull-request', { repositoryId, number });
    return { decision, changed: [] };
  }
  const told = { project, recorded, told: webhook, senderLogin };
  return { decision, changed: await applyPullRequestUpdate(tx, told, decision, dependencies) };
}
