import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { EmbeddedConfig } from './config.ts';
import { addressOf } from './programs.ts';

const TIMEOUT_MS = 3_000;
const CREATED = 201;

/**
 * A link that opens the dashboard signed in, once; undefined when the app makes none: a start is worth more than its
 * link. The app is asked by a loopback name, which it answers to whatever OFFSHOOT_URL says; the link names that URL.
 */
export async function askLoginLink(
  { host, port }: Pick<EmbeddedConfig, 'host' | 'port'>,
  token: string,
): Promise<string | undefined> {
  try {
    const answer = JSON.parse(await post(addressOf(host), port, token)) as { readonly url?: unknown };
    return typeof answer.url === 'string' ? answer.url : undefined;
  } catch {
    return undefined;
  }
}

function post(host: string, port: number, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port,
        path: '/api/login-links',
        method: 'POST',
        headers: { host: 'localhost', authorization: `Bearer ${token}` },
        // One connection, closed at once: an open one would delay the end of the app.
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        if (response.statusCode === CREATED) text(response).then(resolve, reject);
        else reject(new Error(`the app answered ${response.statusCode}`));
      },
    );
    sent.on('error', reject).end();
  });
}
