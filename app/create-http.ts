import { OpenAPIHono } from '@hono/zod-openapi';
import type { FilesystemStore } from '../storage/filesystem.ts';
import { receiveDelivery, type ReceiveDeliveryDependencies } from './actions/github/receive-delivery.ts';
import type { GithubCredentials } from './actions/github-credentials.ts';
import { createGithubRights } from './actions/github-rights.ts';
import type { ApiDependencies } from './api/api-dependencies.ts';
import { createApi } from './api/create-api.ts';
import {
  type BuilderEndpointsDependencies,
  createBuilderEndpoints,
} from './builds/endpoints/builder-endpoints.ts';
import { createFolderUpload } from './builds/endpoints/folder-upload.ts';
import { createDashboard } from './dashboard/create-dashboard.ts';
import type { DashboardOptions } from './dashboard/dependencies.ts';
import { answerProblemPage } from './dashboard/problem-page.ts';
import { readLogProgress } from './db/log-progress.ts';
import { findOpenBuild } from './http/builder-auth.ts';
import { authorize } from './http/authorize.ts';
import { administratorByToken } from './http/caller.ts';
import { callerBySession } from './http/session-cookie.ts';
import { type AppEnv, createHttpGuards, type HttpGuardOptions } from './http/guards.ts';
import { createWebhookEndpoint } from './github/webhooks/webhook-endpoint.ts';
import type { ProbotIdentity } from './github/webhooks/open-probot.ts';
import { createLogEndpoints, type LogEndpointsDependencies } from './logs/endpoints/log-endpoints.ts';
import { logPageSchema, logQuerySchema } from './logs/endpoints/log-messages.ts';

type GithubOption =
  | 'github'
  | 'githubCredentials'
  | 'githubEnvironment'
  | 'githubClientOptions'
  | 'appManifest'
  | 'webhookProxyUrl';

export interface HttpDependencies
  extends
    ReceiveDeliveryDependencies,
    Omit<ApiDependencies, 'logSchemas' | 'storage' | 'hints'>,
    Pick<DashboardOptions, 'keepPerBranch' | 'previewDays' | GithubOption>,
    Omit<BuilderEndpointsDependencies, 'secrets'> {
  /** OFFSHOOT_TOKEN. */
  readonly token: string;
  readonly githubCredentials: GithubCredentials;
  /** What upload URLs are signed with. */
  readonly secretKey: Uint8Array;
  readonly storage: FilesystemStore;
  readonly logs: LogEndpointsDependencies['store'];
  readonly hints: LogEndpointsDependencies['hints'];
  readonly log: HttpGuardOptions['log'] & LogEndpointsDependencies['log'];
}

/**
 * All that the app answers over HTTP, behind its guards. It stands apart from main.ts so that tests walk the same
 * route table that is served.
 */
export function createHttp(dependencies: HttpDependencies): OpenAPIHono<AppEnv> {
  const { db, storage, logs, hints, log, secretKey, now } = dependencies;
  const app = new OpenAPIHono<AppEnv>();
  const authenticators = [administratorByToken(dependencies.token), callerBySession(dependencies)];
  createHttpGuards({ ...dependencies, authenticators, answerProblemPage }).mountOn(app);
  const rights = createGithubRights(dependencies);
  app.use(authorize({ db, readRights: (caller, maxAgeMs) => rights.read(caller, maxAgeMs) }));
  app.route('/', createApi({ ...dependencies, logSchemas: { query: logQuerySchema, page: logPageSchema } }));
  app.route('/', createBuilderEndpoints(dependencies));
  app.route('/', createFolderUpload({ storage, secret: secretKey, now }));
  app.route(
    '/',
    createLogEndpoints({
      store: logs,
      hints,
      readProgress: (id) => readLogProgress(db, id),
      findBuild: (context) => findOpenBuild(context, db),
      log,
      now,
    }),
  );
  app.route(
    '/',
    createWebhookEndpoint({
      readGithubApp: () => readProbotIdentity(dependencies),
      receiveDelivery: ({ guid, event, payload }, body) =>
        receiveDelivery({ guid, event, payload, body }, dependencies),
    }),
  );
  app.route('/', createDashboard(dependencies));
  return app;
}

/** Undefined where webhooks can't be verified: there is no App, or its secret can't be opened. */
async function readProbotIdentity({
  githubCredentials,
  githubClientOptions,
}: Pick<HttpDependencies, 'githubCredentials' | 'githubClientOptions'>): Promise<ProbotIdentity | undefined> {
  const state = await githubCredentials.read();
  return state.state === 'ready' ? { ...state.app, apiUrl: githubClientOptions.apiUrl } : undefined;
}
