import { type SiteDomain, siteUrl } from '../../../contracts/site-domain.ts';
import type { Database } from '../../db/database.ts';
import {
  type DueDeployment,
  keepGithubDeployment,
  markDeploymentAsked,
  markDeploymentRefused,
  markDeploymentShown,
} from '../../db/github-deployment-reports.ts';
import {
  formatGitHubDeployment,
  formatGitHubDeploymentStatus,
} from '../../domain/github/format-github-deployment.ts';
import { isRefusal } from '../../domain/github/is-refusal.ts';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from '../../github/client/app-octokit.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { ensureGithubDeployment, setGithubDeploymentStatus } from '../../github/client/github-deployment.ts';
import { placeOfRepository } from '../../github/client/repository-place.ts';

export interface ReportGithubDeploymentDependencies {
  readonly db: Database;
  /** OFFSHOOT_URL. */
  readonly appUrl: URL;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
}

/**
 * Makes GitHub have a deployment for one of ours, or makes that one say how it is doing: one write each, the second in
 * another turn, since something may be worth more by then.
 */
export async function reportGithubDeployment(
  due: DueDeployment,
  client: Octokit,
  options: CallOptions,
  dependencies: ReportGithubDeploymentDependencies,
): Promise<GithubResult<unknown>> {
  const { githubDeploymentId } = due;
  const result =
    githubDeploymentId === null
      ? await make(due, client, options, dependencies)
      : await say(due, githubDeploymentId, client, options, dependencies);
  if (!result.ok && isRefusal(result.failure))
    await markDeploymentRefused(dependencies.db, due.id, result.failure.message);
  return result;
}

/** Looked for before it is made: the answer to an earlier try may have been lost. */
async function make(
  due: DueDeployment,
  client: Octokit,
  options: CallOptions,
  { db }: ReportGithubDeploymentDependencies,
): Promise<GithubResult<unknown>> {
  const { ref, environment, description, production_environment, payload } = formatGitHubDeployment(due, due);
  const order = {
    deploymentId: payload.offshoot,
    commit: ref,
    environment,
    description,
    isProduction: production_environment,
  };
  await markDeploymentAsked(db, due.id);
  const made = await ensureGithubDeployment(client, placeOfRepository(due.fullName), order, options);
  if (made.ok) await keepGithubDeployment(db, due.id, made.value);
  return made;
}

async function say(
  due: DueDeployment,
  githubDeploymentId: number,
  client: Octokit,
  options: CallOptions,
  { db, appUrl, domain }: ReportGithubDeploymentDependencies,
): Promise<GithubResult<unknown>> {
  const status = formatGitHubDeploymentStatus(due, {
    pageUrl: new URL(`/deployments/${due.id}`, appUrl).href,
    siteUrl: due.label === null ? '' : siteUrl(due.label, domain),
    isReplaced: due.shows === 'replaced',
  });
  if (status === undefined) throw new Error(`GitHub has a deployment for ${due.id}, which is ${due.status}`);
  const { state, description, log_url: logUrl, environment_url } = status;
  const wanted = { state, description, logUrl, environmentUrl: environment_url || undefined };
  const place = placeOfRepository(due.fullName);
  const said = await setGithubDeploymentStatus(client, place, githubDeploymentId, wanted, options);
  if (said.ok) await markDeploymentShown(db, due);
  return said;
}
