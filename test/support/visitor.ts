import { TOKEN } from './api-room.ts';
import type { ApiAnswer, TestServer } from './api-client.ts';

const HOST = 'deploy.example.com';
const ORIGIN = `http://${HOST}`;

/** A person with a browser: pages are asked for as pages, forms say where they come from, cookies are kept. */
export class Visitor {
  readonly #server: TestServer;
  #cookie: string | undefined;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** Signs in with the administrator's token. */
  async signIn(): Promise<this> {
    const answer = await this.post('/login', { token: TOKEN });
    if (answer.status !== 303) throw new Error(`signing in was answered with ${answer.status}`);
    return this;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer<string>> {
    return this.#send('GET', path, { headers });
  }

  /** Sends a form as a page of the dashboard does. */
  async post(
    path: string,
    form: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer<string>> {
    return this.#send('POST', path, {
      raw: new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: ORIGIN,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    });
  }

  async #send(
    method: string,
    path: string,
    call: { readonly headers: Record<string, string>; readonly raw?: string },
  ): Promise<ApiAnswer<string>> {
    const cookies: Record<string, string> = this.#cookie === undefined ? {} : { cookie: this.#cookie };
    const headers = { host: HOST, accept: 'text/html', ...cookies, ...call.headers };
    const answer = await this.#server.send(method, path, { ...call, headers });
    const [set] = [answer.headers['set-cookie']].flat();
    if (set !== undefined) this.#cookie = set.split(';')[0];
    return answer as ApiAnswer<string>;
  }
}
