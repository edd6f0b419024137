import { notFound, Refusal } from '../refusal.ts';
import { renderRepository, renderUser } from '../render.ts';
import { paginate, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { readRefs } from '../git-objects.ts';
import type { Commit, FileChange } from '../git-objects.ts';
import { findUser, fullNameOf } from '../state.ts';
import { isAtLeast, roleOf } from '../roles.ts';
import type { Repository, Role } from '../state.ts';
import { nodeId } from '../render.ts';
import type { Urls } from '../world.ts';
import { renderRights } from './users.ts';

/** Of one comparison, whatever the page. */
const COMPARED_FILES = 300;
/** Larger files are not put into an answer. */
const CONTENT_LIMIT_BYTES = 1024 * 1024;

const CONTENTS = ['contents:read'] as const;
const METADATA = ['metadata:read'] as const;

export const repositoryRoutes: Routes = {
  'GET /repos/{owner}/{repo}': { needs: METADATA, serve: getRepository },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { needs: METADATA, serve: getPermission },
  'GET /repos/{owner}/{repo}/commits/{ref}': { needs: CONTENTS, serve: getCommit },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { needs: CONTENTS, serve: compare },
  'GET /repos/{owner}/{repo}/contents/{path}': { needs: CONTENTS, serve: getContent },
};

export const apiOf = (repository: Repository, { api }: Urls) => `${api}/repos/${fullNameOf(repository)}`;
export const webOf = (repository: Repository, { web }: Urls) => `${web}/${fullNameOf(repository)}`;

function getRepository(call: Call): Answer {
  const repository = repositoryOf(call);
  const { urls } = call.world;
  const { parent } = repository;
  return {
    body: {
      ...renderRepository(repository, urls),
      ...(parent && { parent: renderRepository(parent, urls), source: renderRepository(parent, urls) }),
      ...(call.caller.kind === 'user' && { permissions: renderRights(roleOf(repository, call.caller.user)) }),
      network_count: 0,
      subscribers_count: 0,
    },
  };
}

/** GitHub's five words are three here: `maintain` counts as write, `triage` as read; `role_name` says which. */
function getPermission(call: Call): Answer {
  const repository = repositoryOf(call);
  if (call.caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  if (call.caller.kind === 'user' && !isAtLeast(roleOf(repository, call.caller.user), 'write')) {
    throw new Refusal(403, 'Must have push access to view collaborator permission.');
  }
  const user = findUser(call.world.state, String(call.params['username']));
  if (user === undefined) throw new Refusal(404, `${call.params['username']} is not a user`);
  const role = roleOf(repository, user);
  const permission = coarse(role);
  return {
    body: {
      permission,
      role_name: role,
      user: { ...renderUser(user, call.world.urls), permissions: renderRights(role), role_name: role },
    },
  };
}

function coarse(role: Role): 'admin' | 'write' | 'read' | 'none' {
  if (role === 'maintain') return 'write';
  return role === 'triage' ? 'read' : role;
}

/** The commit that a sha, a branch or a tag names; fully spelt refs too. */
export function resolveCommit(repository: Repository, name: string): Commit | undefined {
  const refs = readRefs(repository.git.directory);
  const sha = [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`]
    .map((each) => refs.get(each))
    .find((each) => each !== undefined);
  return repository.objects.commit(sha ?? name);
}

function getCommit(call: Call): Answer {
  const repository = repositoryOf(call);
  const name = String(call.params['ref']);
  const commit = resolveCommit(repository, name);
  if (commit === undefined) throw new Refusal(422, `No commit found for SHA: ${name}`);
  if ((call.headers.get('accept') ?? '').includes('.sha')) return { body: commit.sha };
  const parent = repository.objects.commit(commit.parents[0] ?? '');
  const { items, headers } = paginate(call, repository.objects.diff(parent, commit));
  const files = items.map((each) => renderFile(repository, each, commit.sha, call.world.urls));
  const sum = (of: (file: (typeof files)[number]) => number) =>
    files.reduce((total, file) => total + of(file), 0);
  const [additions, deletions] = [sum((file) => file.additions), sum((file) => file.deletions)];
  return {
    body: {
      ...renderCommit(repository, commit, call.world.urls),
      stats: { total: additions + deletions, additions, deletions },
      files,
    },
    headers,
  };
}

export function renderCommit(repository: Repository, commit: Commit, urls: Urls) {
  const api = apiOf(repository, urls);
  const { sha } = commit;
  return {
    sha,
    node_id: nodeId('Commit', sha),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url: `${api}/commits/${sha}`,
    html_url: `${webOf(repository, urls)}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    author: null,
    committer: null,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${api}/commits/${parent}`,
      html_url: `${webOf(repository, urls)}/commit/${parent}`,
    })),
  };
}

export function renderFile(repository: Repository, change: FileChange, at: string, urls: Urls) {
  const { path, status, sha } = change;
  const { additions, deletions } = repository.objects.countLines(change);
  const place = path.split('/').map(encodeURIComponent).join('/');
  return {
    sha,
    filename: path,
    status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${webOf(repository, urls)}/blob/${at}/${place}`,
    raw_url: `${webOf(repository, urls)}/raw/${at}/${place}`,
    contents_url: `${apiOf(repository, urls)}/contents/${place}?ref=${at}`,
  };
}

/** `main...feature`: what the second has since both parted. Files are all on the first page, 300 at most. */
function compare(call: Call): Answer {
  const repository = repositoryOf(call);
  const { objects } = repository;
  const { urls } = call.world;
  const basehead = String(call.params['basehead']);
  const [baseName = '', headName = ''] = basehead.split('...');
  const base = resolveCommit(repository, baseName);
  const head = resolveCommit(repository, headName);
  if (base === undefined || head === undefined) throw notFound();
  const mergeBase = objects.mergeBase(base.sha, head.sha);
  if (mergeBase === undefined)
    throw new Refusal(404, `No common ancestor between ${baseName} and ${headName}.`);
  const ahead = objects.between(base.sha, head.sha);
  const behind = objects.between(head.sha, base.sha);
  const { items, headers } = paginate(call, ahead);
  const isFirstPage = Number(call.query['page'] ?? 1) <= 1;
  const files = isFirstPage ? objects.diff(mergeBase, head).slice(0, COMPARED_FILES) : [];
  const api = `${apiOf(repository, urls)}/compare`;
  const html = `${webOf(repository, urls)}/compare`;
  const permalink = `${html}/${base.sha}...${head.sha}`;
  return {
    body: {
      url: `${api}/${basehead}`,
      html_url: `${html}/${basehead}`,
      permalink_url: permalink,
      diff_url: `${html}/${basehead}.diff`,
      patch_url: `${html}/${basehead}.patch`,
      base_commit: renderCommit(repository, base, urls),
      merge_base_commit: renderCommit(repository, mergeBase, urls),
      status: compareWord(ahead.length, behind.length),
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: items.map((each) => renderCommit(repository, each, urls)),
      files: files.map((each) => renderFile(repository, each, head.sha, urls)),
    },
    headers,
  };
}

function compareWord(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

/** A file, as base64 in JSON or, when asked for it, as it is. */
function getContent(call: Call): Answer {
  const repository = repositoryOf(call);
  const path = String(call.params['path']);
  const commit = resolveCommit(repository, String(call.query['ref'] ?? repository.defaultBranch));
  const entry = commit && repository.objects.files(commit.tree).get(path);
  if (commit === undefined || entry === undefined || entry.mode === '160000') throw notFound();
  const { body } = repository.objects.read(entry.sha);
  if ((call.headers.get('accept') ?? '').includes('raw')) return { body: body.toString() };
  const file = renderFile(repository, { path, status: 'added', sha: entry.sha }, commit.sha, call.world.urls);
  const gitUrl = `${apiOf(repository, call.world.urls)}/git/blobs/${entry.sha}`;
  const isSmall = body.length <= CONTENT_LIMIT_BYTES;
  return {
    body: {
      type: 'file',
      encoding: isSmall ? 'base64' : 'none',
      size: body.length,
      name: path.split('/').at(-1) ?? path,
      path,
      content: isSmall ? body.toString('base64') : '',
      sha: entry.sha,
      url: file.contents_url,
      git_url: gitUrl,
      html_url: file.blob_url,
      download_url: file.raw_url,
      _links: { git: gitUrl, self: file.contents_url, html: file.blob_url },
    },
  };
}
