import type { z } from 'zod';
import {
  BUILDER_PATHS,
  type BlobsReply,
  type BlobsRequest,
  type Complete,
  type Heartbeat,
  type HeartbeatReply,
  NONCE_HEADER,
  type UploadsReply,
  type UploadsRequest,
  blobsReplySchema,
  completeReplySchema,
  heartbeatReplySchema,
  logsReplySchema,
  uploadsReplySchema,
} from '../../contracts/build-report.ts';
import { type BuildSpec, buildSpecSchema } from '../../contracts/build-spec.ts';
import { backoffMs, isTransient, wait } from './backoff.ts';
import { type HttpAnswer, sendRequest } from './http-request.ts';
import type { Lifeline } from './lifeline.ts';

/** Of one try. A log batch is answered once it is durable, which may take ClickHouse a while. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Of one try of a claim or heartbeat, which cost the app little: an app that hangs is noticed within the lease. */
const SHORT_TIMEOUT_MS = 10_000;
const HEARTBEATS_PER_LEASE = 3;
/** Before the claim the lease is not known. */
const CLAIM_TIMEOUT_MS = 30_000;

/** The app will not hear more of this attempt (see the lifeline's cause), or the caller's signal was aborted. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/** The app has refused a request for good: a bug on one side, or a limit. The message is for people. */
export class AppRefusal extends Error {
  override readonly name = 'AppRefusal';
}

/** The app's builder endpoints. Every method retries by itself, within the lease. */
export interface AppClient {
  claim(): Promise<BuildSpec>;
  heartbeat(body: Heartbeat): Promise<HeartbeatReply>;
  /** `body` is the JSON text of a LogBatch. */
  sendLogs(body: string): Promise<void>;
  findBlobs(body: BlobsRequest, signal: AbortSignal): Promise<BlobsReply>;
  /** The URLs of the answer are absolute. */
  presignUploads(body: UploadsRequest, signal: AbortSignal): Promise<UploadsReply>;
  complete(body: Complete, signal: AbortSignal): Promise<void>;
}

export interface AppClientOptions {
  /** Where the app is reached, maybe below a path of a reverse proxy. */
  readonly appUrl: string;
  readonly token: string;
  readonly nonce: string;
  readonly lifeline: Lifeline;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

interface Call<Schema extends z.ZodType> {
  readonly path: string;
  readonly body: string;
  readonly schema: Schema;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Speaks the builder protocol. Retry lives here: while the app can't be reached or answers 5xx, a request is
 * repeated until no request of this client has been answered for as long as the lease lasts. Then, and on 401
 * and 410, the lifeline is stopped and all requests reject with RequestAborted.
 */
export function createAppClient(options: AppClientOptions): AppClient {
  const { appUrl, lifeline, monotonicMs, random } = options;
  const headers = {
    authorization: `Bearer ${options.token}`,
    [NONCE_HEADER]: options.nonce,
    'content-type': 'application/json',
  };
  let patienceMs = CLAIM_TIMEOUT_MS;
  let lastAnswerAt = monotonicMs();
  let lastProblem = 'it was never asked';

  const tryOnce = async (call: Call<z.ZodType>): Promise<HttpAnswer | undefined> => {
    const { body, signal, timeoutMs } = call;
    return await sendRequest({
      method: 'POST',
      url: appUrl.replace(/\/$/, '') + call.path,
      headers,
      body: Buffer.from(body),
      timeoutMs,
      signal,
    }).catch((error: unknown) => {
      lastProblem = String(error);
      return undefined;
    });
  };
  const checkAlive = (signal: AbortSignal): void => {
    if (monotonicMs() - lastAnswerAt >= patienceMs) lifeline.stop('unreachable');
    if (lifeline.cause() === 'unreachable')
      throw new RequestAborted(`The app could not be reached for ${patienceMs} ms: ${lastProblem}`);
    if (signal.aborted || lifeline.requests.aborted) throw new RequestAborted('The attempt is over.');
  };
  const send = async <Schema extends z.ZodType>(call: Call<Schema>): Promise<z.infer<Schema>> => {
    for (let failures = 0; ;) {
      const answer = await tryOnce(call);
      if (answer !== undefined && !isTransient(answer.status)) {
        lastAnswerAt = monotonicMs();
        return readAnswer(answer, call, lifeline);
      }
      if (answer !== undefined) lastProblem = `${call.path} answered ${answer.status}`;
      checkAlive(call.signal);
      const leaseLeftMs = lastAnswerAt + patienceMs - monotonicMs();
      await wait(Math.min(backoffMs(++failures, random), leaseLeftMs), call.signal);
      checkAlive(call.signal);
    }
  };
  const post = <Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
    { signal, timeoutMs = REQUEST_TIMEOUT_MS }: { signal?: AbortSignal; timeoutMs?: number } = {},
  ) =>
    send({
      path,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      schema,
      signal: signal === undefined ? lifeline.requests : AbortSignal.any([signal, lifeline.requests]),
      timeoutMs,
    });
  const shortTimeoutMs = () => Math.min(SHORT_TIMEOUT_MS, patienceMs / HEARTBEATS_PER_LEASE);

  return {
    async claim() {
      const spec = await post(BUILDER_PATHS.claim, { nonce: options.nonce }, buildSpecSchema, {
        timeoutMs: shortTimeoutMs(),
      });
      patienceMs = spec.leaseMs;
      return spec;
    },
    heartbeat: (body) =>
      post(BUILDER_PATHS.heartbeat, body, heartbeatReplySchema, { timeoutMs: shortTimeoutMs() }),
    async sendLogs(body) {
      await post(BUILDER_PATHS.logs, body, logsReplySchema);
    },
    findBlobs: (body, signal) => post(BUILDER_PATHS.blobs, body, blobsReplySchema, { signal }),
    async presignUploads(body, signal) {
      const { puts } = await post(BUILDER_PATHS.uploads, body, uploadsReplySchema, { signal });
      return { puts: puts.map(({ url, headers }) => ({ url: new URL(url, appUrl).href, headers })) };
    },
    async complete(body, signal) {
      await post(BUILDER_PATHS.complete, body, completeReplySchema, { signal });
    },
  };
}

function readAnswer<Schema extends z.ZodType>(
  answer: HttpAnswer,
  call: Call<Schema>,
  lifeline: Lifeline,
): z.infer<Schema> {
  const { status, body } = answer;
  if (status === 401 || status === 410) {
    lifeline.stop('revoked');
    throw new RequestAborted(`The app says that the attempt is over (${status}).`);
  }
  if (status < 200 || status > 299)
    throw new AppRefusal(`The app refused ${call.path} with ${status}: ${explain(body)}`);
  const parsed = call.schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw new AppRefusal(`The app's answer to ${call.path} is not understood: ${parsed.error.message}`);
}

/** The sentence of a problem document, or the beginning of whatever was answered. */
function explain(body: Buffer): string {
  const problem = parseJson(body) as { detail?: unknown; title?: unknown } | null | undefined;
  const sentence = problem?.detail ?? problem?.title;
  return typeof sentence === 'string' ? sentence : body.toString('utf8', 0, 300);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
