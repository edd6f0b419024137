import { pointerKey, projectPrefix } from '../../contracts/storage-keys.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Launcher } from '../builds/launchers/launcher.ts';
import { type AliasChanges, changeAlias } from '../db/aliases.ts';
import type { Database } from '../db/database.ts';
import { listUnfinishedOfProject } from '../db/deployment-listing.ts';
import { lockDeployment, moveDeployment } from '../db/deployments.ts';
import { findOpenAttempt } from '../db/open-attempts.ts';
import { findProject } from '../db/projects.ts';
import { deleteProjectRows, listDeploymentIds, lockProjectAliases } from '../db/removed-projects.ts';
import type { LogStore } from '../logs/stores/log-store.ts';
import { type EndAttemptDependencies, interruptAttempt } from './end-attempt.ts';
import { projectAliases, type ProjectAliasDependencies } from './project-alias.ts';

export interface RemoveProjectDependencies extends EndAttemptDependencies {
  readonly db: Database;
  readonly storage: ProjectAliasDependencies['storage'] & Pick<BlobStore, 'list' | 'remove'>;
  readonly logs: Pick<LogStore, 'append' | 'remove'>;
  readonly launcher: Pick<Launcher, 'stop'>;
}

const DETAIL = 'The project was deleted.';
const OBJECTS_AT_ONCE = 500;
const LOGS_AT_ONCE = 500;

/**
 * Removes a project whose deletion has begun: builds, hosts, artifacts, logs and, last, its row; until then every
 * step can be repeated. Nothing new begins meanwhile: whatever would looks at the project under a lock first.
 */
export async function removeProject(
  projectId: string,
  dependencies: RemoveProjectDependencies,
): Promise<void> {
  const { db, storage, logs } = dependencies;
  const project = await findProject(db, projectId);
  if (project === undefined || project.deletedAt === null) return;
  for (const id of await listUnfinishedOfProject(db, projectId)) await endDeployment(id, dependencies);
  const labels = await closeHosts(projectId, dependencies);
  await removeObjects(projectId, storage);
  const deploymentIds = await listDeploymentIds(db, projectId);
  for (let from = 0; from < deploymentIds.length; from += LOGS_AT_ONCE) {
    await logs.remove(deploymentIds.slice(from, from + LOGS_AT_ONCE));
  }
  await storage.remove(labels.map(pointerKey));
  await db.transaction((tx) => deleteProjectRows(tx, projectId));
}

async function endDeployment(id: string, dependencies: RemoveProjectDependencies): Promise<void> {
  const { db, launcher, now } = dependencies;
  const attempt = await findOpenAttempt(db, id);
  if (attempt !== undefined) {
    if (attempt.handle !== null) await launcher.stop(attempt.handle, 'kill');
    await interruptAttempt(attempt, 'canceled', DETAIL, dependencies);
    return;
  }
  await db.transaction(async (tx) => {
    await lockDeployment(tx, id);
    await moveDeployment(tx, id, 'cancel', new Date(now()), { message: DETAIL });
  });
}

/** Every host of the project says `gone` before what it served is taken away. */
async function closeHosts(projectId: string, dependencies: RemoveProjectDependencies): Promise<string[]> {
  const { db, now } = dependencies;
  const labels = await db.transaction(async (tx) => {
    const rows = await lockProjectAliases(tx, projectId);
    const gone: AliasChanges = { state: 'gone', deploymentId: null, manifest: null, recent: [] };
    for (const { label } of rows) await changeAlias(tx, label, gone, new Date(now()));
    return rows.map(({ label }) => label);
  });
  await projectAliases(labels, dependencies);
  return labels;
}

async function removeObjects(projectId: string, storage: Pick<BlobStore, 'list' | 'remove'>): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of storage.list(projectPrefix(projectId))) {
    keys.push(key);
    if (keys.length < OBJECTS_AT_ONCE) continue;
    await storage.remove(keys);
    keys = [];
  }
  await storage.remove(keys);
}
