import type { Context } from 'hono';
import { Hono } from 'hono';
import type { Probot } from 'probot';
import type { DeliveryVerdict } from '../../db/github-deliveries.ts';
import type { AppEnv } from '../../http/guards.ts';
import { problem } from '../../http/problem.ts';
import { createPayloadReader } from './payload-reader.ts';
import { openProbot, type ProbotIdentity, type VerifiedWebhook } from './open-probot.ts';

/** GitHub caps payloads at this size. */
export const MAX_PAYLOAD_BYTES = 25 * 1024 * 1024;
/** What is refused beyond it is listed as failed by GitHub, and asked for again. */
const MAX_PAYLOAD_BYTES_AT_ONCE = 128 * 1024 * 1024;
/** GitHub waits no longer for the answer. */
const PAYLOAD_TIMEOUT_MS = 10_000;
const EVENT = /^[a-z0-9_]{1,64}$/;
const GUID = /^[\w-]{1,64}$/;
/** SHA-256 only: GitHub's older header is signed with SHA-1, and is not looked at. */
const SIGNATURE = /^sha256=[0-9a-f]{64}$/;
/** A byte order mark is part of what was signed. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface WebhookEndpointDependencies {
  /** The App as it is now; undefined while there is none. */
  readonly readGithubApp: () => Promise<ProbotIdentity | undefined>;
  /** Decides about a delivery in one transaction. `body` is the text that was signed. */
  readonly receiveDelivery: (webhook: VerifiedWebhook, body: string) => Promise<DeliveryVerdict>;
}

/**
 * `POST /api/github/webhooks`: what GitHub sends. It is answered 202, with what was decided, after the transaction that
 * decides has committed; GitHub shows the answer in its list of deliveries.
 */
export function createWebhookEndpoint(dependencies: WebhookEndpointDependencies): Hono<AppEnv> {
  const gateway = createGateway(dependencies);
  const readPayload = createPayloadReader({
    maxBytes: MAX_PAYLOAD_BYTES,
    maxBytesAtOnce: MAX_PAYLOAD_BYTES_AT_ONCE,
    timeoutMs: PAYLOAD_TIMEOUT_MS,
  });
  const app = new Hono<AppEnv>();
  app.post('/api/github/webhooks', async (context) => {
    const receiver = await gateway();
    if (receiver === undefined)
      return problem(context, 'unavailable', 'There is no GitHub App here yet: see /setup.');
    const headers = readHeaders(context);
    if (headers instanceof Response) return headers;
    const payload = await readPayload(context.req.raw);
    if (payload.outcome !== 'read') return refusePayload(context, payload.outcome);
    try {
      return await receive(context, receiver, headers, payload.bytes);
    } finally {
      payload.release();
    }
  });
  return app;
}

function refusePayload(context: Context, why: 'too_large' | 'too_slow' | 'busy'): Response {
  switch (why) {
    case 'too_large':
      return problem(context, 'payload_too_large', `A webhook has at most ${MAX_PAYLOAD_BYTES} bytes.`);
    case 'too_slow':
      return problem(
        context,
        'bad_request',
        `A webhook has to be here within ${PAYLOAD_TIMEOUT_MS / 1000} s.`,
      );
    case 'busy':
      return problem(context, 'unavailable', 'Too many webhooks come in at once: deliver it again.');
  }
}

interface Headers {
  readonly event: string;
  readonly guid: string;
  readonly signature: string;
}

function readHeaders(context: Context): Headers | Response {
  const event = context.req.header('x-github-event') ?? '';
  const guid = context.req.header('x-github-delivery') ?? '';
  const signature = context.req.header('x-hub-signature-256') ?? '';
  if (!EVENT.test(event) || !GUID.test(guid))
    return problem(context, 'bad_request', 'X-GitHub-Event or X-GitHub-Delivery is missing or malformed.');
  return SIGNATURE.test(signature) ? { event, guid, signature } : refuseSignature(context);
}

interface Receiver {
  readonly probot: Probot;
  readonly verdicts: WeakMap<object, DeliveryVerdict>;
  readonly bodies: WeakMap<object, string>;
}

/** Probot is made anew when the App's credentials have changed: /setup takes effect without a restart. */
function createGateway({ readGithubApp, receiveDelivery }: WebhookEndpointDependencies) {
  let current: { readonly key: string; readonly receiver: Promise<Receiver> } | undefined;
  return async (): Promise<Receiver | undefined> => {
    const identity = await readGithubApp();
    if (identity === undefined) return undefined;
    const key = JSON.stringify([
      identity.appId,
      identity.privateKey,
      identity.webhookSecret,
      identity.apiUrl,
    ]);
    if (current?.key !== key) current = { key, receiver: openReceiver(identity, receiveDelivery) };
    return current.receiver;
  };
}

async function openReceiver(
  identity: ProbotIdentity,
  receiveDelivery: WebhookEndpointDependencies['receiveDelivery'],
): Promise<Receiver> {
  const verdicts = new WeakMap<object, DeliveryVerdict>();
  const bodies = new WeakMap<object, string>();
  const probot = await openProbot(identity, async (webhook) => {
    const body = bodies.get(webhook.payload);
    if (body === undefined) throw new Error('Probot has handed on another payload than it was given');
    verdicts.set(webhook.payload, await receiveDelivery(webhook, body));
  });
  return { probot, verdicts, bodies };
}

async function receive(
  context: Context,
  { probot, verdicts, bodies }: Receiver,
  { event, guid, signature }: Headers,
  bytes: Uint8Array,
): Promise<Response> {
  const body = decode(bytes);
  if (body === undefined) return problem(context, 'bad_request', 'The body is not UTF-8.');
  if (body === '' || !(await probot.webhooks.verify(body, signature))) return refuseSignature(context);
  const payload = parseObject(body);
  if (payload === undefined)
    return problem(
      context,
      'invalid_json',
      'The body is no JSON object: set the content type to application/json.',
    );
  bodies.set(payload, body);
  await receiveVerified(probot, { id: guid, name: event, payload });
  return context.json(verdicts.get(payload) ?? null, 202);
}

function refuseSignature(context: Context): Response {
  return problem(
    context,
    'unauthorized',
    'X-Hub-Signature-256 is missing or does not fit: the webhook secret here and at GitHub differ.',
  );
}

/**
 * Probot gathers what its handlers throw; there is one handler, and its error says more than the sum. Without the event
 * that it hangs on it: the log is no place for somebody's payload.
 */
async function receiveVerified(
  probot: Probot,
  event: { readonly id: string; readonly name: string; readonly payload: Record<string, unknown> },
): Promise<void> {
  try {
    await probot.receive(event as unknown as Parameters<Probot['receive']>[0]);
  } catch (error) {
    const [cause] = error instanceof AggregateError ? error.errors : [error];
    if (cause instanceof Error && 'event' in cause) delete cause.event;
    throw cause;
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
