import type { BuildSettings } from '../../contracts/build-spec.ts';
import type { FailureReason, PhaseTiming } from '../../contracts/phases.ts';
import type { SiteDomain } from '../../contracts/site-domain.ts';
import { deploymentUrls, type NamedDeployment } from './deployment-urls.ts';
import type { DeploymentSource, DeploymentStatus, Requester } from './words.ts';

/** What URLs that people and programs are told are made of. */
export interface Addresses {
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
}

/** What is told of a deployment, as its row has it. */
export interface DeploymentFacts extends NamedDeployment {
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  readonly source: DeploymentSource;
  readonly commit: string | null;
  readonly commitSubject: string | null;
  readonly commitAuthor: string | null;
  readonly requestedBy: Requester | null;
  readonly settings: BuildSettings;
  readonly framework: string | null;
  readonly fileCount: number | null;
  readonly outputBytes: number | null;
  readonly phases: PhaseTiming[];
  readonly pinned: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface ProjectName {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export type DescribedDeployment = ReturnType<typeof describeDeployment>;

/** A deployment as programs are told of it: the API's answers and the payloads of webhooks say the same. */
export function describeDeployment(
  deployment: DeploymentFacts,
  project: ProjectName,
  { appUrl, domain }: Addresses,
) {
  const logs = new URL(`/logs/${deployment.id}`, appUrl).href;
  return {
    id: deployment.id,
    project: { id: project.id, slug: project.slug, name: project.name },
    status: deployment.status,
    reason: deployment.reason,
    message: deployment.message,
    environment: deployment.environment,
    refKind: deployment.refKind,
    ref: deployment.ref,
    source: deployment.source,
    commit: deployment.commit,
    commitSubject: deployment.commitSubject,
    commitAuthor: deployment.commitAuthor,
    requestedBy: deployment.requestedBy,
    settings: deployment.settings,
    framework: deployment.framework,
    fileCount: deployment.fileCount,
    outputBytes: deployment.outputBytes,
    phases: deployment.phases,
    pinned: deployment.pinned,
    urls: { ...deploymentUrls(deployment, project, domain), logs },
    createdAt: deployment.createdAt.getTime(),
    startedAt: deployment.startedAt?.getTime() ?? null,
    finishedAt: deployment.finishedAt?.getTime() ?? null,
  };
}
