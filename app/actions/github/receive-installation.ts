import type { Transaction } from '../../db/database.ts';
import {
  changeInstallation,
  markRepositoriesRemoved,
  noteInstallation,
  noteRepositories,
  removeRepositoriesOfInstallation,
  type SeenRepository,
} from '../../db/github-repositories.ts';
import type {
  InstallationRepositoriesWebhook,
  InstallationWebhook,
} from '../../domain/github/parse-webhook.ts';
import type { Received } from './receive-push.ts';

export interface ReceiveInstallationDependencies {
  readonly now: () => number;
  /** `https://github.com`: webhooks about installations leave it out of repositories. */
  readonly githubWebUrl: string;
}

/**
 * The App was installed, taken away, suspended or let work again. Repositories are noted only: however many there are,
 * nothing is built before somebody pushes. What is taken away stops to work and stays to be seen.
 */
export async function receiveInstallation(
  tx: Transaction,
  { action, installation, repositories }: InstallationWebhook,
  dependencies: ReceiveInstallationDependencies,
): Promise<Received> {
  const { id, accountId, accountLogin, suspendedAt, toldAt } = installation;
  const at = new Date(dependencies.now());
  if (!(await noteInstallation(tx, { id, accountId, accountLogin, toldAt }))) return OUTDATED;
  switch (action) {
    case 'created':
    case 'new_permissions_accepted':
      await noteRepositories(tx, repositories.map(seenIn(id, dependencies)));
      return handled(`The App is installed for ${accountLogin}, with ${count(repositories.length)}.`);
    case 'deleted':
      await changeInstallation(tx, id, { deletedAt: at });
      await removeRepositoriesOfInstallation(tx, id, at);
      return handled(`${accountLogin} has uninstalled the App. Its sites stay; nothing of it is built.`);
    case 'suspend':
      await changeInstallation(tx, id, { suspendedAt: suspendedAt ?? at });
      return handled(`The App is suspended for ${accountLogin}. Its sites stay; nothing of it is built.`);
    case 'unsuspend':
      await changeInstallation(tx, id, { suspendedAt: null });
      return handled(`The App may work for ${accountLogin} again.`);
  }
}

/** The App was given more repositories of an account, or fewer. */
export async function receiveInstallationRepositories(
  tx: Transaction,
  { installation, added, removedIds }: InstallationRepositoriesWebhook,
  dependencies: ReceiveInstallationDependencies,
): Promise<Received> {
  const { id, accountId, accountLogin, toldAt } = installation;
  if (!(await noteInstallation(tx, { id, accountId, accountLogin, toldAt }))) return OUTDATED;
  await noteRepositories(tx, added.map(seenIn(id, dependencies)));
  await markRepositoriesRemoved(tx, id, removedIds, new Date(dependencies.now()));
  return handled(
    `${accountLogin} gave the App ${count(added.length)}, and took away ${count(removedIds.length)}.`,
  );
}

const OUTDATED: Received = {
  outcome: 'ignored',
  reason: 'A newer webhook has told how this installation is since.',
  changed: [],
};

function seenIn(installationId: number, { githubWebUrl }: ReceiveInstallationDependencies) {
  return (listed: InstallationWebhook['repositories'][number]): SeenRepository => ({
    ...listed,
    installationId,
    htmlUrl: new URL(listed.fullName, githubWebUrl).href,
  });
}

function count(repositories: number): string {
  return repositories === 1 ? '1 repository' : `${repositories} repositories`;
}

function handled(reason: string): Received {
  return { outcome: 'handled', reason, changed: [] };
}
