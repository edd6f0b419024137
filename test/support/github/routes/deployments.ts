import type { components } from '@octokit/openapi-types';
import { notFound, Refusal, unprocessable } from '../refusal.ts';
import { nodeId, renderApp, renderUser } from '../render.ts';
import { authorOf, paginate, repositoryOf, viaApp } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { takeId } from '../state.ts';
import type { Deployment, DeploymentStatus, Repository } from '../state.ts';
import { nowIso } from '../world.ts';
import type { Urls, World } from '../world.ts';
import { apiOf, resolveCommit } from './repositories.ts';
import { combine, latestStatuses } from './statuses.ts';

const DESCRIPTION_LENGTH = 140;
const READ = ['deployments:read'] as const;
const WRITE = ['deployments:write'] as const;
const ONE = '/repos/{owner}/{repo}/deployments/{deployment_id}';

export const deploymentRoutes: Routes = {
  'GET /repos/{owner}/{repo}/deployments': { needs: READ, serve: listDeployments },
  'POST /repos/{owner}/{repo}/deployments': { needs: WRITE, serve: createDeployment },
  [`GET ${ONE}`]: { needs: READ, serve: getDeployment },
  [`GET ${ONE}/statuses`]: { needs: READ, serve: listStatuses },
  [`POST ${ONE}/statuses`]: { needs: WRITE, serve: createStatus },
};

function createDeployment(call: Call): Answer {
  const { world, body } = call;
  const repository = repositoryOf(call);
  const ref = String(body['ref']);
  const commit = resolveCommit(repository, ref);
  if (commit === undefined) throw new Refusal(422, `No ref found for: ${ref}`);
  checkMerged(repository, ref, body['auto_merge'] !== false);
  checkContexts(repository, ref, commit.sha, body['required_contexts'] as string[] | undefined);
  const environment = (body['environment'] as string | undefined) ?? 'production';
  const moment = nowIso(world);
  const deployment: Deployment = {
    id: takeId(world.state),
    sha: commit.sha,
    ref,
    task: (body['task'] as string | undefined) ?? 'deploy',
    environment,
    description: textOf(body['description']),
    payload: body['payload'] ?? {},
    isTransient: body['transient_environment'] === true,
    isProduction: (body['production_environment'] as boolean | undefined) ?? environment === 'production',
    creator: authorOf(call),
    viaApp: viaApp(call),
    createdAt: moment,
    updatedAt: moment,
    statuses: [],
  };
  checkDescription('Deployment', deployment.description);
  repository.deployments.set(deployment.id, deployment);
  return { status: 201, body: renderDeployment(repository, deployment, world.urls) };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null);

function checkDescription(resource: string, description: string | null): void {
  if ((description?.length ?? 0) <= DESCRIPTION_LENGTH) return;
  const message = `description is too long (maximum is ${DESCRIPTION_LENGTH} characters)`;
  throw unprocessable({ resource, code: 'custom', field: 'description', message });
}

/** GitHub merges the default branch into one that is behind, unless it is told not to. This one refuses instead. */
function checkMerged(repository: Repository, ref: string, isAutoMerged: boolean): void {
  const { defaultBranch, git, objects } = repository;
  const tip = git.tipOf(ref);
  const newest = git.tipOf(defaultBranch);
  if (!isAutoMerged || tip === undefined || newest === undefined || ref === defaultBranch) return;
  if (objects.isAncestor(newest, tip)) return;
  throw new Refusal(409, `Conflict merging ${defaultBranch} into ${ref}.`);
}

/** Without `required_contexts: []`, a commit that has a status has to have succeeded. */
function checkContexts(
  repository: Repository,
  ref: string,
  sha: string,
  required: string[] | undefined,
): void {
  const latest = latestStatuses(repository, sha);
  const looked = latest.filter(({ context }) => required === undefined || required.includes(context));
  const isMissing = required?.some((name) => !looked.some(({ context }) => context === name)) ?? false;
  if (!isMissing && (looked.length === 0 || combine(looked) === 'success')) return;
  const contexts = latest.map(({ context, state }) => ({ context, state }));
  throw new Refusal(409, `Conflict: Commit status checks failed for ${ref}.`, {
    errors: [{ contexts, resource: 'Deployment', field: 'required_contexts', code: 'invalid' }],
  });
}

