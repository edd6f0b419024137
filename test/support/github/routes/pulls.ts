import { notFound } from '../refusal.ts';
import { renderPull } from '../render.ts';
import { paginate, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import type { PullRequest } from '../state.ts';
import { renderFile } from './repositories.ts';

/** Of one pull request, on all pages together. */
const LISTED_FILES = 3_000;
const NEEDS = ['pull_requests:read'] as const;

export const pullRoutes: Routes = {
  'GET /repos/{owner}/{repo}/pulls': { needs: NEEDS, serve: listPulls },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { needs: NEEDS, serve: getPull },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': { needs: NEEDS, serve: listFiles },
};

/** Open ones unless asked otherwise, newest first. `head` is `owner:branch`. */
function listPulls(call: Call): Answer {
  const { query } = call;
  const fits = (pull: PullRequest) =>
    (query['state'] === 'all' || pull.state === (query['state'] ?? 'open')) &&
    (query['base'] === undefined || pull.baseRef === query['base']) &&
    (query['head'] === undefined || `${pull.headOwner.login}:${pull.headRef}` === query['head']);
  const direction =
    query['direction'] ?? (query['sort'] === undefined || query['sort'] === 'created' ? 'desc' : 'asc');
  const found = [...repositoryOf(call).pulls.values()].filter(fits);
  const sorted =
    query['sort'] === 'updated' ? found.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : 1)) : found;
  const { items, headers } = paginate(call, direction === 'desc' ? sorted.toReversed() : sorted);
  return { body: items.map((each) => renderPull(each, call.world.urls)), headers };
}

function findPull(call: Call): PullRequest {
  const found = repositoryOf(call).pulls.get(Number(call.params['pull_number']));
  if (found === undefined) throw notFound();
  return found;
}

function getPull(call: Call): Answer {
  return { body: renderPull(findPull(call), call.world.urls) };
}

function listFiles(call: Call): Answer {
  const repository = repositoryOf(call);
  const { headSha, baseSha } = findPull(call);
  const { objects } = repository;
  const changes = objects.diff(objects.mergeBase(baseSha, headSha), objects.commit(headSha));
  const { items, headers } = paginate(call, changes.slice(0, LISTED_FILES));
  return { body: items.map((each) => renderFile(repository, each, headSha, call.world.urls)), headers };
}
