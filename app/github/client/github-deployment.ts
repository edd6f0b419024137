import { z } from 'zod';
import type { GithubResult } from '../../domain/github-failure.ts';
import type { Octokit } from './app-octokit.ts';
import { type CallOptions, callGithub } from './call-github.ts';
import type { RepositoryPlace } from './repository-place.ts';

export interface GithubDeploymentOrder {
  /** Ours: what finds it again. */
  readonly deploymentId: string;
  readonly commit: string;
  /** What GitHub lists it under, such as `Preview – shop`. */
  readonly environment: string;
  readonly description: string;
  readonly isProduction: boolean;
}

/** Deployments of one commit to one environment that are looked through: each of ours is one of them. */
const MAX_LISTED = 100;
const PAYLOAD_KEY = 'offshoot';

const deploymentSchema = z.object({ id: z.number(), payload: z.unknown() });

/**
 * GitHub's id of our deployment; it is created where there is none. Looked for first, since the answer to an earlier
 * try may have been lost.
 */
export async function ensureGithubDeployment(
  client: Octokit,
  place: RepositoryPlace,
  order: GithubDeploymentOrder,
  options: CallOptions,
): Promise<GithubResult<number>> {
  const found = await findGithubDeployment(client, place, order, options);
  if (!found.ok || found.value !== undefined) return found as GithubResult<number>;
  const created = await callGithub(
    () => client.request('POST /repos/{owner}/{repo}/deployments', { ...place, ...bodyOf(order) }),
    deploymentSchema,
    options,
  );
  return created.ok ? { ok: true, value: created.value.id } : created;
}

async function findGithubDeployment(
  client: Octokit,
  place: RepositoryPlace,
  { commit, environment, deploymentId }: GithubDeploymentOrder,
  options: CallOptions,
): Promise<GithubResult<number | undefined>> {
  const wanted = { ...place, sha: commit, environment, per_page: MAX_LISTED };
  const listed = await callGithub(
    () => client.request('GET /repos/{owner}/{repo}/deployments', wanted),
    z.array(deploymentSchema),
    options,
  );
  if (!listed.ok) return listed;
  const ours = listed.value.find(({ payload }) => deploymentIdIn(payload) === deploymentId);
  return { ok: true, value: ours?.id };
}

function bodyOf({ commit, environment, description, isProduction, deploymentId }: GithubDeploymentOrder) {
  return {
    ref: commit,
    environment,
    description,
    production_environment: isProduction,
    transient_environment: !isProduction,
    payload: { [PAYLOAD_KEY]: deploymentId },
    // GitHub would merge the default branch into it, or wait for checks of which ours is one.
    auto_merge: false,
    required_contexts: [],
  };
}

/** GitHub gives back what it was given, as an object or as the text of one. */
function deploymentIdIn(payload: unknown): unknown {
  if (typeof payload === 'string') return payload.includes(PAYLOAD_KEY) ? idInText(payload) : undefined;
  return typeof payload === 'object' && payload !== null
    ? (payload as Record<string, unknown>)[PAYLOAD_KEY]
    : undefined;
}

function idInText(payload: string): unknown {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'string' ? undefined : deploymentIdIn(value);
  } catch {
    return undefined;
  }
}

export interface GithubDeploymentStatus {
  readonly state: 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';
  readonly description: string;
  /** Our page of it. */
  readonly logUrl: string;
  /** The site, once it is there: "View deployment" leads to it. */
  readonly environmentUrl: string | undefined;
}

/** Says how a GitHub deployment is doing. Others of its environment stay as they are: we say so of each. */
export async function setGithubDeploymentStatus(
  client: Octokit,
  place: RepositoryPlace,
  id: number,
  { state, description, logUrl, environmentUrl }: GithubDeploymentStatus,
  options: CallOptions,
): Promise<GithubResult<unknown>> {
  const call = () =>
    client.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
      ...place,
      deployment_id: id,
      state,
      description,
      log_url: logUrl,
      auto_inactive: false,
      ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
    });
  return callGithub(call, z.object({ id: z.number() }), options);
}
