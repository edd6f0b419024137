import type { z } from '@hono/zod-openapi';
import type { AliasRow } from '../db/aliases.ts';
import type { ListedDeployment } from '../db/deployment-listing.ts';
import type { ProjectRow } from '../db/projects.ts';
import { type SiteDomain, siteUrl } from '../../contracts/site-domain.ts';
import { deploymentUrls, productionAliasOf } from '../domain/deployment-urls.ts';
import type { aliasSchema, deploymentSchema, projectSchema } from './schemas.ts';

/** What URLs in answers are made of. */
export interface Addresses {
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
}

/** A project as the API shows it: never its credentials. */
export function presentProject(project: ProjectRow, { domain }: Addresses): z.output<typeof projectSchema> {
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    gitUrl: project.gitUrl,
    hasCredentials: project.gitCredentials !== null,
    productionBranch: project.productionBranch,
    settings: project.settings,
    holdProduction: project.holdProduction,
    keepPerBranch: project.keepPerBranch,
    previewDays: project.previewDays,
    url: siteUrl(productionAliasOf(project).label, domain),
    createdAt: project.createdAt.getTime(),
  };
}

export function presentDeployment(
  { deployment, project }: ListedDeployment,
  { appUrl, domain }: Addresses,
): z.output<typeof deploymentSchema> {
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

export function presentAlias(alias: AliasRow, { domain }: Addresses): z.output<typeof aliasSchema> {
  return {
    label: alias.label,
    url: siteUrl(alias.label, domain),
    kind: alias.kind,
    branch: alias.branch,
    state: alias.state,
    deploymentId: alias.deploymentId,
    reason: alias.reason,
    changedAt: alias.changedAt.getTime(),
  };
}
