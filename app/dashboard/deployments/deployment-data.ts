import type { FailureReason, PhaseTiming } from '../../../contracts/phases.ts';
import { type SiteDomain, siteUrl } from '../../../contracts/site-domain.ts';
import { StorageError } from '../../../storage/blob-store.ts';
import { listAliasesOf } from '../../db/alias-listing.ts';
import type { AliasRow } from '../../db/aliases.ts';
import { findBranch } from '../../db/branches.ts';
import type { Database } from '../../db/database.ts';
import type { ListedDeployment } from '../../db/deployment-listing.ts';
import { type DeploymentRow, findDeployment } from '../../db/deployments.ts';
import { findEarlierOutput } from '../../db/earlier-output.ts';
import { findCommentProblem } from '../../db/github-comments.ts';
import { readLogProgress } from '../../db/log-progress.ts';
import { listPullRequestsOfBranch } from '../../db/pull-requests.ts';
import { type QueuePlace, readQueuePlace } from '../../db/queue-place.ts';
import { commitUrl } from '../../domain/commit-url.ts';
import { type AliasName, aliasNamesOf, productionAliasOf } from '../../domain/deployment-urls.ts';
import type { AliasKind, AliasState, AttemptStatus, Environment } from '../../domain/words.ts';
import type { Outputs, OutputSummary } from './outputs.ts';
import { type DeploymentLine, deploymentLineOf } from '../parts/deployment-row.ts';

export interface DeploymentDataDependencies {
  readonly db: Database;
  readonly outputs: Outputs;
  readonly mayDeploy: boolean;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
  readonly hasSandbox: boolean;
}

/** A host that the deployment may come to be served at, or production's, and what it says now. */
export interface HostData {
  readonly kind: AliasKind;
  readonly url: string;
  readonly state: AliasState;
  readonly deploymentId: string | null;
  /** The deployment that it names, unless that is this one. */
  readonly other: DeploymentLine | null;
}

export interface OutputData {
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** Null while storage can't be read. */
  readonly summary: OutputSummary | null;
  /** What it is compared with: the one before it on the same branch. */
  readonly earlier: DeploymentLine | null;
}

/** Of each thing that GitHub shows of a deployment; null where nothing is wrong. */
export interface ReportProblems {
  readonly status: string | null;
  readonly deployment: string | null;
  /** Of its pull request. */
  readonly comment: string | null;
}

/** All that the page of a deployment shows, as JSON can say it. Times are epoch milliseconds, sizes are bytes. */
export interface DeploymentData {
  readonly line: DeploymentLine;
  readonly project: {
    readonly slug: string;
    readonly name: string;
    readonly productionBranch: string;
    readonly holdProduction: boolean;
  };
  readonly environment: Environment;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly framework: string | null;
  /** Why GitHub could not be told of it: what it answered. */
  readonly reportProblems: ReportProblems;
  readonly isTrusted: boolean;
  /** Without one a fork's commit can't be approved. */
  readonly hasSandbox: boolean;
  readonly pinned: boolean;
  readonly cancelRequested: boolean;
  readonly isPublished: boolean;
  /** Whether who looks at it may do something with it. */
  readonly mayDeploy: boolean;
  /** Its branch exists: it may come to move the branch's hosts, if it is one of a branch. */
  readonly isBranchThere: boolean;
  readonly phases: readonly PhaseTiming[];
  /** What became of each attempt, in their order. */
  readonly attempts: readonly AttemptStatus[];
  readonly commitUrl: string | null;
  /** While it is queued. */
  readonly queue: QueuePlace | null;
  readonly hosts: readonly HostData[];
  /** One of the hosts, or, for a preview, what the project's production says besides. */
  readonly production: HostData;
  readonly output: OutputData | null;
}

