import { createHash, randomBytes } from 'node:crypto';
import { branchSlugOf } from '../../contracts/host.ts';
import { formatManifest, type Manifest } from '../../contracts/manifest.ts';
import type { PhaseTiming } from '../../contracts/phases.ts';
import { manifestKey } from '../../contracts/storage-keys.ts';
import type { Database } from '../../app/db/database.ts';
import { type DeploymentRow, insertDeployment, type NewDeployment } from '../../app/db/deployments.ts';
import { insertProject, type ProjectRow } from '../../app/db/projects.ts';
import { aliases, attempts, branches } from '../../app/db/schema.ts';
import { aliasNamesOf, productionAliasOf } from '../../app/domain/deployment-urls.ts';
import type { AliasKind, AliasState, AttemptStatus } from '../../app/domain/words.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** Deployments in any state, written as rows: no builder has to be brought there first. */
export interface DeploymentStates {
  readonly project: ProjectRow;
  /** By default a ready one of main, asked for by the administrator, a minute after the one that was made before. */
  make(changes?: Partial<NewDeployment>): Promise<DeploymentRow>;
  /** Writes a manifest of files of these sizes (their content is a word, or follows from the size). */
  output(files: Record<string, number | readonly [content: string, sizeBytes: number]>): Promise<Output>;
  /** What hosts of a deployment (of its project: production) say from now on. */
  point(deployment: DeploymentRow, kinds: readonly AliasKind[], state?: AliasState): Promise<void>;
  attempt(deployment: DeploymentRow, number: number, status: AttemptStatus): Promise<void>;
}

type Output = Pick<NewDeployment, 'manifest' | 'fileCount' | 'outputBytes'>;

export interface StatesRoom {
  readonly db: Database;
  readonly storage: Pick<BlobStore, 'write'>;
}

/** Phases that begin at `startedAt` (epoch milliseconds) and take so many seconds each; null: it runs. */
export function phasesFrom(startedAt: number, ...seconds: (number | null)[]): PhaseTiming[] {
  let at = startedAt;
  return (['checkout', 'install', 'build', 'publish'] as const)
    .slice(0, seconds.length)
    .map((phase, index) => {
      const took = seconds[index] ?? null;
      const timing = { phase, startedAt: at, endedAt: took === null ? null : at + took * SECOND_MS };
      at = timing.endedAt ?? at;
      return timing;
    });
}

/** `start` is when the first deployment was asked for, in epoch milliseconds. */
export async function openDeploymentStates(
  { db, storage }: StatesRoom,
  start: number,
  changes: Partial<ProjectRow> = {},
): Promise<DeploymentStates> {
  const project = await insertProject(db, {
    id: randomId(),
    slug: `shop-${randomId().slice(0, 6)}`,
    name: 'Shop',
    gitUrl: 'https://github.com/acme/shop.git',
    productionBranch: 'main',
    settings: {},
    createdAt: new Date(start - MINUTE_MS),
    ...changes,
  });
  if (project === undefined) throw new Error('the project was not inserted');
  let made = 0;
  return {
    project,
    make(changes = {}) {
      made += 1;
      const createdAt = changes.createdAt ?? new Date(start + made * MINUTE_MS);
      return db.transaction((tx) => insertDeployment(tx, { ...readyOne(project, createdAt), ...changes }));
    },
    async output(files) {
      const manifest: Manifest = {
        version: 1,
        files: Object.fromEntries(Object.entries(files).map(describe)),
      };
      const body = formatManifest(manifest);
      const sha256 = sha256Of(body);
      await storage.write(manifestKey(project.id, sha256), Buffer.from(body), {
        contentType: 'application/json',
      });
      const sizes = Object.values(manifest.files).map(({ sizeBytes }) => sizeBytes);
      return {
        manifest: sha256,
        fileCount: sizes.length,
        outputBytes: sizes.reduce((sum, size) => sum + size, 0),
      };
    },
    async point(deployment, kinds, state = 'live') {
      const names = [...aliasNamesOf(deployment, project), productionAliasOf(project)];
      for (const kind of kinds) {
        const name = names.find((one) => one.kind === kind);
        if (name === undefined) throw new Error(`the deployment has no ${kind} host`);
        const { id: deploymentId, manifest, reason } = deployment;
        const says = { state, deploymentId, manifest, reason, changedAt: new Date(start) };
        await db
          .insert(aliases)
          .values({ ...name, projectId: project.id, recent: [], version: 1, ...says })
          .onConflictDoUpdate({ target: aliases.label, set: says });
      }
    },
    async attempt(deployment, number, status) {
      const isOpen = status === 'running' || status === 'launching';
      await db.insert(attempts).values({
        id: randomId(),
        deploymentId: deployment.id,
        number,
        status,
        tokenHash: randomId(),
        launcher: 'test',
        leaseExpiresAt: new Date(start),
        createdAt: new Date(start),
        endedAt: isOpen ? null : new Date(start),
      });
    },
  };
}

/** The branch of a deployment, as a request of it has written it. */
export async function insertBranch(
  db: Database,
  project: ProjectRow,
  deployment: DeploymentRow,
): Promise<void> {
  const { ref, commit } = deployment;
  await db.insert(branches).values({
    projectId: project.id,
    name: ref,
    slug: branchSlugOf(ref, project),
    generation: deployment.generation ?? 1,
    commit,
  });
}

function readyOne(project: ProjectRow, createdAt: Date): NewDeployment {
  const startedAt = createdAt.getTime() + 2 * SECOND_MS;
  const phases = phasesFrom(startedAt, 1.2, 8.4, 21, 2.25);
  return {
    id: randomId(),
    projectId: project.id,
    environment: 'production',
    refKind: 'branch',
    ref: 'main',
    commit: randomBytes(20).toString('hex'),
    commitSubject: 'Show prices with taxes',
    commitAuthor: 'Ada Lovelace',
    requestedBy: { kind: 'administrator' },
    status: 'ready',
    settings: {},
    attemptsLeft: 1,
    framework: 'vite',
    phases,
    createdAt,
    startedAt: new Date(startedAt),
    finishedAt: new Date(phases.at(-1)?.endedAt ?? startedAt),
  };
}

function describe([path, file]: [string, number | readonly [string, number]]) {
  const [content, sizeBytes] = typeof file === 'number' ? [String(file), file] : file;
  const contentType = path.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8';
  return [path, { sha256: sha256Of(content), sizeBytes, contentType, variants: {} }] as const;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function randomId(): string {
  return Array.from(randomBytes(20), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
