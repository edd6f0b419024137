import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { createActions } from './actions.ts';
import type { Actions } from './actions.ts';
import { createClients } from './clients.ts';
import { Faults } from './faults.ts';
import { serveGitHttp } from './git-http.ts';
import { createLimiter } from './limiter.ts';
import { createApp } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { createRest } from './rest.ts';
import { rewriteApiPath } from './rewrite.ts';
import { allRoutes } from './routes/all.ts';
import { addUser, createState } from './state.ts';
import type { App, State } from './state.ts';
import { createWeb } from './web/web.ts';
import type { Person } from './web/sign-in.ts';
import { createWebhooks } from './webhooks.ts';
import type { SeenRequest, Violation } from './world.ts';

/**
 * A GitHub across a socket, for tests, benches and the demo: its API, Git over HTTP, webhooks and pages.
 *
 *   const github = await startGitHub({ hookUrl: `${app}/api/github/webhooks` });
 *   const ada = github.createUser('ada');
 *   const shop = github.createRepository('ada/shop', { files: { 'index.html': 'one' } });
 *   const installation = github.install('ada');         // of github.app, which has a key and a webhook secret
 *   const commit = github.push(shop, { 'index.html': 'two' }, { branch: 'feature' });   // sends `push`
 *   const pull = github.openPullRequest(shop, { head: 'feature' });                    // sends `pull_request`
 *   await github.settled();                             // until all webhooks were answered
 *   github.faults.set({ seed: 7, answers: { serverError: 0.3 }, webhooks: { duplicate: 0.1 } });
 *   expect(github.violations).toEqual([]);              // requests that broke one of GitHub's rules
 *   await github.close();
 *
 * `github.apiUrl` is what api.github.com is, `github.webUrl` what github.com is: a real `git push` goes to
 * `github.cloneUrl(shop, ada)`. Below `<webUrl>/api/v3` is the API again, as GitHub Enterprise Server has it.
 */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const folder = mkdtempSync(join(tmpdir(), 'offshoot-github-'));
  const web = await listen(options.webPort);
  const api = await listen(options.apiPort);
  const world = createWorld(options, folder, { web: web.url, api: api.url });
  const { webhooks, ...rest } = world;
  const owner = addUser(rest.state, 'octocat', 'User');
  const person: Person = { user: owner, answer: 'yes' };
  if (options.app !== null) rest.state.app = createApp(rest, owner, manifestOf(options));
  const serveApi = listener(createRest(rest, allRoutes));
  const serveWeb = listener(createWeb(rest, person));
  api.answer((request, response) => {
    request.url = rewriteApiPath(rest.state, request.method, request.url ?? '/');
    void serveApi(request, response);
  });
  web.answer((request, response) => {
    if (serveGitHttp(rest, request, response)) return;
    const isApi = /^\/api\/v3(?=\/|$)/.test(request.url ?? '');
    if (!isApi) return void serveWeb(request, response);
    request.url = rewriteApiPath(rest.state, request.method, (request.url ?? '').slice('/api/v3'.length));
    void serveApi(request, response);
  });
  return {
    ...createActions(rest, person),
    ...createClients(rest),
    get app() {
      if (rest.state.app === null)
        throw new Error('This GitHub has no App yet: use createApp, or a manifest');
      return rest.state.app;
    },
    state: rest.state,
    apiUrl: rest.urls.api,
    webUrl: rest.urls.web,
    faults: rest.faults,
    violations: rest.violations,
    requests: rest.requests,
    settled: () => webhooks.settled(),
    async close() {
      await webhooks.close();
      await Promise.all([web.close(), api.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface GitHubOptions {
  /** Where webhooks go; may be said later, by `hookTo`. */
  readonly hookUrl?: string;
  /** What the App may and hears, over what Offshoot's own has; null for a GitHub where none was made yet. */
  readonly app?: Manifest | null;
  /** In milliseconds. */
  readonly now?: () => number;
  /** What Apps sign their tokens by, where `now` is simulated. */
  readonly signingNow?: () => number;
  /** Answers say that the API is at `<webUrl>/api/v3`, as GitHub Enterprise Server's do. */
  readonly isEnterprise?: boolean;
  /** Two writes of one installation less than a second apart are violations. */
  readonly checkPacing?: boolean;
  /** Of each installation; GitHub's default is 5,000. */
  readonly requestsPerHour?: number;
  /** Webhooks one after another (the default), each when the last was answered; or up to fifty at once. */
  readonly inOrder?: boolean;
  /** How long a webhook's answer is waited for; GitHub waits ten seconds, and so does this. */
  readonly answerTimeoutMs?: number;
  readonly webPort?: number;
  readonly apiPort?: number;
}

export interface GitHub extends Actions, ReturnType<typeof createClients> {
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly state: State;
  /** The App as it is now; throws while there is none. */
  readonly app: App;
  readonly faults: Faults;
  readonly violations: readonly Violation[];
  readonly requests: readonly SeenRequest[];
  /** When every webhook on its way was answered, or failed. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const REQUESTS_PER_HOUR = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** What Offshoot's own manifest asks for. */
const MANIFEST: Manifest = {
  name: 'Offshoot',
  url: 'https://offshoot.test',
  default_permissions: {
    contents: 'read',
    metadata: 'read',
    issues: 'read',
    statuses: 'write',
    deployments: 'write',
    pull_requests: 'write',
    checks: 'write',
  },
  default_events: ['push', 'pull_request', 'repository', 'issue_comment', 'check_run'],
};

function manifestOf({ app, hookUrl }: GitHubOptions): Manifest {
  return { ...MANIFEST, ...(hookUrl !== undefined && { hook_attributes: { url: hookUrl } }), ...app };
}

function createWorld(options: GitHubOptions, folder: string, urls: { web: string; api: string }) {
  const { now = Date.now, checkPacing = false, requestsPerHour = REQUESTS_PER_HOUR } = options;
  const base = {
    state: createState(),
    folder,
    urls: options.isEnterprise === true ? { web: urls.web, api: `${urls.web}/api/v3` } : urls,
    now,
    signingNow: options.signingNow ?? now,
    token: (prefix: string) => `${prefix}_${randomBytes(18).toString('hex')}`,
    guid: () => randomUUID(),
    faults: new Faults(),
    requests: [],
    violations: [],
    limits: { checkPacing, requestsPerHour },
    limiter: createLimiter(),
  };
  const webhooks = createWebhooks(base, {
    inOrder: options.inOrder ?? true,
    answerTimeoutMs: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
  });
  const { emit, redeliver, hold } = webhooks;
  return { ...base, emit, redeliver, hold, webhooks };
}

/** A bug of ours is answered 500, with its words; it must not look like one of GitHub's answers. */
function listener(app: Hono<{ Bindings: HttpBindings }>) {
  app.onError((error) => {
    throw error;
  });
  return getRequestListener(app.fetch, {
    errorHandler: (error) =>
      new Response(`The GitHub of the tests has a bug: ${String(error)}`, { status: 500 }),
  });
}

async function listen(port = 0) {
  let listener: RequestListener = (_request, response) => void response.destroy();
  const server: Server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next: RequestListener) => void (listener = next),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
