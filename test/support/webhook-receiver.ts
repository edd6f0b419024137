import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came: signatures are of these bytes. */
  readonly raw: Buffer;
}

/** What the receiver does with one request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Whom webhooks tell, on a real socket of this machine. It answers 200 unless a test says otherwise. */
export interface WebhookReceiver {
  readonly origin: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Requests that are being answered at this moment, and the most that there ever were. */
  readonly open: { now: number; most: number };
  /** What to do with the next requests, one after another; then it answers 200 again. */
  next(...behaviours: Behaviour[]): void;
  /** Connections are refused from now on. */
  close(): Promise<void>;
}

export const answer =
  (status: number, body = '', headers: Record<string, string> = {}): Behaviour =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);
export const hang: Behaviour = () => undefined;
/** The connection ends in the middle of the request, without a word. */
export const hangUp: Behaviour = (request) => void request.socket.destroy();
/** A head, and a body that never ends. */
export const flood: Behaviour = (_request, response) => {
  response.writeHead(200);
  const pour = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', pour);
  pour();
};

export async function startWebhookReceiver(host = '127.0.0.1'): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const planned: Behaviour[] = [];
  const open = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    response.on('close', () => (open.now -= 1));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, raw: Buffer.concat(chunks) });
      (planned.shift() ?? answer(200, 'ok'))(request, response);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host}:${port}`,
    port,
    received,
    open,
    next: (...behaviours) => void planned.push(...behaviours),
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
