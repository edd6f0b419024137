import { inArray } from 'drizzle-orm';
import { vi } from 'vitest';
import { activateDeployment } from '../../app/actions/activate-deployment.ts';
import { createGithubPace } from '../../app/actions/github-pace.ts';
import { askBranchHead } from '../../app/actions/github/ask-branch-head.ts';
import { receiveDelivery } from '../../app/actions/github/receive-delivery.ts';
import { listPublished } from '../../app/db/deployments.ts';
import { deployments } from '../../app/db/schema.ts';
import type { GithubApp } from '../../app/domain/github-app.ts';
import { openGithubClients } from '../../app/github/client/app-octokit.ts';
import { createWebhookEndpoint } from '../../app/github/webhooks/webhook-endpoint.ts';
import { createHandlers } from '../../app/jobs/handlers/create-handlers.ts';
import type { JobHandlers } from '../../app/jobs/queue.ts';
import { serveForTest } from './api-client.ts';
import { openCoreRoom, type CoreRoom } from './core-room.ts';
import { type GitHub, type GitHubOptions, startGitHub } from './github/github.ts';
import { createSimulatedJobs, type SimulatedJobs } from './simulated-jobs.ts';

const START = Date.parse('2026-02-01T00:00:00Z');
/** Tokens live for an hour of GitHub's clock, which runs ahead of the one that clients forget them by. */
const CLIENTS_LIFETIME_MS = 50 * 60_000;

/**
 * The app's core with a GitHub and its webhooks, on one clock that stands still unless a test lets time pass: hours take
 * moments. Builders exist in the test's mind only.
 */
export interface GithubRoom extends Pick<CoreRoom, 'db' | 'dependencies'> {
  readonly github: GitHub;
  readonly jobs: SimulatedJobs;
  readonly clock: { now: number };
  /** Lets time pass: jobs run when they are due, webhooks are answered. */
  pass(ms: number): Promise<void>;
  /** For tests that count: `github.requests` begins anew. */
  forgetRequests(): void;
  /** Webhooks go to the app, as at the beginning. */
  hookBack(): void;
  /** Everything that is queued is built and goes live. */
  buildAll(): Promise<void>;
  dispose(): Promise<void>;
}

export async function openGithubRoom(options: GitHubOptions = {}): Promise<GithubRoom> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const github = await startGitHub({
    isEnterprise: true,
    checkPacing: true,
    now: () => Date.now(),
    ...options,
  });
  const { id: appId, privateKey, webhookSecret } = github.app;
  const app = { appId, privateKey, webhookSecret } as GithubApp;
  const apiUrl = `${github.webUrl}/api/v3`;
  const log = { warn: () => undefined, error: () => undefined };
  const clients = renewing(() => openGithubClients(app, { apiUrl, log }));
  const core = await openCoreRoom({
    github: { read: async () => ({ state: 'ready', app, clients: clients() }) },
  });
  const clock = {
    get now() {
      return Date.now();
    },
    set now(at: number) {
      vi.setSystemTime(at);
      core.clock.now = at;
    },
  };
  clock.now = START;
  const jobs = createSimulatedJobs(clock);
  const { dependencies } = core;
  const githubPace = createGithubPace({
    db: core.db,
    readTime: async () => clock.now,
    randomId: dependencies.randomId,
    sleep: async (ms) => void (clock.now += ms),
    log,
  });
  Object.assign(dependencies, {
    jobs,
    githubPace,
    githubWebUrl: github.webUrl,
    now: () => clock.now,
    readBranchHead: (...[repository, branch]: Parameters<typeof dependencies.readBranchHead>) =>
      askBranchHead(repository, branch, { github: dependencies.github, githubPace, now: () => clock.now }),
  });
  const endpoint = createWebhookEndpoint({
    readGithubApp: async () => ({ ...app, apiUrl }),
    receiveDelivery: (webhook, body) => receiveDelivery({ ...webhook, body }, dependencies),
  });
  const server = await serveForTest(endpoint.fetch);
  const hookBack = () => github.hookTo(`http://127.0.0.1:${server.port}/api/github/webhooks`);
  hookBack();
  // Nothing of what a builder does is a matter of time here.
  const handlers: JobHandlers = { ...createHandlers(dependencies), 'launch-build': async () => undefined };

  return {
    db: core.db,
    dependencies,
    github,
    jobs,
    clock,
    pass: (ms) => jobs.runUntil(clock.now + ms, handlers, () => github.settled()),
    forgetRequests: () => void ((github.requests as unknown[]).length = 0),
    hookBack,
    async buildAll() {
      const waiting = await core.db
        .select()
        .from(deployments)
        .where(inArray(deployments.status, ['queued', 'launching']));
      for (const row of waiting) await core.publish(row);
      for (const id of await listPublished(core.db, waiting.length))
        await activateDeployment(id, dependencies);
    },
    async dispose() {
      await github.close();
      await server.close();
      await core.dispose();
      vi.useRealTimers();
    },
  };
}

function renewing<Value>(open: () => Value): () => Value {
  let opened: { readonly at: number; readonly value: Value } | undefined;
  return () => {
    if (opened === undefined || Date.now() - opened.at > CLIENTS_LIFETIME_MS)
      opened = { at: Date.now(), value: open() };
    return opened.value;
  };
}
