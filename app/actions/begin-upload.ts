import { branchSlugOf } from '../../contracts/host.ts';
import { isSafeRefName } from '../../git/list-remote.ts';
import { moveBranchByUpload } from '../db/branches.ts';
import type { Database, Transaction } from '../db/database.ts';
import type { DeploymentRow } from '../db/deployments.ts';
import { insertAttempt } from '../db/open-attempts.ts';
import { type ProjectRow, shareProject } from '../db/projects.ts';
import { attemptToken, hashToken } from '../domain/attempt-token.ts';
import { describeShortage, type DiskSpace } from '../domain/describe-shortage.ts';
import { UPLOAD_LAUNCHER } from '../domain/upload.ts';
import type { Requester } from '../domain/words.ts';
import type { LogHints } from '../logs/stores/log-store.ts';
import { writeRequest, type WriteRequestDependencies, type WrittenRequest } from './write-request.ts';

export interface UploadOrder {
  readonly projectId: string;
  /** Default: the production branch. */
  readonly branch?: string | undefined;
  /** For people: nobody checks that the folder was built of it. */
  readonly commit?: string | undefined;
  /** One line. */
  readonly message?: string | undefined;
  readonly requestedBy: Requester;
}

export interface BeginUploadDependencies extends WriteRequestDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly secretKey: Uint8Array;
  /** From the request to the uploader's claim. */
  readonly launchTimeoutMs: number;
  /** Of the disk that artifacts fill. */
  readonly readDisk: () => Promise<DiskSpace>;
  readonly minFreeDiskPercent: number;
}

export interface BegunUpload {
  readonly outcome: 'begun';
  readonly deployment: DeploymentRow;
  /** Proves the uploader: what a builder is launched with. It is worth nothing once somebody has claimed with it. */
  readonly token: string;
  /** Until when it must be claimed. */
  readonly claimBefore: Date;
}

export type BeginUploadResult =
  | BegunUpload
  | { readonly outcome: 'project_not_found' }
  | { readonly outcome: 'branch_invalid' | 'disk_full'; readonly message: string };

/**
 * Makes the deployment of a folder that somebody is about to upload, and opens its only attempt: he claims it with the
 * token and goes on as a builder does. Its branch moves as by a deploy request, but it neither waits for a builder nor
 * takes the place of one.
 */
export async function beginUpload(
  order: UploadOrder,
  dependencies: BeginUploadDependencies,
): Promise<BeginUploadResult> {
  const { branch } = order;
  if (branch !== undefined && !isSafeRefName(branch))
    return { outcome: 'branch_invalid', message: NO_BRANCH };
  const shortage = describeShortage(await dependencies.readDisk(), dependencies.minFreeDiskPercent, SHORTAGE);
  if (shortage !== undefined) return { outcome: 'disk_full', message: shortage };
  const begun = await dependencies.db.transaction((tx) => beginWithin(tx, order, dependencies));
  if (begun === undefined) return { outcome: 'project_not_found' };
  for (const id of [begun.deployment.id, ...begun.superseded]) dependencies.hints.publish(id);
  const { deployment, token, claimBefore } = begun;
  return { outcome: 'begun', deployment, token, claimBefore };
}

const NO_BRANCH = 'Git could not have a branch of this name.';
const SHORTAGE = { consequence: 'The upload was refused', what: 'uploads' };

async function beginWithin(tx: Transaction, order: UploadOrder, dependencies: BeginUploadDependencies) {
  const project = await shareProject(tx, order.projectId);
  if (project === undefined || project.deletedAt !== null) return undefined;
  const written = await writeUpload(tx, project, order, dependencies);
  return { ...written, ...(await openAttempt(tx, written.deployment, dependencies)) };
}

async function writeUpload(
  tx: Transaction,
  project: ProjectRow,
  order: UploadOrder,
  dependencies: BeginUploadDependencies,
): Promise<WrittenRequest> {
  const { branch: name = project.productionBranch, commit = null, message = null, requestedBy } = order;
  const slug = branchSlugOf(name, project);
  const branch = await moveBranchByUpload(tx, { projectId: project.id, name, slug });
  const request = {
    project,
    branch,
    ref: { kind: 'branch', name, commit },
    requestedBy,
    commitSubject: message,
    source: 'upload',
    // Its attempt is open from the beginning: it never waits in the queue, and there is no other one.
    status: 'launching',
    attemptsLeft: 0,
    settings: {},
  } as const;
  return writeRequest(tx, request, dependencies);
}

async function openAttempt(
  tx: Transaction,
  deployment: DeploymentRow,
  { now, randomId, secretKey, launchTimeoutMs }: BeginUploadDependencies,
): Promise<Pick<BegunUpload, 'token' | 'claimBefore'>> {
  const at = now();
  const id = randomId();
  const token = attemptToken(id, secretKey);
  const claimBefore = new Date(at + launchTimeoutMs);
  await insertAttempt(tx, {
    id,
    deploymentId: deployment.id,
    tokenHash: hashToken(token),
    launcher: UPLOAD_LAUNCHER,
    leaseExpiresAt: claimBefore,
    createdAt: new Date(at),
  });
  return { token, claimBefore };
}
