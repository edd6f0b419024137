import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeId, renderRepository, renderUser } from './render.ts';
import { installationOf, takeId } from './state.ts';
import type { App, Delivery, Installation } from './state.ts';
import type { GitHubEvent, World } from './world.ts';
import { nowIso } from './world.ts';

/** However many are to be sent at the same time. */
const SENT_AT_ONCE = 50;
/** GitHub sends nothing that is larger. */
const PAYLOAD_LIMIT_BYTES = 25 * 1024 * 1024;
/** A webhook that is to come late is sent at last when nothing follows it for so long. */
const HELD_BACK_MS = 300;
const KEPT_ANSWER_LENGTH = 10_000;

/** Events that every App is told, whether it asked or not. */
export const UNASKED_EVENTS: readonly string[] = [
  'installation',
  'installation_repositories',
  'github_app_authorization',
];

export interface Webhooks {
  readonly emit: (event: GitHubEvent) => void;
  readonly redeliver: (delivery: Delivery) => void;
  /** Something is going on that will send webhooks, a push for one; until the answer is called. */
  readonly hold: () => () => void;
  /** When nothing is on its way any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface WebhookOptions {
  /** One after another, so that tests see the order in which things happened; or many at once, as GitHub does. */
  readonly inOrder: boolean;
  /** How long an answer is waited for. */
  readonly answerTimeoutMs: number;
}

interface Letter {
  readonly app: App;
  readonly url: string;
  readonly event: GitHubEvent;
  readonly installationId: number | null;
  readonly guid: string;
  readonly body: string;
}

/** Sends webhooks as GitHub does: signed, once, and never again by itself. */
export function createWebhooks(
  world: Pick<World, 'state' | 'urls' | 'now' | 'guid' | 'faults'>,
  { inOrder, answerTimeoutMs }: WebhookOptions,
): Webhooks {
  const pending = new Set<Promise<void>>();
  const held = new Map<number, () => void>();
  const stop = new AbortController();
  const lanes: Promise<void>[] = Array.from({ length: inOrder ? 1 : SENT_AT_ONCE }, () => Promise.resolve());
  let turn = 0;
  const sending = { stop: stop.signal, answerTimeoutMs };

  const track = (work: Promise<void>) => {
    const tracked: Promise<void> = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
    return tracked;
  };
  const keyOf = ({ event, installationId }: Letter) => event.repository?.id ?? installationId ?? 0;

  const queue = (letter: Letter, isRedelivery = false) => {
    const key = keyOf(letter);
    turn = (turn + 1) % lanes.length;
    const before = lanes[turn] ?? Promise.resolve();
    lanes[turn] = track(before.then(() => deliver(world, letter, isRedelivery, sending)));
    held.get(key)?.();
    held.delete(key);
  };

  const holdBack = (letter: Letter) => {
    const key = keyOf(letter);
    held.get(key)?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set(key, resolve);
    const timer = sleep(HELD_BACK_MS, undefined, { ref: false });
    const late = Promise.race([promise, timer]).then(() => {
      if (held.get(key) === resolve) held.delete(key);
      return deliver(world, letter, false, sending, lanes[turn]);
    });
    track(late).catch(() => undefined);
  };

  const send = (letter: Letter) => {
    const fault = world.faults.decideWebhook();
    if (fault === 'lost') return;
    if (fault === 'undelivered') return record(world, newDelivery(world, letter, false), TIMED_OUT);
    if (fault === 'reorder') return holdBack(letter);
    queue(letter);
    if (fault === 'duplicate') queue(letter);
    if (fault === 'copy') queue({ ...letter, guid: world.guid() });
  };

  return {
    emit: (event) => {
      const letter = addressTo(world, event);
      if (letter !== undefined && Buffer.byteLength(letter.body) <= PAYLOAD_LIMIT_BYTES) send(letter);
    },
    redeliver: (delivery) => {
      const { app } = world.state;
      if (app === null || app.hookUrl === null) return;
      const event = {
        name: delivery.event,
        payload: { action: delivery.action ?? undefined },
        sender: app.bot,
      };
      const repository = world.state.repositories.get(delivery.repositoryId ?? 0);
      const { guid, body, installationId } = delivery;
      const told = repository === undefined ? event : { ...event, repository };
      queue({ app, url: app.hookUrl, event: told, installationId, guid, body }, true);
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      void track(promise);
      return resolve;
    },
    async settled() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
    async close() {
      stop.abort();
      await this.settled();
    },
  };
}

