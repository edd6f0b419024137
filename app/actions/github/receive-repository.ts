import type { Transaction } from '../../db/database.ts';
import { markRepositoriesRemoved, takeRepositoryWord } from '../../db/github-repositories.ts';
import { followDefaultBranch, followRepository } from '../../db/repository-projects.ts';
import type { RepositoryWebhook } from '../../domain/github/parse-webhook.ts';
import { noteRepository } from './projects-of-repository.ts';
import type { Received } from './receive-push.ts';

export interface ReceiveRepositoryDependencies {
  readonly now: () => number;
}

/** A repository was renamed, transferred, deleted, or its default branch is another one: its projects follow. */
export async function receiveRepository(
  tx: Transaction,
  { action, installationId, repository, previousDefaultBranch }: RepositoryWebhook,
  { now }: ReceiveRepositoryDependencies,
): Promise<Received> {
  if (!(await takeRepositoryWord(tx, repository)))
    return {
      outcome: 'ignored',
      reason: 'A newer webhook has told how this repository is since.',
      changed: [],
    };
  await noteRepository(tx, installationId, repository);
  if (action === 'deleted') {
    await markRepositoriesRemoved(tx, installationId, [repository.id], new Date(now()));
    return handled(`${repository.fullName} was deleted. Its sites stay; nothing of it is built.`);
  }
  await followRepository(tx, repository);
  if (previousDefaultBranch !== null) {
    await followDefaultBranch(tx, repository, previousDefaultBranch);
    return handled(`The default branch of ${repository.fullName} is ${repository.defaultBranch} now.`);
  }
  return handled(`${repository.fullName} was ${action}.`);
}

function handled(reason: string): Received {
  return { outcome: 'handled', reason, changed: [] };
}
