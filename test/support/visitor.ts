import { TOKEN } from './api-room.ts';
import type { ApiAnswer, ApiCall, TestServer } from './api-client.ts';

const HOST = 'deploy.example.com';
const ORIGIN = `http://${HOST}`;

/** A person with a browser: pages are asked for as pages, forms say where they come from, cookies are kept. */
export class Visitor {
  readonly #server: Pick<TestServer, 'send'>;
  readonly #cookies = new Map<string, string>();

  constructor(server: Pick<TestServer, 'send'>) {
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

  /** Any request as a script of the dashboard's own pages sends it. */
  async send<T = unknown>(method: string, path: string, call: ApiCall = {}): Promise<ApiAnswer<T>> {
    const own = { accept: 'application/json', origin: ORIGIN, 'sec-fetch-site': 'same-origin' };
    const answer = await this.#send(method, path, { ...call, headers: { ...own, ...call.headers } });
    return answer as ApiAnswer as ApiAnswer<T>;
  }

  /** The value of a cookie that the browser has. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  async #send(method: string, path: string, call: ApiCall): Promise<ApiAnswer<string>> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const cookies: Record<string, string> = cookie === '' ? {} : { cookie };
    const headers = { host: HOST, accept: 'text/html', ...cookies, ...call.headers };
    const answer = await this.#server.send(method, path, { ...call, headers });
    for (const set of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(set);
    return answer as ApiAnswer<string>;
  }

  #keep(set: string): void {
    const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
