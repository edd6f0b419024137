import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends bytes as they are over a socket of its own and reads the one answer until the server closes: for requests
 * that no HTTP client would send. Add `connection: close` to requests that are well-formed.
 */
export async function sendRaw(port: number, request: string | Buffer): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(request);
  const bytes = await buffer(socket);
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) throw new Error(`no HTTP answer: ${JSON.stringify(bytes.toString('latin1', 0, 200))}`);
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(end + 4) };
}

/** A well-formed request; `path` goes out as it is. */
export async function get(
  port: number,
  host: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<RawAnswer> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return await sendRaw(
    port,
    `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${lines.join('')}\r\n`,
  );
}