/** Reads what the page of a deployment shows. */
export async function readDeploymentData(
  { deployment, project }: ListedDeployment,
  dependencies: DeploymentDataDependencies,
): Promise<DeploymentData> {
  const { db } = dependencies;
  const [hosts, progress, queue, output, branch, reportProblems] = await Promise.all([
    readHosts({ deployment, project }, dependencies),
    readLogProgress(db, deployment.id),
    deployment.status === 'queued' ? readQueuePlace(db, deployment.id) : undefined,
    readOutput(deployment, dependencies),
    deployment.refKind === 'branch' ? findBranch(db, project.id, deployment.ref) : undefined,
    readReportProblems({ deployment, project }, db),
  ]);
  const { slug, name, productionBranch, holdProduction, gitUrl } = project;
  return {
    line: deploymentLineOf(deployment),
    project: { slug, name, productionBranch, holdProduction },
    environment: deployment.environment,
    reason: deployment.reason,
    message: deployment.message,
    framework: deployment.framework,
    reportProblems,
    isTrusted: deployment.isTrusted,
    hasSandbox: dependencies.hasSandbox,
    pinned: deployment.pinned,
    cancelRequested: deployment.cancelRequestedAt !== null,
    isPublished: deployment.manifest !== null,
    mayDeploy: dependencies.mayDeploy,
    isBranchThere: branch !== undefined && branch.deletedAt === null,
    phases: deployment.phases,
    attempts: progress?.attempts.map(({ status }) => status) ?? [],
    commitUrl: commitUrl(gitUrl, deployment.commit),
    queue: queue ?? null,
    ...hosts,
    output,
  };
}

async function readReportProblems(
  { deployment, project }: ListedDeployment,
  db: Database,
): Promise<ReportProblems> {
  const { id, reportProblem: status, githubDeploymentProblem } = deployment;
  const comment = project.repositoryId === null ? undefined : await findCommentProblem(db, id);
  return { status, deployment: githubDeploymentProblem, comment: comment ?? null };
}

async function readHosts(
  { deployment, project }: ListedDeployment,
  { db, domain }: DeploymentDataDependencies,
): Promise<Pick<DeploymentData, 'hosts' | 'production'>> {
  const isOfBranch = deployment.refKind === 'branch';
  const pullRequests = isOfBranch ? await listPullRequestsOfBranch(db, project, deployment.ref) : [];
  const own = aliasNamesOf(deployment, project, pullRequests);
  const production = productionAliasOf(project);
  const labels = [...own.map(({ label }) => label), production.label];
  const rows = await listAliasesOf(db, project.id, labels);
  const others = await readOthers(db, deployment.id, rows);
  const hostOf = ({ label, kind }: AliasName): HostData => {
    const { state, deploymentId } = rows.find((row) => row.label === label) ?? NOTHING_YET;
    const other = others.get(deploymentId ?? '') ?? null;
    return { kind, url: siteUrl(label, domain), state, deploymentId, other };
  };
  return { hosts: own.map(hostOf), production: hostOf(production) };
}

const NOTHING_YET = { state: 'gone', deploymentId: null } as const;

/** The deployments that these hosts name, but for the one that the page is about. */
async function readOthers(
  db: Database,
  ownId: string,
  rows: readonly AliasRow[],
): Promise<Map<string, DeploymentLine>> {
  const ids = new Set(rows.map((row) => row.deploymentId).filter((id) => id !== null && id !== ownId));
  const found = await Promise.all([...ids].map((id) => findDeployment(db, id ?? '')));
  return new Map(found.flatMap((row) => (row === undefined ? [] : [[row.id, deploymentLineOf(row)]])));
}

async function readOutput(
  deployment: DeploymentRow,
  { db, outputs }: DeploymentDataDependencies,
): Promise<OutputData | null> {
  const { projectId, manifest, fileCount, outputBytes } = deployment;
  if (manifest === null) return null;
  const earlier = await findEarlierOutput(db, deployment);
  return {
    fileCount: fileCount ?? 0,
    sizeBytes: outputBytes ?? 0,
    earlier: earlier === undefined ? null : deploymentLineOf(earlier),
    summary: await summarize(outputs, { projectId, manifest }, earlier?.manifest ?? null),
  };
}

/** The rest of the page is worth seeing while storage is away, or when the earlier output was just removed. */
async function summarize(
  outputs: Outputs,
  output: Parameters<Outputs['summarize']>[0],
  earlierManifest: string | null,
): Promise<OutputSummary | null> {
  try {
    return await outputs.summarize(output, earlierManifest);
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}
