import type { components } from '@octokit/openapi-types';
import { relocate, takeExample } from './examples.ts';
import { fullNameOf } from './state.ts';
import type { App, Installation, PullRequest, Repository, User } from './state.ts';
import type { Urls } from './world.ts';

type Json = Record<string, unknown>;
export type SimpleUser = components['schemas']['simple-user'];

/** As GitHub's GraphQL names things; only opaque to us. */
export const nodeId = (kind: string, id: number | string) => Buffer.from(`0:${kind}${id}`).toString('base64');

export function renderUser(user: User, urls: Urls): SimpleUser {
  const api = `${urls.api}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId(user.type, user.id),
    avatar_url: `${urls.web}/avatars/u/${user.id}`,
    gravatar_id: '',
    url: api,
    html_url: `${urls.web}/${user.type === 'Bot' ? `apps/${user.login.replace('[bot]', '')}` : user.login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

const EXAMPLE_NAME = 'Codertocat/Hello-World';
let repositoryExample: string | undefined;

export function renderRepository(repository: Repository, urls: Urls): Json {
  repositoryExample ??= JSON.stringify(
    (takeExample('pull_request', 'opened')['repository'] as Json | undefined) ?? {},
  );
  const fullName = fullNameOf(repository);
  const pulls = [...repository.pulls.values()].filter(({ state }) => state === 'open').length;
  return {
    ...(JSON.parse(relocateFrom(repositoryExample, fullName, urls)) as Json),
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.isPrivate,
    visibility: repository.isPrivate ? 'private' : 'public',
    owner: renderUser(repository.owner, urls),
    html_url: `${urls.web}/${fullName}`,
    fork: repository.parent !== null,
    default_branch: repository.defaultBranch,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
    language: null,
    open_issues_count: pulls,
    open_issues: pulls,
    forks_count: 0,
    forks: 0,
    topics: [],
    has_discussions: false,
    is_template: false,
    web_commit_signoff_required: false,
  };
}

/** The example's own repository differs from event to event. */
function relocateFrom(json: string, fullName: string, urls: Urls): string {
  const from = (JSON.parse(json) as { full_name?: string }).full_name ?? EXAMPLE_NAME;
  return relocate(json, from, fullName, urls);
}

/** The few words about a repository in an installation's webhooks. */
export const renderBriefly = (repository: Repository) => ({
  id: repository.id,
  node_id: nodeId('Repository', repository.id),
  name: repository.name,
  full_name: fullNameOf(repository),
  private: repository.isPrivate,
});

export function renderApp(app: App, urls: Urls) {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    client_id: app.clientId,
    owner: renderUser(app.owner, urls),
    name: app.name,
    description: app.description,
    external_url: app.externalUrl,
    html_url: `${urls.web}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: { ...app.permissions },
    events: [...app.events],
  };
}

export function renderInstallation(installation: Installation, app: App, urls: Urls) {
  const { id, account } = installation;
  return {
    id,
    client_id: app.clientId,
    account: renderUser(account, urls),
    repository_selection: installation.selection,
    access_tokens_url: `${urls.api}/app/installations/${id}/access_tokens`,
    repositories_url: `${urls.api}/installation/repositories`,
    html_url: `${urls.web}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: { ...installation.permissions },
    events: [...installation.events],
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedAt === null ? null : renderUser(account, urls),
    suspended_at: installation.suspendedAt,
  };
}

let pullExample: string | undefined;

export function renderPull(pull: PullRequest, urls: Urls): Json {
  const { repository, number } = pull;
  pullExample ??= JSON.stringify(takeExample('pull_request', 'opened')['pull_request']);
  const example = JSON.parse(pullExample) as { url: string; html_url: string; statuses_url: string };
  const [, from = EXAMPLE_NAME, theirs = '1'] = /repos\/([^/]+\/[^/]+)\/pulls\/(\d+)/.exec(example.url) ?? [];
  const theirSha = example.statuses_url.split('/').at(-1) ?? '';
  const text = pullExample
    .replaceAll(new RegExp(`/(pulls?|issues)/${theirs}(?=["/.])`, 'g'), `/$1/${number}`)
    .replaceAll(theirSha, pull.headSha);
  const changes = repository.objects.diff(
    repository.objects.mergeBase(pull.baseSha, pull.headSha),
    repository.objects.commit(pull.headSha),
  );
  return {
    ...(JSON.parse(relocate(text, from, fullNameOf(repository), urls)) as Json),
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number,
    state: pull.state,
    title: pull.title,
    body: pull.body,
    user: renderUser(pull.user, urls),
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergedSha,
    head: renderSide(pull.headRepository, pull.headOwner, pull.headRef, pull.headSha, urls),
    base: renderSide(repository, repository.owner, pull.baseRef, pull.baseSha, urls),
    draft: pull.isDraft,
    merged: pull.mergedAt !== null,
    merged_by: pull.mergedAt === null ? null : renderUser(repository.owner, urls),
    author_association: associationOf(repository, pull.user),
    comments: [...repository.comments.values()].filter((each) => each.number === number).length,
    commits: repository.objects.between(pull.baseSha, pull.headSha).length,
    changed_files: changes.length,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: [],
    milestone: null,
    auto_merge: null,
  };
}

function renderSide(repository: Repository | null, owner: User, ref: string, sha: string, urls: Urls): Json {
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: renderUser(owner, urls),
    repo: repository === null ? null : renderRepository(repository, urls),
  };
}

export function associationOf(repository: Repository, user: User) {
  if (repository.owner.id === user.id) return 'OWNER' as const;
  return repository.roles.has(user.login.toLowerCase()) ? ('COLLABORATOR' as const) : ('NONE' as const);
}
