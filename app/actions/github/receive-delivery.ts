import type { Executor, Transaction } from '../../db/database.ts';
import {
  type DecidedDelivery,
  type DeliveryVerdict,
  findGithubDelivery,
  insertGithubDelivery,
} from '../../db/github-deliveries.ts';
import { parseWebhook, parseWebhookSubject, type Webhook } from '../../domain/github/parse-webhook.ts';
import { type HintSender, holdHints } from '../../jobs/hint-jobs.ts';
import type { ApplyDecisionDependencies } from './apply-branch-decision.ts';
import { receiveCheckRun } from './receive-check-run.ts';
import { receiveComment } from './receive-comment.ts';
import {
  receiveInstallation,
  type ReceiveInstallationDependencies,
  receiveInstallationRepositories,
} from './receive-installation.ts';
import { receivePullRequest } from './receive-pull-request.ts';
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
  readonly jobHints: Pick<HintSender, 'send'>;
}

/** Larger bodies are decided about, and not kept: they could not be replayed from a page either. */
const MAX_KEPT_BYTES = 1_000_000;

/** Rolls back what was done about a delivery that is here already. */
class TakenBefore extends Error {}

/**
 * Takes in a webhook: what it says is decided and written in one transaction, together with the delivery itself, so
 * that either all of it happened or GitHub is told that it did not. The same delivery again gets the same answer.
 */
export async function receiveDelivery(
  delivery: Delivery,
  dependencies: ReceiveDeliveryDependencies,
): Promise<DeliveryVerdict> {
  const { db, jobHints, hints } = dependencies;
  const { jobs, held } = holdHints(dependencies.jobs);
  try {
    const received = await db.transaction((tx) => receiveWithin(tx, delivery, { ...dependencies, jobs }));
    jobHints.send(held);
    for (const id of received.changed) hints.publish(id);
    return { outcome: received.outcome, reason: received.reason };
  } catch (error) {
    if (error instanceof TakenBefore) return readEarlier(db, delivery.guid);
    throw error;
  }
}

async function receiveWithin(
  tx: Transaction,
  delivery: Delivery,
  dependencies: ReceiveDeliveryDependencies,
): Promise<Received> {
  const { guid, event, payload } = delivery;
  const received = await actOnWebhook(tx, guid, parseWebhook(event, payload), dependencies);
  const isNew = await insertGithubDelivery(tx, rowOf(delivery, received, dependencies.now()));
  if (!isNew) throw new TakenBefore();
  return received;
}

function rowOf(
  { guid, event, payload, body }: Delivery,
  { outcome, reason }: DeliveryVerdict,
  now: number,
): DecidedDelivery {
  return {
    outcome,
    reason,
    guid,
    event,
    ...parseWebhookSubject(payload),
    // PostgreSQL keeps no NUL, which JSON can only hold escaped.
    payload: Buffer.byteLength(body) > MAX_KEPT_BYTES ? null : body,
    receivedAt: new Date(now),
  };
}

async function readEarlier(db: Executor, guid: string): Promise<DeliveryVerdict> {
  const earlier = await findGithubDelivery(db, guid);
  if (earlier === undefined) throw new Error('a delivery was there, and is gone');
  return { outcome: earlier.outcome, reason: earlier.reason };
}

/** What follows from a webhook. */
export async function actOnWebhook(
  tx: Transaction,
  guid: string,
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
      return receivePullRequest(tx, webhook, dependencies);
    case 'issue_comment':
      return receiveComment(tx, guid, webhook, dependencies);
    case 'check_run':
      return receiveCheckRun(webhook);
    case 'unknown':
      return { outcome: 'ignored', reason: webhook.reason, changed: [] };
  }
}
