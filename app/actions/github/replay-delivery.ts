import type { Transaction } from '../../db/database.ts';
import {
  findGithubDelivery,
  type GithubDeliveryRow,
  hasNewerDelivery,
  lockGithubDelivery,
  markReplayed,
} from '../../db/github-deliveries.ts';
import { parseWebhook, type Webhook } from '../../domain/github/parse-webhook.ts';
import { actOnWebhook, type ReceiveDeliveryDependencies } from './receive-delivery.ts';
import { asKnown } from './as-known.ts';
import type { Received } from './receive-push.ts';

export type ReplayResult =
  | { readonly outcome: 'replayed'; readonly delivery: GithubDeliveryRow }
  | { readonly outcome: 'not_found' }
  /** It was too large to be kept: only GitHub has it. */
  | { readonly outcome: 'not_kept' };

/**
 * Decides about a delivery once more, as if it came now: what was decided then may have been wrong, or was about a
 * program that has learned since. A push that is old by now moves no branch back, as a late one does not; GitHub is
 * asked, where it matters.
 */
export async function replayDelivery(
  guid: string,
  dependencies: ReceiveDeliveryDependencies,
): Promise<ReplayResult> {
  const { db, hints } = dependencies;
  const { result, changed } = await db.transaction((tx) => replayWithin(tx, guid, dependencies));
  for (const id of changed) hints.publish(id);
  return result;
}

interface Replayed {
  readonly result: ReplayResult;
  readonly changed: readonly string[];
}

async function replayWithin(
  tx: Transaction,
  guid: string,
  dependencies: ReceiveDeliveryDependencies,
): Promise<Replayed> {
  // Two people who press the button at once are decided about one after the other.
  const delivery = await lockGithubDelivery(tx, guid);
  if (delivery === undefined) return { result: { outcome: 'not_found' }, changed: [] };
  if (delivery.payload === null) return { result: { outcome: 'not_kept' }, changed: [] };
  const webhook = parseWebhook(delivery.event, JSON.parse(delivery.payload));
  const received = await decide(tx, delivery, webhook, dependencies);
  await markReplayed(tx, guid, received, new Date(dependencies.now()));
  const replayed = await findGithubDelivery(tx, guid);
  if (replayed === undefined) throw new Error('a delivery was locked, and is gone');
  return { result: { outcome: 'replayed', delivery: replayed }, changed: received.changed };
}

/** What repositories and installations are, a newer webhook tells better; what one did to branches is decided anew. */
async function decide(
  tx: Transaction,
  delivery: GithubDeliveryRow,
  webhook: Webhook,
  dependencies: ReceiveDeliveryDependencies,
): Promise<Received> {
  if (TELLS_STATE.has(webhook.kind) && (await hasNewerDelivery(tx, delivery)))
    return ignore('A newer webhook has told how this is since; the old one would undo that.');
  if (webhook.kind !== 'push') return actOnWebhook(tx, delivery.guid, webhook, dependencies);
  const push = await asKnown(tx, webhook);
  return push === undefined
    ? ignore('The App has no access to this repository any more.')
    : actOnWebhook(tx, delivery.guid, push, dependencies);
}

const TELLS_STATE: ReadonlySet<Webhook['kind']> = new Set<Webhook['kind']>([
  'installation',
  'installation_repositories',
  'repository',
]);

function ignore(reason: string): Received {
  return { outcome: 'ignored', reason, changed: [] };
}
