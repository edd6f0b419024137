import { readRefs } from '../git-objects.ts';
import { notFound, Refusal } from '../refusal.ts';
import { nodeId } from '../render.ts';
import { paginate, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import type { Repository } from '../state.ts';
import type { Urls } from '../world.ts';
import { apiOf, renderCommit, webOf } from './repositories.ts';

const CONTENTS = ['contents:read'] as const;

export const refRoutes: Routes = {
  'GET /repos/{owner}/{repo}/branches': { needs: CONTENTS, serve: listBranches },
  'GET /repos/{owner}/{repo}/branches/{branch}': { needs: CONTENTS, serve: getBranch },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': { needs: CONTENTS, serve: getRef },
  'GET /repos/{owner}/{repo}/git/matching-refs/{ref}': { needs: CONTENTS, serve: listMatchingRefs },
};

function branchesOf(repository: Repository): [string, string][] {
  return [...readRefs(repository.git.directory, 'refs/heads')]
    .map(([ref, sha]): [string, string] => [ref.slice('refs/heads/'.length), sha])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function listBranches(call: Call): Answer {
  const repository = repositoryOf(call);
  const { items, headers } = paginate(call, branchesOf(repository));
  const commitsUrl = `${apiOf(repository, call.world.urls)}/commits`;
  return {
    body: items.map(([name, sha]) => ({
      name,
      commit: { sha, url: `${commitsUrl}/${sha}` },
      protected: false,
    })),
    headers,
  };
}

function getBranch(call: Call): Answer {
  const repository = repositoryOf(call);
  const name = String(call.params['branch']);
  const found = branchesOf(repository).find(([branch]) => branch === name);
  const commit = found && repository.objects.commit(found[1]);
  if (commit === undefined) throw new Refusal(404, 'Branch not found');
  const self = `${apiOf(repository, call.world.urls)}/branches/${encodeURIComponent(name)}`;
  return {
    body: {
      name,
      commit: renderCommit(repository, commit, call.world.urls),
      _links: { self, html: `${webOf(repository, call.world.urls)}/tree/${name}` },
      protected: false,
      protection: {
        enabled: false,
        required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
      },
      protection_url: `${self}/protection`,
    },
  };
}

function renderRef(repository: Repository, ref: string, sha: string, urls: Urls) {
  const { type } = repository.objects.read(sha);
  const api = apiOf(repository, urls);
  return {
    ref,
    node_id: nodeId('Ref', ref),
    url: `${api}/git/${ref}`,
    object: { type, sha, url: `${api}/git/${type}s/${sha}` },
  };
}

function getRef(call: Call): Answer {
  const repository = repositoryOf(call);
  const ref = `refs/${call.params['ref']}`;
  const sha = readRefs(repository.git.directory).get(ref);
  if (sha === undefined) throw notFound();
  return { body: renderRef(repository, ref, sha, call.world.urls) };
}

/** Everything that begins so: `heads/feature` finds `feature-a` and `feature/b`. */
function listMatchingRefs(call: Call): Answer {
  const repository = repositoryOf(call);
  const beginning = `refs/${call.params['ref']}`;
  const found = [...readRefs(repository.git.directory)]
    .filter(([ref]) => ref.startsWith(beginning))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { body: found.map(([ref, sha]) => renderRef(repository, ref, sha, call.world.urls)) };
}
