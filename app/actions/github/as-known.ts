import type { Transaction } from '../../db/database.ts';
import { findInstallation, findRepository } from '../../db/github-repositories.ts';
import type { PushWebhook } from '../../domain/github/parse-webhook.ts';

/**
 * An old push, without what it says of its repository: that may have been renamed, transferred or given to another
 * installation since. Undefined where the App has lost it meanwhile.
 */
export async function asKnown(tx: Transaction, push: PushWebhook): Promise<PushWebhook | undefined> {
  const known = await findRepository(tx, push.repository.id);
  const installationId = known?.installationId ?? push.installationId;
  const installation = await findInstallation(tx, installationId);
  if ((installation?.deletedAt ?? null) !== null || (known?.removedAt ?? null) !== null) return undefined;
  if (known === undefined) return push;
  const { fullName, htmlUrl, isPrivate } = known;
  const defaultBranch = known.defaultBranch ?? push.repository.defaultBranch;
  return {
    ...push,
    installationId,
    repository: { ...push.repository, fullName, htmlUrl, isPrivate, defaultBranch },
  };
}
