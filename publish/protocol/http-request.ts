import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatDuration } from '../format.ts';

/** Answers of the app and of storage are small; more than this is a mistake. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  /** Sent as they are; `content-length` is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | { readonly sizeBytes: number; readonly stream: Readable };
  /** Of the whole exchange. */
  readonly timeoutMs: number;
  /** For how long nothing may move. */
  readonly idleTimeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One request, one answer; no redirects, no retries. Rejects when there is no answer: out of reach, too slow, or
 * the signal was aborted. Not `fetch`: that can't stream a body of known size, which S3 insists on. Connections
 * are kept open by Node's global agents, which also know the proxy variables (NODE_USE_ENV_PROXY).
 */
export async function sendRequest(order: HttpRequest): Promise<HttpAnswer> {
  const signal = AbortSignal.any([order.signal, AbortSignal.timeout(Math.ceil(order.timeoutMs))]);
  signal.throwIfAborted();
  const send = order.url.startsWith('https:') ? requestHttps : requestHttp;
  const { body } = order;
  const sizeBytes = Buffer.isBuffer(body) ? body.length : body.sizeBytes;
  const request = send(order.url, {
    method: order.method,
    headers: { ...order.headers, 'content-length': String(sizeBytes) },
    signal,
  });
  const { idleTimeoutMs } = order;
  if (idleTimeoutMs !== undefined)
    request.setTimeout(idleTimeoutMs, () =>
      request.destroy(new Error(`nothing moved for ${formatDuration(idleTimeoutMs)}`)),
    );
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let answerBytes = 0;
      response.on('data', (chunk: Buffer) => {
        answerBytes += chunk.length;
        if (answerBytes > MAX_ANSWER_BYTES) request.destroy(new Error(`${order.url} answers too much`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
  });
  if (Buffer.isBuffer(body)) request.end(body);
  // A server may answer before it has read all (412, 403): then its answer counts, not the broken pipe.
  else pipeline(body.stream, request).catch((error: unknown) => request.destroy(error as Error));
  return await answer;
}
