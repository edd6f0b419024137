import type { BuildLimits, BuildSettings, BuildSpec } from '../../contracts/build-spec.ts';
import { type SiteDomain, siteUrl } from '../../contracts/site-domain.ts';
import { deploymentUrls, productionAliasOf } from './deployment-urls.ts';
import { maskedValues } from './environment-variables.ts';
import type { Environment, RefKind } from './words.ts';

/** Bounds and habits of builds: settings of the operator. */
export interface BuildPolicy {
  readonly limits: BuildLimits;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  /** file:// and private addresses. */
  readonly allowLocal: boolean;
  readonly domain: SiteDomain;
}

export interface BuildFacts {
  readonly project: { readonly id: string; readonly slug: string };
  readonly deployment: {
    readonly id: string;
    readonly environment: Environment;
    readonly refKind: RefKind;
    readonly ref: string;
    readonly commit: string | null;
    readonly pullRequest: number | null;
    readonly isTrusted: boolean;
    readonly baseRef: string | null;
    readonly settings: BuildSettings;
  };
  readonly attempt: { readonly number: number };
  /** The Git URL with its credentials; null for an upload. */
  readonly sourceUrl: string | null;
  /** The project's own, as resolveVariables has chosen them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Variables that user commands see besides what the builder sets up; a misspelt setting is compared with them. */
export const BUILD_VARIABLES = [
  'OFFSHOOT',
  'OFFSHOOT_BRANCH',
  'OFFSHOOT_COMMIT_SHA',
  'OFFSHOOT_DEPLOYMENT_ID',
  'OFFSHOOT_DEPLOYMENT_URL',
  'OFFSHOOT_ENVIRONMENT',
  'OFFSHOOT_PROJECT',
  'OFFSHOOT_PULL_REQUEST',
] as const;

/**
 * Names of Netlify's that frameworks, plugins and scripts read wherever they run (Sentry takes its release from
 * COMMIT_REF, many sites their address from URL and DEPLOY_PRIME_URL), and that are as true here. What only says "this
 * is Netlify" (or Vercel, or Cloudflare Pages) is left out: it would switch on adapters that write for those.
 */
export const FRAMEWORK_VARIABLES = [
  'BRANCH',
  'COMMIT_REF',
  'DEPLOY_PRIME_URL',
  'DEPLOY_URL',
  'PULL_REQUEST',
  'REVIEW_ID',
  'URL',
] as const;

/** What a builder is told: the settings as they were when the deployment was asked for, the bounds as they are now. */
export function formatBuildSpec(facts: BuildFacts, policy: BuildPolicy): BuildSpec {
  const { project, deployment, attempt, sourceUrl } = facts;
  const { limits, heartbeatMs, leaseMs, allowLocal } = policy;
  return {
    version: 1,
    deploymentId: deployment.id,
    attempt: attempt.number,
    projectId: project.id,
    projectSlug: project.slug,
    source: sourceOf(deployment, sourceUrl, allowLocal),
    ...(!deployment.isTrusted && {
      fork: { pullRequest: deployment.pullRequest, baseBranch: deployment.baseRef },
    }),
    settings: deployment.settings,
    environment: buildEnvironment(facts, policy.domain),
    secrets: maskedValues(Object.values(facts.variables)),
    cacheWritable: deployment.isTrusted,
    limits,
    heartbeatMs,
    leaseMs,
  };
}

function sourceOf(
  { commit, refKind, ref }: BuildFacts['deployment'],
  url: string | null,
  allowLocal: boolean,
): BuildSpec['source'] {
  if (url === null || commit === null) return null;
  const isNamed = refKind === 'branch' || refKind === 'tag';
  return { url, commit, ref: isNamed ? ref : null, allowLocal };
}

/**
 * Tools read `CI` to be quiet and strict. NODE_ENV is left to them: with `production` npm would leave out the
 * very packages that build the site. The project's own variables win over all but what is ours by name.
 */
function buildEnvironment(facts: BuildFacts, domain: SiteDomain): Record<string, string> {
  return {
    CI: 'true',
    ...frameworkVariables(facts, domain),
    ...facts.variables,
    ...ownVariables(facts, domain),
  };
}

function ownVariables(
  { project, deployment }: BuildFacts,
  domain: SiteDomain,
): Partial<Record<(typeof BUILD_VARIABLES)[number], string>> {
  const { commit, pullRequest } = deployment;
  return {
    OFFSHOOT: '1',
    OFFSHOOT_DEPLOYMENT_ID: deployment.id,
    OFFSHOOT_DEPLOYMENT_URL: deploymentUrls(deployment, project, domain).deployment,
    OFFSHOOT_ENVIRONMENT: deployment.environment,
    OFFSHOOT_PROJECT: project.slug,
    ...(commit === null ? {} : { OFFSHOOT_COMMIT_SHA: commit }),
    ...(deployment.refKind === 'branch' ? { OFFSHOOT_BRANCH: deployment.ref } : {}),
    ...(pullRequest === null ? {} : { OFFSHOOT_PULL_REQUEST: String(pullRequest) }),
  };
}

function frameworkVariables(
  { project, deployment }: BuildFacts,
  domain: SiteDomain,
): Partial<Record<(typeof FRAMEWORK_VARIABLES)[number], string>> {
  const urls = deploymentUrls(deployment, project, domain);
  return {
    URL: siteUrl(productionAliasOf(project).label, domain),
    DEPLOY_URL: urls.deployment,
    DEPLOY_PRIME_URL: urls.branch ?? urls.pullRequest ?? urls.deployment,
    ...(deployment.pullRequest === null
      ? {}
      : { PULL_REQUEST: 'true', REVIEW_ID: String(deployment.pullRequest) }),
    ...(deployment.commit === null ? {} : { COMMIT_REF: deployment.commit }),
    ...(deployment.refKind === 'branch' ? { BRANCH: deployment.ref } : {}),
  };
}
