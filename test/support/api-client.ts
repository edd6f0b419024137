import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve, type ServerType } from '@hono/node-server';
import { ApiSchema, type OpenApiDocument } from './api-schema.ts';

type Options = Parameters<typeof serve>[0];

export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  /** Parsed when it is JSON of any kind, else text. */
  readonly body: T;
}

export interface ApiCall {
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string;
}

/** A Hono app behind a real socket on loopback. */
export interface TestServer {
  readonly port: number;
  /** One request with exactly these headers (Host too, which fetch would not let us choose). */
  send(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export async function serveForTest(
  fetch: Options['fetch'],
  websocket?: Options['websocket'],
): Promise<TestServer> {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1', ...(websocket && { websocket }) });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    send: (method, path, call = {}) => send(port, method, path, call),
    close: () => close(server),
  };
}

/** What listens on a port of this machine already. */
export function serverAt(port: number): Pick<TestServer, 'send'> {
  return { send: (method, path, call = {}) => send(port, method, path, call) };
}

/**
 * Calls the API as a program does, and fails when any answer is an internal error or not what
 * /openapi.json promises.
 */
export class ApiClient {
  readonly #server: TestServer;
  readonly #token: string;
  readonly #errors: readonly unknown[];
  #schema: ApiSchema | undefined;

  /** `errors` is what the app has logged: the newest one explains an internal error. */
  constructor(server: TestServer, token: string, errors: readonly unknown[]) {
    this.#server = server;
    this.#token = token;
    this.#errors = errors;
  }

  async schema(): Promise<ApiSchema> {
    this.#schema ??= new ApiSchema((await this.#server.send('GET', '/openapi.json')).body as OpenApiDocument);
    return this.#schema;
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    call: ApiCall = {},
  ): Promise<ApiAnswer<T>> {
    const headers = { authorization: `Bearer ${this.#token}`, ...call.headers };
    const answer = await this.#server.send(method, path, { ...call, headers });
    if (answer.status === 500) throw new Error(`${method} ${path} failed`, { cause: this.#errors.at(-1) });
    const contentType = answer.headers['content-type'];
    const problems = (await this.schema()).check(method, path.split('?')[0] ?? path, {
      status: answer.status,
      contentType: typeof contentType === 'string' ? contentType : null,
      body: answer.body,
    });
    if (problems.length > 0)
      throw new Error(`${problems.join('\n')}\n${JSON.stringify(answer.body, null, 2)}`);
    return answer as ApiAnswer<T>;
  }
}

function send(port: number, method: string, path: string, call: ApiCall): Promise<ApiAnswer> {
  const body = call.raw ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
  const headers = {
    ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...call.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /[/+]json/.test(incoming.headers['content-type'] ?? '') && text !== '';
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: isJson ? JSON.parse(text) : text,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function close(server: ServerType): Promise<void> {
  server.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await once(server, 'close');
}
