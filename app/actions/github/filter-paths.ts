import { settleWaitingAliases } from '../../db/aliases.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { type DeploymentRow, findDeployment, lockDeployment, moveDeployment } from '../../db/deployments.ts';
import { findRepository, type RepositoryRow } from '../../db/github-repositories.ts';
import { releaseDeployment } from '../../db/held-deployments.ts';
import { findProject } from '../../db/projects.ts';
import type { PathBase } from '../../domain/github/decide-path-base.ts';
import {
  configPathOf,
  decideByPaths,
  parsePathRules,
  type PathVerdict,
} from '../../domain/github/path-filters.ts';
import { type GithubResult, isPassing } from '../../domain/github-failure.ts';
import { compareFiles } from '../../github/client/compare-files.ts';
import { type PaceDependencies, paceRead } from '../../github/client/pace-writes.ts';
import { readFile } from '../../github/client/read-file.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';
import type { LogHints } from '../../logs/stores/log-store.ts';
import type { GithubConnection } from '../github-connection.ts';
import { tellOthers } from '../tell-others.ts';
import type { TellWebhooksDependencies } from '../tell-webhooks.ts';
import { findPathBase } from './hold-for-paths.ts';

export interface FilterPathsDependencies extends TellWebhooksDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
}

/** After a failure for which GitHub named no time. */
const RETRY_MS = 5000;

type HeldDeployment = DeploymentRow & { readonly commit: string; readonly heldUntil: Date };
type Judgement = PathVerdict | { readonly retryAt: number };

/**
 * Asks GitHub what a held deployment changes: it is skipped when that is nothing that its project's `paths` name, and
 * built otherwise. What can't be told is built. Safe to repeat; when nobody does it at all, the hold ends by itself.
 */
export async function filterPaths(
  deploymentId: string,
  dependencies: FilterPathsDependencies,
): Promise<void> {
  const deployment = await findDeployment(dependencies.db, deploymentId);
  if (deployment === undefined || !isHeld(deployment)) return;
  const judgement = await judge(deployment, dependencies);
  if ('retryAt' in judgement) return askAgain(deployment, judgement.retryAt, dependencies);
  return judgement.build
    ? release(deploymentId, dependencies)
    : skip(deploymentId, judgement.reason, dependencies);
}

function isHeld(deployment: DeploymentRow): deployment is HeldDeployment {
  return deployment.status === 'queued' && deployment.heldUntil !== null && deployment.commit !== null;
}

async function judge(
  deployment: HeldDeployment,
  { db, github, githubPace, now }: FilterPathsDependencies,
): Promise<Judgement> {
  const asked = await findQuestion(db, deployment);
  const connection = await github.read();
  if (asked === undefined || connection.state !== 'ready') return { build: true };
  const client = connection.clients.installation(asked.repository.installationId);
  const read = async () => readVerdict(client, asked, deployment, { now });
  const paced = await paceRead(asked.repository.installationId, read, githubPace);
  if (paced.outcome === 'wait') return { retryAt: paced.until };
  if (paced.result.ok) return paced.result.value;
  const { failure } = paced.result;
  return isPassing(failure) ? { retryAt: failure.retryAt ?? now() + RETRY_MS } : { build: true };
}

interface Question {
  readonly repository: RepositoryRow;
  readonly base: PathBase;
}

async function findQuestion(
  db: Database,
  { projectId, ref, settings }: HeldDeployment,
): Promise<Question | undefined> {
  const project = await findProject(db, projectId);
  if (project === undefined || project.repositoryId === null) return undefined;
  const repository = await findRepository(db, project.repositoryId);
  if (repository?.removedAt !== null) return undefined;
  const base = await findPathBase(db, project, ref, settings);
  return base && { repository, base };
}

async function readVerdict(
  client: Parameters<typeof readFile>[0],
  { repository, base }: Question,
  { commit, settings }: HeldDeployment,
  options: { readonly now: () => number },
): Promise<GithubResult<PathVerdict>> {
  const place = placeOfRepository(repository.fullName);
  const path = configPathOf(settings.rootDirectory);
  const config = await readFile(client, place, { path, commit }, options);
  if (!config.ok) return config;
  const rules = config.value === undefined ? undefined : parsePathRules(config.value, path);
  if (rules === undefined) return { ok: true, value: { build: true } };
  const since = base.isOfOtherBranch ? 'parting' : 'base';
  const compared = await compareFiles(client, place, { base: base.commit, head: commit, since }, options);
  if (!compared.ok) return compared;
  const { value: changed } = compared;
  const files = changed.state === 'known' ? changed.paths : 'unknown';
  return { ok: true, value: decideByPaths(files, rules) };
}

/** A job of its own, not a retry of the queue's: that GitHub is away is nothing that our log must report. */
async function askAgain(
  { id, heldUntil }: HeldDeployment,
  retryAt: number,
  dependencies: FilterPathsDependencies,
): Promise<void> {
  if (retryAt >= heldUntil.getTime()) return release(id, dependencies);
  const { db, jobs, now } = dependencies;
  const startAfter = Math.max(1, Math.ceil((retryAt - now()) / 1000));
  await jobs.send(db, 'filter-paths', { deploymentId: id }, { startAfter });
}

async function release(id: string, { db, jobs }: FilterPathsDependencies): Promise<void> {
  await db.transaction(async (tx) => {
    if (await releaseDeployment(tx, id)) await jobs.send(tx, 'schedule-builds', {});
  });
}

async function skip(id: string, reason: string, dependencies: FilterPathsDependencies): Promise<void> {
  const { db, hints } = dependencies;
  const isSkipped = await db.transaction((tx) => skipWithin(tx, id, reason, dependencies));
  if (isSkipped) hints.publish(id);
}

/** False when it was superseded, canceled or launched while GitHub was asked. */
async function skipWithin(
  tx: Transaction,
  id: string,
  message: string,
  dependencies: FilterPathsDependencies,
): Promise<boolean> {
  const locked = await lockDeployment(tx, id);
  if (locked === undefined || !isHeld(locked)) return false;
  const at = new Date(dependencies.now());
  const skipped = await moveDeployment(tx, id, 'skip', at, { message, heldUntil: null });
  if (skipped === undefined) return false;
  const labels = await settleWaitingAliases(tx, [id], { state: 'gone' }, at);
  if (labels.length > 0) await dependencies.jobs.send(tx, 'project-aliases', { labels });
  await tellOthers(tx, skipped, dependencies);
  return true;
}
