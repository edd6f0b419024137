import { type GithubResult, isPassing } from '../../domain/github-failure.ts';
import type { Octokit } from '../../github/client/app-octokit.ts';
import type { CallOptions } from '../../github/client/call-github.ts';
import { type PaceDependencies, paceRead } from '../../github/client/pace-writes.ts';
import type { JobName, JobPayload, JobSender } from '../../jobs/queue.ts';
import type { Executor } from '../../db/database.ts';
import type { GithubConnection } from '../github-connection.ts';
import { GithubCallFailed } from './github-call-failed.ts';

export interface AskGithubDependencies extends CallOptions {
  readonly github: GithubConnection;
  readonly githubPace: PaceDependencies;
}

/** Asks in the name of an installation, and answers what GitHub said, or why it did not. */
export type AskGithub = <Value>(
  read: (client: Octokit) => Promise<GithubResult<Value>>,
) => Promise<GithubResult<Value>>;

/** How an installation is asked: not while GitHub wants silence. Throws GithubCallFailed while there is no App. */
export async function openQuestions(
  installationId: number,
  { github, githubPace }: AskGithubDependencies,
): Promise<AskGithub> {
  const connection = await github.read();
  if (connection.state !== 'ready') throw new GithubCallFailed('There is no GitHub App here.');
  const client = connection.clients.installation(installationId);
  return async (read) => {
    const paced = await paceRead(installationId, () => read(client), githubPace);
    if (paced.outcome === 'wait')
      throw new GithubCallFailed('GitHub asks for silence.', { retryAt: paced.until });
    return paced.result;
  };
}

/** The answer; throws GithubCallFailed where there is none. `isFinal`: asking again would be of no use. */
export function answerOf<Value>(result: GithubResult<Value>): Value {
  if (result.ok) return result.value;
  const { failure } = result;
  throw isPassing(failure)
    ? new GithubCallFailed(failure.message, { retryAt: failure.retryAt })
    : new GithubCallFailed(failure.message, { isFinal: true });
}

/**
 * Does a job's work. Where GitHub names a time before which it is not to be asked, the job comes again then: the tries of
 * this one would be used up before. What it refuses for good is given up: webhooks, and rounds, tell when that changes.
 */
export async function orComeAgain<Name extends JobName>(
  job: { readonly name: Name; readonly payload: JobPayload<Name> },
  { db, jobs }: { readonly db: Executor; readonly jobs: JobSender },
  work: () => Promise<void>,
): Promise<void> {
  await work().catch(async (error: unknown) => {
    if (error instanceof GithubCallFailed && error.isFinal) return;
    if (!(error instanceof GithubCallFailed) || error.retryAt === null) throw error;
    await jobs.send(db, job.name, job.payload, { startAfter: new Date(error.retryAt) });
  });
}