/** Whether the App is told at all, and in which words. */
function addressTo(world: Pick<World, 'state' | 'urls' | 'guid'>, event: GitHubEvent): Letter | undefined {
  const { app } = world.state;
  if (app === null || app.hookUrl === null) return undefined;
  const installation = installationFor(world, event);
  const isUnasked = UNASKED_EVENTS.includes(event.name);
  const isWanted = installation !== undefined && installation.events.includes(event.name);
  if (!isUnasked && (!isWanted || installation.suspendedAt !== null)) return undefined;
  const installationId = installation?.id ?? event.installationId ?? null;
  const body = JSON.stringify(complete(world, event, installationId));
  return { app, url: app.hookUrl, event, installationId, guid: world.guid(), body };
}

function installationFor({ state }: Pick<World, 'state'>, event: GitHubEvent): Installation | undefined {
  if (event.installationId !== undefined) return state.installations.get(event.installationId);
  return event.repository === undefined ? undefined : installationOf(state, event.repository);
}

/** What every body ends with. */
function complete({ urls }: Pick<World, 'urls'>, event: GitHubEvent, installationId: number | null) {
  const { repository, sender } = event;
  const { organization: _, ...payload } = event.payload;
  const isOrganization = repository?.owner.type === 'Organization';
  return {
    ...payload,
    // A push's own repository differs from the rest's in its dates.
    ...(repository && { repository: payload['repository'] ?? renderRepository(repository, urls) }),
    ...(isOrganization && { organization: renderUser(repository.owner, urls) }),
    sender: renderUser(sender, urls),
    ...(installationId !== null && {
      installation: payload['installation'] ?? {
        id: installationId,
        node_id: nodeId('IntegrationInstallation', installationId),
      },
    }),
  };
}

function headersOf({ app, event, guid, body }: Letter): Record<string, string> {
  const sign = (algorithm: string) => createHmac(algorithm, app.webhookSecret).update(body).digest('hex');
  return {
    Accept: '*/*',
    'Content-Type': 'application/json',
    'User-Agent': 'GitHub-Hookshot/0000000',
    'X-GitHub-Delivery': guid,
    'X-GitHub-Event': event.name,
    'X-GitHub-Hook-ID': String(app.hookId),
    'X-GitHub-Hook-Installation-Target-ID': String(app.id),
    'X-GitHub-Hook-Installation-Target-Type': 'integration',
    ...(app.webhookSecret !== '' && {
      'X-Hub-Signature': `sha1=${sign('sha1')}`,
      'X-Hub-Signature-256': `sha256=${sign('sha256')}`,
    }),
  };
}

type Outcome = Pick<Delivery, 'statusCode' | 'status'> &
  Partial<Pick<Delivery, 'responseBody' | 'responseHeaders'>>;
const TIMED_OUT: Outcome = { statusCode: 504, status: 'timed out' };
const NOT_CONNECTED: Outcome = { statusCode: 502, status: 'failed to connect to host' };

interface Sending {
  readonly stop: AbortSignal;
  readonly answerTimeoutMs: number;
}

async function deliver(
  world: Pick<World, 'state' | 'now'>,
  letter: Letter,
  isRedelivery: boolean,
  sending: Sending,
  after?: Promise<void>,
): Promise<void> {
  await after;
  if (sending.stop.aborted) return;
  const delivery = newDelivery(world, letter, isRedelivery);
  const startedMs = world.now();
  const outcome = await post(delivery, sending);
  delivery.durationMs = world.now() - startedMs;
  record(world, delivery, outcome);
}

function newDelivery(world: Pick<World, 'state' | 'now'>, letter: Letter, isRedelivery: boolean): Delivery {
  const { event, guid, body, url, installationId } = letter;
  const action = event.payload['action'];
  return {
    id: takeId(world.state),
    guid,
    event: event.name,
    action: typeof action === 'string' ? action : null,
    installationId,
    repositoryId: event.repository?.id ?? null,
    isRedelivery,
    url,
    requestHeaders: headersOf(letter),
    body,
    deliveredAt: nowIso(world),
    durationMs: 0,
    statusCode: 0,
    status: '',
    responseHeaders: {},
    responseBody: '',
  };
}

/** It is listed once its end is known. */
function record({ state }: Pick<World, 'state'>, delivery: Delivery, outcome: Outcome): void {
  state.deliveries.push(Object.assign(delivery, outcome));
}

async function post({ url, body, requestHeaders }: Delivery, sending: Sending): Promise<Outcome> {
  const timeout = AbortSignal.timeout(sending.answerTimeoutMs);
  try {
    const signal = AbortSignal.any([timeout, sending.stop]);
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: requestHeaders,
      redirect: 'manual',
      signal,
    });
    const responseBody = (await answer.text()).slice(0, KEPT_ANSWER_LENGTH);
    const { status: statusCode } = answer;
    const status = answer.ok ? 'OK' : `Invalid HTTP Response: ${statusCode}`;
    return { statusCode, status, responseBody, responseHeaders: Object.fromEntries(answer.headers) };
  } catch {
    return timeout.aborted ? TIMED_OUT : NOT_CONNECTED;
  }
}
