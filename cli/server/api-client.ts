import type { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { problemSchema } from './answers.ts';
import { explainNetworkError } from './explain-network-error.ts';

/** Reading takes milliseconds; a server behind a slow line gets time. */
const READ_TIMEOUT_MS = 30_000;
/** The server may ask a slow repository first. */
const CHANGE_TIMEOUT_MS = 120_000;
const MAX_SHOWN_ERRORS = 10;

export interface ApiClientOptions {
  /** Where Offshoot is reached, maybe below a path of a reverse proxy. */
  readonly url: URL;
  readonly token: string;
  readonly stop: AbortSignal;
}

/** Offshoot's HTTP API. Every method throws CliError, with the server's own words where there are some. */
export interface ApiClient {
  readonly url: URL;
  readonly token: string;
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>;
  send<Answer>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    schema: z.ZodType<Answer>,
    body?: unknown,
  ): Promise<Answer>;
  /** An answer that is read as it comes; `signal` ends it. */
  open(path: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Response>;
}

export function createApiClient({ url, token, stop }: ApiClientOptions): ApiClient {
  async function request(
    path: string,
    init: Omit<RequestInit, 'headers'> & {
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ): Promise<Response> {
    const headers = { accept: 'application/json', ...init.headers, authorization: `Bearer ${token}` };
    try {
      const answer = await fetch(addressOf(url, path), { ...init, headers, redirect: 'manual' });
      if (!answer.ok) throw await explainRefusal(answer, url);
      return answer;
    } catch (error) {
      throw explainNetworkError(error, url);
    }
  }

  async function readJson<Answer>(answer: Response, schema: z.ZodType<Answer>): Promise<Answer> {
    const text = await answer.text().catch((error: unknown) => {
      throw explainNetworkError(error, url);
    });
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw notOffshoot(url, `it answered ${answer.status}, but not with what its API promises`);
  }

  return {
    url,
    token,
    async get(path, schema) {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(READ_TIMEOUT_MS)]);
      return readJson(await request(path, { signal }), schema);
    },
    async send(method, path, schema, body) {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(CHANGE_TIMEOUT_MS)]);
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      return readJson(await request(path, { method, ...json, headers, signal }), schema);
    },
    open: (path, headers, signal = stop) =>
      request(path, { headers, signal: AbortSignal.any([stop, signal]) }),
  };
}

/** A path of the API below the server's address, which may have a path of its own. */
export function addressOf(url: URL, path: string): URL {
  return new URL(url.pathname.replace(/\/$/, '') + path, url);
}

/** What an answer of 300 and above means. */
async function explainRefusal(answer: Response, url: URL): Promise<CliError> {
  const location = answer.headers.get('location');
  if (answer.status < 400) return explainRedirect(location, answer.status, url);
  const text = await answer.text().catch(() => '');
  const problem = problemSchema.safeParse(parseJson(text)).data;
  if (answer.status === 401) return refusedToken(url);
  if (problem === undefined) return notOffshoot(url, `it answered ${answer.status} without saying why`);
  const others = (problem.errors ?? []).slice(1, MAX_SHOWN_ERRORS);
  const lines = others.map(({ pointer, message }) => `  ${pointer}: ${message}`);
  const exitCode = answer.status === 503 ? EXIT_CODES.unreachable : EXIT_CODES.failed;
  return new CliError(problem.code, [problem.detail, ...lines].join('\n'), exitCode);
}

function refusedToken(url: URL): CliError {
  const message = `${url.origin} does not take this token: \`offshoot login ${url.href.replace(/\/$/, '')}\` asks for another one.`;
  return new CliError('unauthorized', message, EXIT_CODES.notSignedIn);
}

function explainRedirect(location: string | null, status: number, url: URL): CliError {
  const target = location === null || !URL.canParse(location, url.href) ? undefined : new URL(location, url);
  const where = target === undefined ? '' : ` to ${target.origin}`;
  const hint =
    target === undefined || target.origin === url.origin ? '' : ` Use that address: --url ${target.origin}`;
  const message = `${url.origin} sends us on${where} (${status}).${hint}`;
  return new CliError('redirected', message, EXIT_CODES.unreachable);
}

function notOffshoot(url: URL, why: string): CliError {
  const message = `What is at ${url.href} does not look like Offshoot: ${why}. Is the address right? \`offshoot status\` says where it comes from.`;
  return new CliError('not_offshoot', message, EXIT_CODES.unreachable);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
