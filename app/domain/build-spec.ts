import type { BuildLimits, BuildSettings, BuildSpec } from '../../contracts/build-spec.ts';
import type { SiteDomain } from '../../contracts/site-domain.ts';
import { deploymentUrls } from './deployment-urls.ts';
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
    readonly settings: BuildSettings;
  };
  readonly attempt: { readonly number: number };
  /** The Git URL with its credentials; null for an upload. */
  readonly sourceUrl: string | null;
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
    settings: deployment.settings,
    environment: buildEnvironment(facts, policy.domain),
    secrets: [],
    cacheWritable: true,
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
  return { url, commit, ref: refKind === 'commit' ? null : ref, allowLocal };
}

/**
 * Tools read `CI` to be quiet and strict. NODE_ENV is left to them: with `production` npm would leave out the
 * very packages that build the site.
 */
function buildEnvironment({ project, deployment }: BuildFacts, domain: SiteDomain): Record<string, string> {
  const own: Partial<Record<(typeof BUILD_VARIABLES)[number], string>> = {
    OFFSHOOT: '1',
    OFFSHOOT_DEPLOYMENT_ID: deployment.id,
    OFFSHOOT_DEPLOYMENT_URL: deploymentUrls(deployment, project, domain).deployment,
    OFFSHOOT_ENVIRONMENT: deployment.environment,
    OFFSHOOT_PROJECT: project.slug,
    ...(deployment.commit === null ? {} : { OFFSHOOT_COMMIT_SHA: deployment.commit }),
    ...(deployment.refKind === 'branch' ? { OFFSHOOT_BRANCH: deployment.ref } : {}),
  };
  return { CI: 'true', ...own };
}