function renderDeployment(
  repository: Repository,
  deployment: Deployment,
  urls: Urls,
): components['schemas']['deployment'] {
  const api = apiOf(repository, urls);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload as string,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: renderUser(deployment.creator, urls),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: api,
    transient_environment: deployment.isTransient,
    production_environment: deployment.isProduction,
    performed_via_github_app: deployment.viaApp && renderApp(deployment.viaApp, urls),
  };
}

/** Newest first. */
function listDeployments(call: Call): Answer {
  const repository = repositoryOf(call);
  const wanted = Object.entries(call.query).filter(
    ([name, value]) => value !== 'none' && !name.includes('page'),
  );
  const all = [...repository.deployments.values()]
    .filter((each) => wanted.every(([name, value]) => each[name as 'sha'] === value))
    .toReversed();
  const { items, headers } = paginate(call, all);
  return { body: items.map((each) => renderDeployment(repository, each, call.world.urls)), headers };
}

function findDeployment(call: Call): Deployment {
  const found = repositoryOf(call).deployments.get(Number(call.params['deployment_id']));
  if (found === undefined) throw notFound();
  return found;
}

function getDeployment(call: Call): Answer {
  return { body: renderDeployment(repositoryOf(call), findDeployment(call), call.world.urls) };
}

function createStatus(call: Call): Answer {
  const { world, body } = call;
  const deployment = findDeployment(call);
  const status: DeploymentStatus = {
    ...newStatus(call, body['state'] as DeploymentStatus['state'], deployment),
    description: textOf(body['description']) ?? '',
    environment: textOf(body['environment']) ?? deployment.environment,
    environmentUrl: textOf(body['environment_url']) ?? '',
    logUrl: textOf(body['log_url']) ?? textOf(body['target_url']) ?? '',
  };
  checkDescription('DeploymentStatus', status.description);
  addStatus(world, deployment, status);
  if (status.state === 'success' && body['auto_inactive'] !== false) retireOthers(call, deployment, status);
  return { status: 201, body: renderStatus(repositoryOf(call), deployment, status, world.urls) };
}

function newStatus(
  call: Call,
  state: DeploymentStatus['state'],
  { environment }: Deployment,
): DeploymentStatus {
  return {
    id: takeId(call.world.state),
    state,
    description: '',
    environment,
    environmentUrl: '',
    logUrl: '',
    creator: authorOf(call),
    viaApp: viaApp(call),
    createdAt: nowIso(call.world),
  };
}

function addStatus(world: World, deployment: Deployment, status: DeploymentStatus): void {
  deployment.statuses.push(status);
  deployment.updatedAt = nowIso(world);
}

/** What was deployed to the same environment before is inactive now; production and transient ones excepted. */
function retireOthers(call: Call, deployment: Deployment, { environment }: DeploymentStatus): void {
  for (const other of repositoryOf(call).deployments.values()) {
    const isPrior = other.id < deployment.id && other.environment === environment;
    if (!isPrior || other.isTransient || other.isProduction || stateOf(other) === 'inactive') continue;
    addStatus(call.world, other, newStatus(call, 'inactive', other));
  }
}

export const stateOf = ({ statuses }: Deployment) => statuses.at(-1)?.state ?? 'pending';

function listStatuses(call: Call): Answer {
  const deployment = findDeployment(call);
  const { items, headers } = paginate(call, deployment.statuses.toReversed());
  const repository = repositoryOf(call);
  return {
    body: items.map((each) => renderStatus(repository, deployment, each, call.world.urls)),
    headers,
  };
}

function renderStatus(
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
  urls: Urls,
): components['schemas']['deployment-status'] {
  const api = apiOf(repository, urls);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: renderUser(status.creator, urls),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: api,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: status.viaApp && renderApp(status.viaApp, urls),
  };
}
