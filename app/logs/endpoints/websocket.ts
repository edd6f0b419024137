import type { serve } from '@hono/node-server';
import type { WSContext } from 'hono/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { formatCursor } from './cursor.ts';
import type { LogEvent } from './follow-log.ts';
import { DELAYED_DETAIL } from './log-messages.ts';

const PING_MS = 15_000;
const NORMAL_CLOSURE = 1000;

/** Readers have nothing to say. */
const MAX_INCOMING_BYTES = 4096;

type WebSocketOption = NonNullable<Parameters<typeof serve>[0]['websocket']>;

export interface WebSockets extends WebSocketOption {
  /** For the end: an HTTP server that closes waits for them, but does not end them. */
  terminateAll(): void;
}

/** The option `websocket` of `serve`, without which no WebSocket is answered. */
export function acceptWebSockets(): WebSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_INCOMING_BYTES });
  // The adapter's own type of it misses ws' by `undefined` in optional properties alone.
  return {
    server: server as WebSocketOption['server'],
    terminateAll: () => server.clients.forEach((client) => client.terminate()),
  };
}

/** The messages that a WebSocket gets, as JSON texts: the same words as the JSON page uses. */
function formatWebSocketMessage(event: LogEvent): string {
  switch (event.kind) {
    case 'lines': {
      const last = event.lines.at(-1);
      return JSON.stringify({ logs: event.lines, next: last === undefined ? null : formatCursor(last) });
    }
    case 'delayed':
      return JSON.stringify({ delayed: DELAYED_DETAIL });
    case 'result':
      return JSON.stringify({ result: event.result });
    case 'gone':
      return JSON.stringify({ gone: true });
  }
}

/**
 * Sends events until they end, each after the one before has left this machine, then closes. A peer that
 * answers no ping is cut off: a slow one holds one page, a dead one nothing.
 */
export async function pumpWebSocket(
  socket: WebSocket,
  events: AsyncIterable<LogEvent>,
  abort: AbortController,
): Promise<void> {
  const stopPings = pingUntilDead(socket, abort);
  try {
    for await (const event of events) await send(socket, formatWebSocketMessage(event));
    socket.close(NORMAL_CLOSURE);
  } catch {
    // The peer went away while it was sent something: its close event has the rest.
    abort.abort();
    socket.terminate();
  } finally {
    stopPings();
  }
}

/** The `ws` socket behind Hono's context. */
export function rawSocketOf(context: WSContext): WebSocket {
  return context.raw as WebSocket;
}

function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(text, (error) => (error ? reject(error) : resolve()));
  });
}

function pingUntilDead(socket: WebSocket, abort: AbortController): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) {
      abort.abort();
      return socket.terminate();
    }
    isAlive = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
