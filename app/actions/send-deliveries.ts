import type { Database } from '../db/database.ts';
import {
  claimDueDelivery,
  type ClaimedDelivery,
  type DeliveryResult,
  recordDelivery,
  releaseDelivery,
} from '../db/webhook-deliveries.ts';
import { decideDelivery, explainAnswer, MAX_DELIVERY_TRIES } from '../domain/decide-delivery.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { messageHeaders } from '../notifications/message-headers.ts';
import type { Answer, WebhookSender } from '../notifications/webhook-sender.ts';
import { openWebhook } from './seal-webhook.ts';

export interface SendDeliveriesDependencies {
  readonly db: Database;
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly webhookSender: Pick<WebhookSender, 'send'>;
  readonly now: () => number;
}

/** Longer than any try takes: whoever has not recorded one after this has died in the middle of it. */
const LOST_AFTER_MS = 30_000;
/** After this a job ends, though more may be due: the queue takes no job for alive for ever. */
const MAX_RUN_MS = 60_000;
/** What is on its way when the app stops may come to its end in this time: less than the queue waits for jobs. */
const STOP_GRACE_MS = 2500;

/**
 * Sends what is due, one after another, until nothing is. Any number of these may run anywhere: a delivery is claimed
 * in its row before it is sent, so no two send it at the same time. A try whose end nobody recorded is made again: a
 * receiver may hear of a thing twice, with the same id, but never not at all.
 */
export async function sendDeliveries(
  dependencies: SendDeliveriesDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { db, now } = dependencies;
  const endAt = now() + MAX_RUN_MS;
  const grace = signalAfter(signal, STOP_GRACE_MS);
  while (!signal.aborted && now() < endAt) {
    const at = now();
    const claimed = await claimDueDelivery(db, new Date(at), new Date(at + LOST_AFTER_MS));
    if (claimed === undefined) return;
    await sendOne(claimed, dependencies, grace);
  }
}

/** Aborts some time after another signal. */
function signalAfter(signal: AbortSignal, delayMs: number): AbortSignal {
  const later = new AbortController();
  const follow = () => void setTimeout(() => later.abort(), delayMs).unref();
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return later.signal;
}

async function sendOne(
  claimed: ClaimedDelivery,
  dependencies: SendDeliveriesDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { delivery } = claimed;
  const { db, now } = dependencies;
  const answer =
    delivery.tries > MAX_DELIVERY_TRIES ? NEVER_ENDED : await trySend(claimed, dependencies, signal);
  if (answer.outcome === 'aborted') await releaseDelivery(db, delivery, new Date(now()));
  else await recordDelivery(db, delivery, resultOf(delivery.tries, answer, now()));
}

type Ended = Exclude<Answer, { readonly outcome: 'aborted' }>;

/** All tries are used up, and nobody came to record the last one. */
const NEVER_ENDED: Ended = {
  outcome: 'unanswered',
  error: 'Offshoot ended in the middle of the last try.',
  tookMs: 0,
};

async function trySend(
  { delivery, webhook }: ClaimedDelivery,
  { secrets, webhookSender }: SendDeliveriesDependencies,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const { url, secret } = openWebhook(webhook, secrets);
    const { id, event, payload: body } = delivery;
    return await webhookSender.send(
      { url, headers: messageHeaders({ id, event, body }, secret), body },
      signal,
    );
  } catch (error) {
    if (!(error instanceof SealedTextError)) throw error;
    return { outcome: 'unanswered', error: SEALED, tookMs: 0 };
  }
}

const SEALED =
  'Its URL was sealed with a key that is gone: start Offshoot with the OFFSHOOT_SECRET_KEY of that time, or delete ' +
  'this webhook and add it anew.';

function resultOf(tries: number, answer: Ended, at: number): DeliveryResult {
  const isAnswered = answer.outcome === 'answered';
  const status = isAnswered ? answer.status : null;
  const retryAfterMs = isAnswered ? answer.retryAfterMs : null;
  const next = decideDelivery({ tries, status, retryAfterMs, at });
  return {
    status: next.status,
    dueAt: next.dueAt === null ? null : new Date(next.dueAt),
    responseStatus: status,
    responseBody: isAnswered ? answer.body : null,
    error: isAnswered ? explainAnswer(answer.status) : answer.error,
    tookMs: Math.round(answer.tookMs),
  };
}
