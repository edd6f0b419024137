import type { components } from '@octokit/openapi-types';
import { notFound, Refusal, unprocessable } from '../refusal.ts';
import { nodeId, renderRepository, renderUser } from '../render.ts';
import { authorOf, paginate, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { takeId } from '../state.ts';
import type { CommitStatus, Repository } from '../state.ts';
import { nowIso } from '../world.ts';
import type { Urls } from '../world.ts';
import { apiOf, resolveCommit } from './repositories.ts';

const STATUSES_OF_A_CONTEXT = 1_000;
const DESCRIPTION_LENGTH = 140;
const CONTEXT_LENGTH = 255;

export const statusRoutes: Routes = {
  'POST /repos/{owner}/{repo}/statuses/{sha}': { needs: ['statuses:write'], serve: createStatus },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': { needs: ['statuses:read'], serve: listStatuses },
  'GET /repos/{owner}/{repo}/commits/{ref}/status': { needs: ['statuses:read'], serve: getCombined },
};

function createStatus(call: Call): Answer {
  const { world, body, params } = call;
  const repository = repositoryOf(call);
  const sha = String(params['sha']);
  if (repository.objects.commit(sha) === undefined) throw new Refusal(422, `No commit found for SHA: ${sha}`);
  const status: CommitStatus = {
    id: takeId(world.state),
    sha,
    state: body['state'] as CommitStatus['state'],
    context: (body['context'] as string | undefined) ?? 'default',
    description: (body['description'] as string | null | undefined) ?? null,
    targetUrl: (body['target_url'] as string | null | undefined) ?? null,
    creator: authorOf(call),
    createdAt: nowIso(world),
  };
  checkStatus(repository, status);
  repository.statuses.push(status);
  return { status: 201, body: renderStatus(repository, status, world.urls) };
}

function checkStatus({ statuses }: Repository, { sha, context, description, targetUrl }: CommitStatus): void {
  const refuse = (field: string, message: string) =>
    unprocessable({ resource: 'Status', code: 'custom', field, message });
  const same = statuses.filter((each) => each.sha === sha && isSameContext(each.context, context));
  if (same.length >= STATUSES_OF_A_CONTEXT) {
    const message = 'This SHA and context has reached the maximum number of statuses.';
    throw unprocessable({ resource: 'Status', code: 'custom', message });
  }
  if ((description?.length ?? 0) > DESCRIPTION_LENGTH) {
    throw refuse('description', `description is too long (maximum is ${DESCRIPTION_LENGTH} characters)`);
  }
  if (context.length > CONTEXT_LENGTH) {
    throw refuse('context', `context is too long (maximum is ${CONTEXT_LENGTH} characters)`);
  }
  if (targetUrl !== null && targetUrl !== '' && !/^https?:\/\//.test(targetUrl)) {
    throw refuse('target_url', 'target_url must use http(s) scheme');
  }
}

const isSameContext = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

export function renderStatus(
  repository: Repository,
  status: CommitStatus,
  urls: Urls,
): components['schemas']['status'] {
  return {
    url: `${apiOf(repository, urls)}/statuses/${status.sha}`,
    avatar_url: `${urls.web}/avatars/u/${status.creator.id}`,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: renderUser(status.creator, urls),
  };
}

/** All of them, newest first. */
function listStatuses(call: Call): Answer {
  const repository = repositoryOf(call);
  const commit = resolveCommit(repository, String(call.params['ref']));
  if (commit === undefined) throw notFound();
  const all = repository.statuses.filter(({ sha }) => sha === commit.sha).toReversed();
  const { items, headers } = paginate(call, all);
  return { body: items.map((each) => renderStatus(repository, each, call.world.urls)), headers };
}

/** The newest of each context: what the page of a commit shows. */
export function latestStatuses(repository: Repository, sha: string): CommitStatus[] {
  const latest = new Map<string, CommitStatus>();
  for (const status of repository.statuses)
    if (status.sha === sha) latest.set(status.context.toLowerCase(), status);
  return [...latest.values()];
}

export function combine(statuses: readonly CommitStatus[]): 'failure' | 'pending' | 'success' {
  if (statuses.some(({ state }) => state === 'error' || state === 'failure')) return 'failure';
  return statuses.length > 0 && statuses.every(({ state }) => state === 'success') ? 'success' : 'pending';
}

function getCombined(call: Call): Answer {
  const repository = repositoryOf(call);
  const { urls } = call.world;
  const commit = resolveCommit(repository, String(call.params['ref']));
  if (commit === undefined) throw notFound();
  const latest = latestStatuses(repository, commit.sha);
  const { items, headers } = paginate(call, latest);
  const api = apiOf(repository, urls);
  return {
    body: {
      state: combine(latest),
      statuses: items.map((each) => renderStatus(repository, each, urls)),
      sha: commit.sha,
      total_count: latest.length,
      repository: renderRepository(repository, urls),
      commit_url: `${api}/commits/${commit.sha}`,
      url: `${api}/commits/${commit.sha}/status`,
    },
    headers,
  };
}
