import type { CheckRunWebhook } from '../../domain/github/parse-webhook.ts';
import type { Received } from './receive-push.ts';

/**
 * Offshoot tells what it has to say by commit statuses and makes no check runs, so there is none that somebody could have
 * asked to run again: GitHub tells of other Apps' runs, and they are none of ours. A commit is deployed again by its
 * deployment's page, or by a comment.
 */
export function receiveCheckRun({ action, headSha }: CheckRunWebhook): Received {
  const commit = headSha.slice(0, 7);
  const reason =
    action === 'rerequested'
      ? `A check run of ${commit} is to run again, and none of them is Offshoot’s: redeploy it on its page, or write /deploy under its pull request.`
      : `A check run of ${commit} is none of Offshoot’s, which reports by commit statuses.`;
  return { outcome: 'ignored', reason, changed: [] };
}
