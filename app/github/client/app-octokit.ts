import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { LRUCache } from 'lru-cache';
import type { GithubApp } from '../../domain/github-app.ts';

/** Of one request, until its whole answer is here. */
export const GITHUB_TIMEOUT_MS = 10_000;
/** GitHub asks every client to name itself. */
const USER_AGENT = 'Offshoot';
/** Installations whose clients are kept. A client is small, and making one costs no request. */
const MAX_CLIENTS = 1000;
const MAX_TOKENS = 10_000;
/** GitHub's tokens live for an hour; a request that is under way must not lose its own. */
const TOKEN_LIFETIME_MS = 55 * 60_000;

export type { Octokit };

export interface GithubClientOptions {
  /** GITHUB_API_URL. */
  readonly apiUrl: string;
  readonly log: { warn(fields: object, message: string): void };
  /** GITHUB_TIMEOUT_MS by default. */
  readonly timeoutMs?: number;
}

export interface GithubClients {
  /** Signs in as the App itself. */
  readonly app: Octokit;
  /** Signs in as one installation, by a token that is asked for when it is needed. */
  installation(id: number): Octokit;
  /** Signs in by a token that somebody holds already. */
  withToken(token: string): Octokit;
}

/**
 * GitHub's clients of one App. Octokit's plugins that retry and throttle are not among them: they keep what waits in the
 * memory of one process, where a restart loses it and another process knows nothing of it. Retries live in the jobs.
 */
export function openGithubClients(
  { appId, privateKey }: Pick<GithubApp, 'appId' | 'privateKey'>,
  options: GithubClientOptions,
): GithubClients {
  const tokens = new LRUCache<string, string>({ max: MAX_TOKENS, ttl: TOKEN_LIFETIME_MS });
  const clients = new LRUCache<number, Octokit>({ max: MAX_CLIENTS });
  const auth = { appId, privateKey, cache: cacheOf(tokens) };
  const open = (more: object) =>
    new Octokit({ ...baseOptions(options), authStrategy: createAppAuth, auth: { ...auth, ...more } });

  return {
    app: open({}),
    installation(id) {
      const known = clients.get(id);
      if (known !== undefined) return known;
      const client = forgetRefused(open({ installationId: id }), id, tokens);
      clients.set(id, client);
      return client;
    },
    withToken: (token) => new Octokit({ ...baseOptions(options), auth: token }),
  };
}

/** A client that proves nothing: for the one call that makes an App. */
export function openAnonymousClient(options: GithubClientOptions): Octokit {
  return new Octokit(baseOptions(options));
}

function baseOptions({ apiUrl, log, timeoutMs = GITHUB_TIMEOUT_MS }: GithubClientOptions) {
  const quiet = quietLog(log);
  return {
    baseUrl: apiUrl,
    userAgent: USER_AGENT,
    log: quiet,
    request: { log: quiet, fetch: fetchWithin(timeoutMs) },
  };
}

/** A fresh bound for each request: one signal for a client would end all of them after ten seconds. */
function fetchWithin(timeoutMs: number): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])];
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

/** Only what GitHub warns of (calls that will end one day, clocks that differ); jobs tell what has failed. */
function quietLog(log: GithubClientOptions['log']) {
  const nothing = () => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: (message: string) => log.warn({}, message),
    error: nothing,
  };
}

function cacheOf(tokens: LRUCache<string, string>) {
  return {
    get: (key: string) => tokens.get(key),
    set: (key: string, value: string) => void tokens.set(key, value),
  };
}

/** A token that GitHub takes no more (the App was installed anew) must not be tried for the rest of its hour. */
function forgetRefused(client: Octokit, installationId: number, tokens: LRUCache<string, string>): Octokit {
  client.hook.error('request', (error) => {
    if ('status' in error && error.status === 401) tokens.delete(String(installationId));
    throw error;
  });
  return client;
}
