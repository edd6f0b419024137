import type { z } from '@hono/zod-openapi';
import type { AliasRow } from '../db/aliases.ts';
import type { ListedDeployment } from '../db/deployment-listing.ts';
import type { ProjectRow } from '../db/projects.ts';
import { siteUrl } from '../../contracts/site-domain.ts';
import { type Addresses, describeDeployment } from '../domain/describe-deployment.ts';
import { productionAliasOf } from '../domain/deployment-urls.ts';
import type { aliasSchema, deploymentSchema, projectSchema } from './schemas.ts';

export type { Addresses };

/** A project as the API shows it: never its credentials. */
export function presentProject(project: ProjectRow, { domain }: Addresses): z.output<typeof projectSchema> {
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    gitUrl: project.gitUrl,
    repositoryId: project.repositoryId,
    hasCredentials: project.gitCredentials !== null,
    productionBranch: project.productionBranch,
    settings: project.settings,
    holdProduction: project.holdProduction,
    cancelRunning: project.cancelRunning,
    keepPerBranch: project.keepPerBranch,
    previewDays: project.previewDays,
    url: siteUrl(productionAliasOf(project).label, domain),
    createdAt: project.createdAt.getTime(),
  };
}

export function presentDeployment(
  { deployment, project }: ListedDeployment,
  addresses: Addresses,
): z.output<typeof deploymentSchema> {
  return describeDeployment(deployment, project, addresses);
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
