import type { components } from '@octokit/openapi-types';
import { associationOf, nodeId, renderApp, renderPull, renderUser } from './render.ts';
import { fullNameOf, takeId } from './state.ts';
import type { App, Comment, Repository, User } from './state.ts';
import { takeExample } from './examples.ts';
import { nowIso } from './world.ts';
import type { Urls, World } from './world.ts';

interface NewComment {
  readonly number: number;
  readonly body: string;
  readonly user: User;
  readonly viaApp: App | null;
}

/** Comments of pull requests, by whomever: the API, or a person on the page. The App is told in each case. */
export function addComment(world: World, repository: Repository, added: NewComment): Comment {
  const moment = nowIso(world);
  const comment = { ...added, id: takeId(world.state), createdAt: moment, updatedAt: moment };
  repository.comments.set(comment.id, comment);
  tell(world, repository, comment, 'created', added.user);
  return comment;
}

export function changeComment(
  world: World,
  repository: Repository,
  comment: Comment,
  body: string,
  by: User,
): void {
  const changes = { body: { from: comment.body } };
  comment.body = body;
  comment.updatedAt = nowIso(world);
  tell(world, repository, comment, 'edited', by, { changes });
}

export function removeComment(world: World, repository: Repository, comment: Comment, by: User): void {
  repository.comments.delete(comment.id);
  tell(world, repository, comment, 'deleted', by);
}

function tell(
  world: World,
  repository: Repository,
  comment: Comment,
  action: 'created' | 'edited' | 'deleted',
  sender: User,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const payload = {
    action,
    ...more,
    issue: renderIssue(repository, comment.number, world.urls),
    comment: renderComment(repository, comment, world.urls),
  };
  world.emit({ name: 'issue_comment', payload, sender, repository });
}

/** A pull request as the issue that it is too. */
function renderIssue(repository: Repository, number: number, urls: Urls): Record<string, unknown> {
  const pull = repository.pulls.get(number);
  if (pull === undefined) throw new Error(`${fullNameOf(repository)} has no pull request ${number}`);
  const rendered = renderPull(pull, urls);
  const api = `${urls.api}/repos/${fullNameOf(repository)}`;
  const url = `${api}/issues/${number}`;
  const example = takeExample('issue_comment', 'created')['issue'] as Record<string, unknown>;
  const shared = [
    'title',
    'user',
    'body',
    'state',
    'created_at',
    'updated_at',
    'closed_at',
    'author_association',
    'draft',
    'html_url',
    'comments',
    'number',
    'locked',
    'assignee',
    'assignees',
    'milestone',
    'labels',
  ];
  return {
    ...example,
    ...Object.fromEntries(shared.map((key) => [key, rendered[key]])),
    id: pull.id,
    node_id: rendered['node_id'],
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    reactions: renderReactions(url),
    performed_via_github_app: null,
    pull_request: {
      url: rendered['url'],
      html_url: rendered['html_url'],
      diff_url: rendered['diff_url'],
      patch_url: rendered['patch_url'],
      merged_at: pull.mergedAt,
    },
  };
}

export function renderComment(
  repository: Repository,
  comment: Comment,
  urls: Urls,
): components['schemas']['issue-comment'] {
  const fullName = fullNameOf(repository);
  const url = `${urls.api}/repos/${fullName}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${urls.web}/${fullName}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${urls.api}/repos/${fullName}/issues/${comment.number}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: renderUser(comment.user, urls),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(repository, comment.user),
    body: comment.body,
    reactions: renderReactions(url),
    performed_via_github_app: comment.viaApp && renderApp(comment.viaApp, urls),
  };
}

const renderReactions = (url: string) => ({
  url: `${url}/reactions`,
  total_count: 0,
  '+1': 0,
  '-1': 0,
  laugh: 0,
  hooray: 0,
  confused: 0,
  heart: 0,
  rocket: 0,
  eyes: 0,
});
