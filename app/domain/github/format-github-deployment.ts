import type { Environment, RefKind } from '../words.ts';
import { describeDeployment, isOurFault, type ReportedDeployment } from './format-commit-status.ts';
import { cutText } from './neutralise-text.ts';

const MAX_ENVIRONMENT_LENGTH = 255;
const SHORT_COMMIT_LENGTH = 7;

export interface DeploymentOrigin {
  readonly id: string;
  readonly environment: Environment;
  readonly refKind: RefKind;
  /** Branch, tag or commit. */
  readonly ref: string;
  /** Of a fork's; null for all others. */
  readonly pullRequest: number | null;
  readonly commit: string;
}

export interface ReportedProject {
  readonly slug: string;
  /** Other projects are made of the same repository: their environments must not be taken for one another. */
  readonly sharesRepository: boolean;
}

/** The body of `POST /repos/{owner}/{repo}/deployments`. */
export interface GitHubDeployment {
  readonly ref: string;
  readonly task: 'deploy';
  readonly auto_merge: false;
  readonly required_contexts: readonly [];
  readonly environment: string;
  readonly description: string;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
  readonly payload: { readonly offshoot: string };
}

/**
 * The GitHub Deployment of one of ours: what pull requests show as “deployed to …”. GitHub must neither merge the
 * default branch into it first nor wait for the commit's statuses (ours is one of them), which it does unless told.
 */
export function formatGitHubDeployment(
  deployment: DeploymentOrigin,
  project: ReportedProject,
): GitHubDeployment {
  return {
    ref: deployment.commit,
    task: 'deploy',
    auto_merge: false,
    required_contexts: [],
    environment: formatEnvironment(deployment, project),
    description: `Offshoot builds ${project.slug}.`,
    transient_environment: deployment.environment === 'preview',
    production_environment: deployment.environment === 'production',
    payload: { offshoot: deployment.id },
  };
}

/**
 * The environment's name, by which GitHub lists deployments and says which is the current one: each branch has its own,
 * or the preview of one would count as replaced by that of another.
 */
export function formatEnvironment(deployment: DeploymentOrigin, project: ReportedProject): string {
  const name = deployment.environment === 'production' ? 'production' : `preview/${placeOf(deployment)}`;
  return cutText(project.sharesRepository ? `${project.slug}/${name}` : name, MAX_ENVIRONMENT_LENGTH);
}

function placeOf({ refKind, ref, pullRequest }: DeploymentOrigin): string {
  if (pullRequest !== null) return `pr-${pullRequest}`;
  return refKind === 'commit' ? ref.slice(0, SHORT_COMMIT_LENGTH) : ref;
}

/** The body of `POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses`. */
export interface GitHubDeploymentStatus {
  readonly state: 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';
  readonly description: string;
  readonly log_url: string;
  /** What “View deployment” opens; empty while there is nothing to see. */
  readonly environment_url: string;
  readonly auto_inactive: false;
}

export interface DeploymentPlace {
  /** The deployment's page. */
  readonly pageUrl: string;
  /** Where it is served: production's host, the branch's or the pull request's; its own where there is no other. */
  readonly siteUrl: string;
  /** Its host shows another deployment by now, or none: the branch is gone, the pull request closed. */
  readonly isReplaced: boolean;
}

/**
 * What a GitHub Deployment says; undefined for what has none: nothing is deployed of what is skipped, or waits for
 * approval, and GitHub would show both as deployments under way. GitHub's own `auto_inactive` is off: it goes by
 * the order of reports, and we by where hosts point.
 */
export function formatGitHubDeploymentStatus(
  deployment: ReportedDeployment,
  { pageUrl, siteUrl, isReplaced }: DeploymentPlace,
): GitHubDeploymentStatus | undefined {
  const state = stateOf(deployment, isReplaced);
  if (state === undefined) return undefined;
  return {
    state,
    description:
      state === 'inactive' && deployment.status === 'ready' ? REPLACED : describeDeployment(deployment),
    log_url: pageUrl,
    environment_url: state === 'success' ? siteUrl : '',
    auto_inactive: false,
  };
}

const REPLACED = 'It is not served at this address any more.';

function stateOf(
  { status, reason }: ReportedDeployment,
  isReplaced: boolean,
): GitHubDeploymentStatus['state'] | undefined {
  switch (status) {
    case 'queued':
      return 'queued';
    case 'launching':
    case 'building':
      return 'in_progress';
    case 'ready':
      return isReplaced ? 'inactive' : 'success';
    case 'failed':
      return isOurFault(reason) ? 'error' : 'failure';
    // It never was anywhere: `error` would show a cross beside a site that is well.
    case 'canceled':
    case 'superseded':
      return 'inactive';
    case 'blocked':
    case 'skipped':
      return undefined;
  }
}
