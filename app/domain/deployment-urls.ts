import { branchSlugOf, formatLabel } from '../../contracts/host.ts';
import { type SiteDomain, siteUrl } from '../../contracts/site-domain.ts';
import { isMergeQueueBranch } from './merge-queue.ts';
import type { AliasKind, Environment, RefKind } from './words.ts';

export interface NamedDeployment {
  readonly id: string;
  readonly environment: Environment;
  readonly refKind: RefKind;
  readonly ref: string;
}

export interface AliasName {
  readonly label: string;
  readonly kind: AliasKind;
  readonly branch: string | null;
}

/** The hosts that a deployment may come to be served at: its own, its branch's, and production's. */
export function aliasNamesOf(
  deployment: NamedDeployment,
  project: { readonly id: string; readonly slug: string },
): AliasName[] {
  const own = formatLabel({ kind: 'deployment', project: project.slug, deploymentId: deployment.id });
  const names: AliasName[] = [{ label: own, kind: 'deployment', branch: null }];
  if (deployment.refKind !== 'branch' || isMergeQueueBranch(deployment.ref)) return names;
  const slug = branchSlugOf(deployment.ref, project);
  names.push({
    label: formatLabel({ kind: 'branch', project: project.slug, slug }),
    kind: 'branch',
    branch: deployment.ref,
  });
  if (deployment.environment === 'production') names.push(productionAliasOf(project));
  return names;
}

export function productionAliasOf(project: { readonly slug: string }): AliasName {
  const label = formatLabel({ kind: 'production', project: project.slug });
  return { label, kind: 'production', branch: null };
}

export interface DeploymentUrls {
  /** Its own host: always this deployment. */
  readonly deployment: string;
  /** The newest ready deployment of its branch; null for tags and commits. */
  readonly branch: string | null;
  /** The project's production site; null for previews. */
  readonly production: string | null;
}

export function deploymentUrls(
  deployment: NamedDeployment,
  project: { readonly id: string; readonly slug: string },
  domain: SiteDomain,
): DeploymentUrls {
  const names = aliasNamesOf(deployment, project);
  const urlOf = (kind: AliasKind) => {
    const name = names.find((name) => name.kind === kind);
    return name === undefined ? null : siteUrl(name.label, domain);
  };
  return {
    deployment: urlOf('deployment') ?? '',
    branch: urlOf('branch'),
    production: urlOf('production'),
  };
}
