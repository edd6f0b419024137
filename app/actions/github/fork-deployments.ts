import { changeAlias, lockAliases } from '../../db/aliases.ts';
import type { Transaction } from '../../db/database.ts';
import { listUnfinishedOf } from '../../db/deployments.ts';
import { advancePullRequest, findBuiltHead, findPullRequest } from '../../db/pull-requests.ts';
import { pullRequestAliasOf } from '../../domain/deployment-urls.ts';
import { cancelWithin } from '../cancel.ts';
import { tellOthers } from '../tell-others.ts';
import { writeRequest } from '../write-request.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import type { HeldPullRequest } from './held-pull-request.ts';

/** A deployment of a fork's commit that waits for approval, in place of those that wait. Returns what changed. */
export async function blockFork(
  tx: Transaction,
  { project, told, senderLogin }: HeldPullRequest,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  const { number, head, base } = told;
  const generation = await advancePullRequest(tx, { projectId: project.id, number });
  const written = await writeRequest(
    tx,
    {
      project,
      ref: { kind: 'pull-request', name: String(number), commit: head.sha },
      branch: { generation },
      baseRef: base.ref,
      settings: project.settings,
      source: 'git',
      requestedBy: { kind: 'push', login: senderLogin },
      status: 'blocked',
      attemptsLeft: dependencies.maxAttempts,
    },
    dependencies,
  );
  await tellOthers(tx, written.deployment, dependencies);
  return [written.deployment.id, ...written.superseded];
}

/** A fork's pull request is open again at a commit that was approved and built before. */
export async function serveFork(
  tx: Transaction,
  { project, told }: HeldPullRequest,
  { jobs, now }: ApplyDecisionDependencies,
): Promise<void> {
  const key = { projectId: project.id, number: told.number };
  await advancePullRequest(tx, key);
  const row = await findPullRequest(tx, key);
  const built = row && (await findBuiltHead(tx, row));
  if (built === undefined) return;
  const at = new Date(now());
  const name = pullRequestAliasOf(project, told.number);
  await lockAliases(tx, project.id, [name], at);
  const served = { state: 'live', deploymentId: built.id, manifest: built.manifest, reason: null } as const;
  await changeAlias(tx, name.label, { ...served, recent: [] }, at);
  await jobs.send(tx, 'project-aliases', { labels: [name.label] });
}

/** A fork's pull request is closed: nothing of it is built any more. Returns the deployments that were canceled. */
export async function closeFork(
  tx: Transaction,
  { project, told }: HeldPullRequest,
  dependencies: ApplyDecisionDependencies,
): Promise<readonly string[]> {
  const { number } = told;
  await advancePullRequest(tx, { projectId: project.id, number });
  const of = { projectId: project.id, refKind: 'pull-request', ref: String(number) } as const;
  const unfinished = await listUnfinishedOf(tx, of);
  for (const id of unfinished) await cancelWithin(tx, id, dependencies);
  return unfinished;
}
