import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainNetworkError } from '../../network/explain-network-error.ts';
import { hostOf, planRoute, type Route, type RouteOptions } from '../../network/plan-route.ts';
import { routeAgent } from '../../network/route-agent.ts';
import { parseRetryAfter } from '../domain/parse-retry-after.ts';

/** From looking the host up to the head of its answer. */
export const SEND_TIMEOUT_MS = 10_000;
/** Once the head is there the body can't change what it says: it is for people who look for what went wrong. */
const BODY_TIMEOUT_MS = 2000;
const MAX_BODY_BYTES = 2000;

export interface WebhookSenderOptions extends Omit<RouteOptions, 'signal'> {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** SEND_TIMEOUT_MS by default. */
  readonly timeoutMs?: number;
}

export interface OutgoingMessage {
  /** From parseWebhookUrl. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      /** Its beginning, as text that a database keeps and a page shows. */
      readonly body: string;
      readonly retryAfterMs: number | null;
      readonly tookMs: number;
    }
  /** `error` is a sentence for people, without the URL, which may be a secret. */
  | { readonly outcome: 'unanswered'; readonly error: string; readonly tookMs: number }
  /** By the caller's signal. */
  | { readonly outcome: 'aborted' };

export interface WebhookSender {
  /** Sends once, and never throws. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<Answer>;
  /** Whether a URL may be sent to, as things are now; if not, a sentence for people. */
  check(url: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
}

/**
 * Sends to hosts that people name. Each time the host's addresses are looked up, checked and connected to as they
 * were checked, so that a name that leads elsewhere by now (DNS rebinding) leads nowhere. Redirects are not followed:
 * they could lead anywhere.
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { now, timeoutMs = SEND_TIMEOUT_MS } = options;
  return {
    async send(message, signal) {
      const startedAt = now();
      const url = new URL(message.url);
      const timeout = AbortSignal.timeout(timeoutMs);
      const both = AbortSignal.any([signal, timeout]);
      try {
        const response = await post(
          url,
          message,
          await routeTo(url, { ...options, signal: both }),
          options,
          both,
        );
        const body = await readBeginning(response, signal);
        const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now());
        const status = response.statusCode ?? 0;
        return { outcome: 'answered', status, body, retryAfterMs, tookMs: now() - startedAt };
      } catch (error) {
        if (signal.aborted) return { outcome: 'aborted' };
        const sentence = timeout.aborted ? sayTimeout(url, timeoutMs) : explain(error, url);
        return { outcome: 'unanswered', error: sentence, tookMs: now() - startedAt };
      }
    },
    async check(text) {
      const url = new URL(text);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        await routeTo(url, { ...options, signal });
        return { ok: true };
      } catch (error) {
        return { ok: false, message: signal.aborted ? sayTimeout(url, timeoutMs) : explain(error, url) };
      }
    },
  };
}

class Refusal extends Error {}

async function routeTo(url: URL, options: RouteOptions): Promise<Route> {
  const planned = await planRoute(url, options);
  if (planned.ok) return planned.route;
  if (planned.problem === 'no_address')
    throw new Refusal(`The host ${hostOf(url)} has no address: check the URL.`);
  throw new Refusal(
    `${hostOf(url)} is not a public host: it leads to a loopback, private or reserved address. Set OFFSHOOT_ALLOW_PRIVATE_WEBHOOKS=true to allow that.`,
  );
}

/** The head of the answer, whose body still comes. */
function post(
  url: URL,
  { headers, body }: OutgoingMessage,
  route: Route,
  { environment }: WebhookSenderOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const agent = routeAgent(url, route, environment);
  const { request } = url.protocol === 'https:' ? https : http;
  const outgoing = request(url, { method: 'POST', headers, agent, signal }, resolve);
  outgoing.on('error', reject);
  // Without a listener a switch of protocols would end in silence.
  outgoing.on('upgrade', (_response, socket) => {
    socket.destroy();
    reject(new Refusal(`${hostOf(url)} answered with another protocol than HTTP.`));
  });
  outgoing.end(body);
  return promise;
}

/** However much or little comes, and however slowly: the beginning, within a bounded time. */
async function readBeginning(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes >= MAX_BODY_BYTES) return;
    }
  };
  // What breaks off in the middle has begun all the same.
  const reading = read().catch(() => undefined);
  await Promise.race([
    reading,
    sleep(BODY_TIMEOUT_MS, undefined, { ref: false, signal }).catch(() => undefined),
  ]);
  response.destroy();
  return toKeepableText(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES));
}

/** PostgreSQL keeps no NUL, and pages show no control characters; line breaks and tabs stay. */
function toKeepableText(bytes: Buffer): string {
  return new TextDecoder().decode(bytes).replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}

function sayTimeout(url: URL, timeoutMs: number): string {
  return `${hostOf(url)} did not answer within ${timeoutMs / 1000} seconds.`;
}

function explain(error: unknown, url: URL): string {
  if (error instanceof Refusal) return error.message;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return `${hostOf(url)} closed the connection without an answer.`;
  if (code.startsWith('HPE_')) return `${hostOf(url)} answered something that is not HTTP (${code}).`;
  return explainNetworkError(error, hostOf(url), 'URL');
}
