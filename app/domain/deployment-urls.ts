import { branchSlugOf, formatLabel } from '../../contracts/host.ts';
import { type SiteDomain, siteUrl } from '../../contracts/site-domain.ts';
import { isMergeQueueBranch } from './merge-queue.ts';
import type { AliasKind, Environment, RefKind } from './words.ts';

export interface NamedDeployment {
  readonly id: string;
  readonly environment: Environment;
  readonly refKind: RefKind;
  /** Of a pull request, its number. */
  readonly ref: string;
  /** Number of the pull request that it is for, also of a branch's. */
  readonly pullRequest?: number | null;
}

export interface AliasName {
  readonly label: string;
  readonly kind: AliasKind;
  readonly branch: string | null;
}

/**
 * The hosts that a deployment may come to be served at: its own, its branch's, those of the branch's own pull requests,
 * and production's. A fork's comes to its own and its pull request's, never to a branch's.
 */
export function aliasNamesOf(
  deployment: NamedDeployment,
  project: { readonly id: string; readonly slug: string },
  pullRequests: readonly number[] = [],
): AliasName[] {
  const own = formatLabel({ kind: 'deployment', project: project.slug, deploymentId: deployment.id });
  const names: AliasName[] = [{ label: own, kind: 'deployment', branch: null }];
  if (deployment.refKind === 'pull-request')
    return [...names, pullRequestAliasOf(project, Number(deployment.ref))];
  if (deployment.refKind !== 'branch' || isMergeQueueBranch(deployment.ref)) return names;
  names.push(branchAliasOf(project, deployment.ref));
  names.push(...pullRequests.map((number) => pullRequestAliasOf(project, number)));
  if (deployment.environment === 'production') names.push(productionAliasOf(project));
  return names;
}

export function branchAliasOf(
  project: { readonly id: string; readonly slug: string },
  branch: string,
): AliasName {
  const slug = branchSlugOf(branch, project);
  return { label: formatLabel({ kind: 'branch', project: project.slug, slug }), kind: 'branch', branch };
}

export function pullRequestAliasOf(project: { readonly slug: string }, number: number): AliasName {
  const label = formatLabel({ kind: 'pull-request', project: project.slug, number });
  return { label, kind: 'pull-request', branch: null };
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
  /** The newest ready deployment of the pull request that it is for; null where that is none. */
  readonly pullRequest: string | null;
  /** The project's production site; null for previews. */
  readonly production: string | null;
}

export function deploymentUrls(
  deployment: NamedDeployment,
  project: { readonly id: string; readonly slug: string },
  domain: SiteDomain,
): DeploymentUrls {
  const { pullRequest = null } = deployment;
  const names = aliasNamesOf(deployment, project, pullRequest === null ? [] : [pullRequest]);
  const urlOf = (kind: AliasKind) => {
    const name = names.find((name) => name.kind === kind);
    return name === undefined ? null : siteUrl(name.label, domain);
  };
  return {
    deployment: urlOf('deployment') ?? '',
    branch: urlOf('branch'),
    pullRequest: urlOf('pull-request'),
    production: urlOf('production'),
  };
}
