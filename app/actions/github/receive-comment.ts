import type { Transaction } from '../../db/database.ts';
import { listProjectsOfRepository } from '../../db/github-repositories.ts';
import { parseCommentCommand } from '../../domain/github/parse-comment-command.ts';
import type { IssueCommentWebhook } from '../../domain/github/parse-webhook.ts';
import type { JobSender } from '../../jobs/queue.ts';
import { noteRepository } from './projects-of-repository.ts';
import type { Received } from './receive-push.ts';

export interface ReceiveCommentDependencies {
  readonly jobs: JobSender;
}

/**
 * Somebody has written under a pull request. What they may do only GitHub knows (`author_association` says something
 * else), so a command is written down, and a job asks and acts.
 */
export async function receiveComment(
  tx: Transaction,
  guid: string,
  comment: IssueCommentWebhook,
  { jobs }: ReceiveCommentDependencies,
): Promise<Received> {
  const ignored = whyIgnored(comment);
  if (ignored !== undefined) return { outcome: 'ignored', reason: ignored, changed: [] };
  await noteRepository(tx, comment.installationId, comment.repository);
  const { id: repositoryId, fullName } = comment.repository;
  if ((await listProjectsOfRepository(tx, repositoryId)).length === 0)
    return { outcome: 'ignored', reason: `No project belongs to ${fullName}.`, changed: [] };
  const { issueNumber: number, authorLogin: login, createdAt } = comment;
  await jobs.send(tx, 'answer-comment', {
    guid,
    repositoryId,
    number,
    login,
    createdAt: createdAt.getTime(),
  });
  const reason = `${login} asks to deploy #${number}. GitHub is asked whether they may.`;
  return { outcome: 'deferred', reason, changed: [] };
}

/** Of an edited comment nobody knows who has written which word of it, or when. */
function whyIgnored(comment: IssueCommentWebhook): string | undefined {
  const { action, isPullRequest, body, isByBot, viaAppId, authorLogin } = comment;
  if (action !== 'created') return 'Only new comments are read.';
  if (!isPullRequest) return 'The comment is on an issue.';
  if (parseCommentCommand(body) === undefined) return 'The comment asks for nothing.';
  if (isByBot || viaAppId !== null) return `${authorLogin} is a bot: a person has to ask for this.`;
  return undefined;
}
