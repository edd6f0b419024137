import { pointerKey } from '../../contracts/storage-keys.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { type AliasChanges, changeAlias } from '../db/aliases.ts';
import type { Database, Transaction } from '../db/database.ts';
import { lockDeployment } from '../db/deployments.ts';
import type { ProjectRow } from '../db/projects.ts';
import { removeOldGithubDeliveries } from '../db/github-deliveries.ts';
import {
  deleteAliases,
  deleteDeployment,
  listBuriedAliases,
  listGoneBranches,
  listKeptDeployments,
  listLiveIds,
  listProjectsFrom,
  lockAliasesNaming,
  lockAliasesOfGoneBranches,
} from '../db/retention.ts';
import { deleteOldDeliveries } from '../db/webhook-deliveries.ts';
import { planRetention } from '../domain/plan-retention.ts';
import { isFinal } from '../domain/transition.ts';
import type { JobSender } from '../jobs/queue.ts';
import { collectBlobs } from './collect-blobs.ts';

export interface CollectGarbageDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  readonly storage: Pick<BlobStore, 'read' | 'list' | 'remove'>;
  readonly now: () => number;
  /** What projects may override. */
  readonly keepPerBranch: number;
  readonly previewDays: number;
  /** How long what nothing names is kept: longer than any publish takes. */
  readonly blobGraceMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const PROJECTS_AT_ONCE = 100;
const BURIED_AT_ONCE = 500;
const DELIVERY_DAYS = 30;
const DELIVERIES_PER_WEBHOOK = 1000;
const DELIVERIES_AT_ONCE = 5000;
/** Each has its body with it, of up to a megabyte. */
const GITHUB_DELIVERIES_AT_ONCE = 500;

/**
 * Removes what retention says: old deployments with their hosts and logs, then the manifests and blobs that nothing
 * names any more. Safe beside publishing, promotions and another run of itself, and after a crash anywhere. A project
 * that fails does not keep the others from being looked at; what was wrong with all of them is thrown at the end.
 */
export async function collectGarbage(
  dependencies: CollectGarbageDependencies,
  signal: AbortSignal,
): Promise<void> {
  const errors: unknown[] = [];
  for await (const project of eachProject(dependencies.db)) {
    if (signal.aborted) break;
    await collectProject(project, dependencies).catch((error: unknown) => errors.push(error));
  }
  await collectDeliveries(dependencies, signal).catch((error: unknown) => errors.push(error));
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, summarize(errors));
}

async function* eachProject(db: Database): AsyncGenerator<ProjectRow> {
  let last = '';
  for (;;) {
    const projects = await listProjectsFrom(db, last, PROJECTS_AT_ONCE);
    yield* projects;
    last = projects.at(-1)?.id ?? last;
    if (projects.length < PROJECTS_AT_ONCE) return;
  }
}

/** What webhooks were told long ago, what is beyond the newest of each, and what GitHub sent long ago. */
async function collectDeliveries(
  { db, now }: CollectGarbageDependencies,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(now() - DELIVERY_DAYS * DAY_MS);
  let removed = DELIVERIES_AT_ONCE;
  while (removed === DELIVERIES_AT_ONCE && !signal.aborted) {
    removed = await deleteOldDeliveries(db, before, DELIVERIES_PER_WEBHOOK, DELIVERIES_AT_ONCE);
  }
  removed = GITHUB_DELIVERIES_AT_ONCE;
  while (removed === GITHUB_DELIVERIES_AT_ONCE && !signal.aborted) {
    removed = await removeOldGithubDeliveries(db, before, GITHUB_DELIVERIES_AT_ONCE);
  }
}

function summarize(errors: readonly unknown[]): string {
  const [first] = errors;
  return `${errors.length} projects could not be collected; the first: ${first instanceof Error ? first.message : String(first)}`;
}

async function collectProject(project: ProjectRow, dependencies: CollectGarbageDependencies): Promise<void> {
  const { db } = dependencies;
  const bounds = {
    keepPerBranch: project.keepPerBranch ?? dependencies.keepPerBranch,
    previewMs: (project.previewDays ?? dependencies.previewDays) * DAY_MS,
    now: dependencies.now(),
  };
  await retireHosts(project.id, new Date(bounds.now - bounds.previewMs), dependencies);
  const planned = planRetention({
    ...bounds,
    deployments: await listKeptDeployments(db, project.id),
    goneBranches: await listGoneBranches(db, project.id),
    liveIds: await listLiveIds(db, project.id),
  });
  for (const id of planned) await removeDeployment(id, dependencies);
  await bury(project.id, dependencies);
  // For the next run: a repository may take its time to answer, or never do. GitHub tells of its own branches by webhook,
  // and a deletion that is noticed here first would pass there for one that is known.
  if (project.gitUrl !== null && project.repositoryId === null)
    await dependencies.jobs.send(db, 'sync-branches', { projectId: project.id });
  await collectBlobs(project.id, dependencies);
}

/** The hosts of branches that are gone long enough stop being served, and keep their deployments no longer. */
async function retireHosts(
  projectId: string,
  before: Date,
  { db, jobs, now }: CollectGarbageDependencies,
): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await lockAliasesOfGoneBranches(tx, projectId, before);
    for (const { label } of rows) await changeAlias(tx, label, GONE, new Date(now()));
    const labels = rows.map(({ label }) => label);
    if (labels.length > 0) await jobs.send(tx, 'project-aliases', { labels });
  });
}

const GONE: AliasChanges = { state: 'gone', deploymentId: null, manifest: null, reason: null, recent: [] };

/** Looks again under lock: it may have been promoted or pinned since the plan was made. */
async function removeDeployment(id: string, { db, jobs, now }: CollectGarbageDependencies): Promise<void> {
  await db.transaction(async (tx) => {
    const deployment = await lockDeployment(tx, id);
    if (deployment === undefined || deployment.pinned || !isFinal(deployment.status)) return;
    const labels = await leaveHosts(tx, deployment, new Date(now()));
    if (labels === undefined) return;
    await deleteDeployment(tx, id);
    if (labels.length > 0) await jobs.send(tx, 'project-aliases', { labels });
    await jobs.send(tx, 'remove-logs', { deploymentIds: [id] });
  });
}

/** Takes a deployment from the hosts that name it; undefined when one other than its own serves it. */
async function leaveHosts(
  tx: Transaction,
  { id, projectId }: { readonly id: string; readonly projectId: string },
  at: Date,
): Promise<string[] | undefined> {
  const rows = await lockAliasesNaming(tx, projectId, id);
  const isLive = rows.some(
    (row) => row.kind !== 'deployment' && row.state === 'live' && row.deploymentId === id,
  );
  if (isLive) return undefined;
  for (const row of rows) {
    const recent = row.recent.filter((served) => served.deploymentId !== id);
    await changeAlias(tx, row.label, row.deploymentId === id ? { ...GONE, recent } : { recent }, at);
  }
  return rows.map((row) => row.label);
}

/** Pointers of removed deployments said `gone` for a while: now they are removed, and their rows. */
async function bury(projectId: string, dependencies: CollectGarbageDependencies): Promise<void> {
  const { db, storage, now, blobGraceMs } = dependencies;
  const rows = await listBuriedAliases(db, projectId, new Date(now() - blobGraceMs), BURIED_AT_ONCE);
  const labels = rows.map(({ label }) => label);
  if (labels.length === 0) return;
  await storage.remove(labels.map(pointerKey));
  await deleteAliases(db, labels);
}
