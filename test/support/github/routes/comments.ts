import { Refusal, notFound, unprocessable } from '../refusal.ts';
import { authorOf, paginate, repositoryOf, viaApp } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { isAtLeast, roleOf } from '../roles.ts';
import type { Comment } from '../state.ts';
import { addComment, changeComment, removeComment, renderComment } from '../comments.ts';

const BODY_LENGTH = 65_536;
const READ = ['issues:read', 'pull_requests:read'] as const;
const WRITE = ['issues:write', 'pull_requests:write'] as const;
const OF_ISSUE = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const ONE = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

export const commentRoutes: Routes = {
  [`GET ${OF_ISSUE}`]: { needs: READ, serve: listComments },
  [`POST ${OF_ISSUE}`]: { needs: WRITE, serve: createComment },
  [`GET ${ONE}`]: { needs: READ, serve: getComment },
  [`PATCH ${ONE}`]: { needs: WRITE, serve: updateComment },
  [`DELETE ${ONE}`]: { needs: WRITE, serve: deleteComment },
};

function numberOf(call: Call): number {
  const number = Number(call.params['issue_number']);
  if (!repositoryOf(call).pulls.has(number)) throw notFound();
  return number;
}

/** Oldest first. */
function listComments(call: Call): Answer {
  const repository = repositoryOf(call);
  const number = numberOf(call);
  const since = String(call.query['since'] ?? '');
  const all = [...repository.comments.values()].filter(
    (each) => each.number === number && each.updatedAt >= since,
  );
  const { items, headers } = paginate(call, all);
  return { body: items.map((each) => renderComment(repository, each, call.world.urls)), headers };
}

function createComment(call: Call): Answer {
  const repository = repositoryOf(call);
  const number = numberOf(call);
  const comment = addComment(call.world, repository, {
    number,
    body: bodyOf(call),
    user: authorOf(call),
    viaApp: viaApp(call),
  });
  return { status: 201, body: renderComment(repository, comment, call.world.urls) };
}

function bodyOf({ body }: Call): string {
  const text = String(body['body']);
  const refuse = (message: string) =>
    unprocessable({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message });
  if (text.trim() === '') throw refuse("Body can't be blank");
  if (text.length > BODY_LENGTH) throw refuse(`Body is too long (maximum is ${BODY_LENGTH} characters)`);
  return text;
}

function findComment(call: Call): Comment {
  const found = repositoryOf(call).comments.get(Number(call.params['comment_id']));
  if (found === undefined) throw notFound();
  return found;
}

function getComment(call: Call): Answer {
  return { body: renderComment(repositoryOf(call), findComment(call), call.world.urls) };
}

/** One's own; of others, whoever may write to the repository. An App with the permission may change all. */
function findChangeable(call: Call): Comment {
  const comment = findComment(call);
  const { caller } = call;
  const isAllowed =
    caller.kind !== 'user' ||
    caller.user.id === comment.user.id ||
    isAtLeast(roleOf(repositoryOf(call), caller.user), 'write');
  if (!isAllowed) throw new Refusal(403, 'Must have admin rights to Repository.');
  return comment;
}

function updateComment(call: Call): Answer {
  const repository = repositoryOf(call);
  const comment = findChangeable(call);
  changeComment(call.world, repository, comment, bodyOf(call), authorOf(call));
  return { body: renderComment(repository, comment, call.world.urls) };
}

function deleteComment(call: Call): Answer {
  removeComment(call.world, repositoryOf(call), findChangeable(call), authorOf(call));
  return { status: 204 };
}
