import { request } from 'node:http';

const PROBE_TIMEOUT_MS = 2_000;

/** What a probe asks. The host header is the way to answer of servers that check it. */
export interface Probe {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST when there is one. */
  readonly body?: string;
}

/**
 * Whether a server answers 200. One connection for each probe, closed at once: an open one delays the end of the
 * server (`fetch` would keep it).
 */
export async function answersOk(probe: Probe): Promise<boolean> {
  const { body, ...target } = probe;
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const sent = request({ ...target, method, agent: false, signal }, (response) => {
      response.resume().on('error', reject);
      response.on('end', () => resolve(response.statusCode === 200));
    });
    sent.on('error', reject).end(body);
  });
}
