import type { Transaction } from '../../db/database.ts';
import {
  decideGithubDelivery,
  type DeliveryVerdict,
  findGithubDelivery,
  insertGithubDelivery,
  type ReceivedDelivery,
} from '../../db/github-deliveries.ts';
import { parseWebhook, parseWebhookSubject, type Webhook } from '../../domain/github/parse-webhook.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import {
  receiveInstallation,
  type ReceiveInstallationDependencies,
  receiveInstallationRepositories,
} from './receive-installation.ts';
import { type Received, receivePush } from './receive-push.ts';
import { receiveRepository } from './receive-repository.ts';

/** A webhook whose signature was verified. */
export interface Delivery {
  /** X-GitHub-Delivery. */
  readonly guid: string;
  /** X-GitHub-Event. */
  readonly event: string;
  readonly payload: unknown;
  /** The payload as it came. */
  readonly body: string;
}

export interface ReceiveDeliveryDependencies
  extends ApplyDecisionDependencies, ReceiveInstallationDependencies {
  readonly now: () => number;
}

/** Larger bodies are decided about, and not kept: they could not be replayed from a page either. */
const MAX_KEPT_BYTES = 1_000_000;

/**
 * Takes in a webhook: what it says is decided and written in one transaction, together with the delivery itself, so
 * that either all of it happened or GitHub is told that it did not. The same delivery again gets the same answer.
 */
export async function receiveDelivery(
  delivery: Delivery,
  dependencies: ReceiveDeliveryDependencies,
): Promise<DeliveryVerdict> {
  const received = await dependencies.db.transaction((tx) => receiveWithin(tx, delivery, dependencies));
  for (const id of received.changed) dependencies.hints.publish(id);
  return { outcome: received.outcome, reason: received.reason };
}

async function receiveWithin(
  tx: Transaction,
  delivery: Delivery,
  dependencies: ReceiveDeliveryDependencies,
): Promise<Received> {
  const { guid, event, payload } = delivery;
  const isNew = (await insertGithubDelivery(tx, rowOf(delivery, dependencies.now()))) !== undefined;
  if (!isNew) return readEarlier(tx, guid);
  const received = await actOnWebhook(tx, parseWebhook(event, payload), dependencies);
  await decideGithubDelivery(tx, guid, received);
  return received;
}

function rowOf({ guid, event, payload, body }: Delivery, now: number): ReceivedDelivery {
  return {
    guid,
    event,
    ...parseWebhookSubject(payload),
    // PostgreSQL keeps no NUL, which JSON can only hold escaped.
    payload: Buffer.byteLength(body) > MAX_KEPT_BYTES ? null : body,
    receivedAt: new Date(now),
  };
}

async function readEarlier(tx: Transaction, guid: string): Promise<Received> {
  const earlier = await findGithubDelivery(tx, guid);
  if (earlier === undefined) throw new Error('a delivery was there, and is gone');
  return { outcome: earlier.outcome, reason: earlier.reason, changed: [] };
}

/** What follows from a webhook. */
export async function actOnWebhook(
  tx: Transaction,
  webhook: Webhook,
  dependencies: ReceiveDeliveryDependencies,
): Promise<Received> {
  switch (webhook.kind) {
    case 'push':
      return receivePush(tx, webhook, dependencies);
    case 'installation':
      return receiveInstallation(tx, webhook, dependencies);
    case 'installation_repositories':
      return receiveInstallationRepositories(tx, webhook, dependencies);
    case 'repository':
      return receiveRepository(tx, webhook, dependencies);
    case 'ping':
      return {
        outcome: 'handled',
        reason: 'GitHub has tried whether it can reach this Offshoot.',
        changed: [],
      };
    case 'pull_request':
    case 'issue_comment':
    case 'check_run':
      return { outcome: 'ignored', reason: `Offshoot does nothing about ${webhook.kind} yet.`, changed: [] };
    case 'unknown':
      return { outcome: 'ignored', reason: webhook.reason, changed: [] };
  }
}
