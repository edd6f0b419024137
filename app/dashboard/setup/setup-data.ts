import type { Context } from 'hono';
import { readOwnApp } from '../../github/client/read-own-app.ts';
import type { GithubRegistration } from '../../domain/github-app.ts';
import { githubWebUrl, isGithubLogin } from '../../domain/github-urls.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { type HookPlan, planHookUrl } from './plan-hook-url.ts';

/** What the page says of the App. It holds no secret: data is hashed and compared, and might be shown by mistake. */
export type AppData =
  | { readonly state: 'none' }
  | { readonly state: 'unreadable'; readonly message: string }
  | {
      readonly state: 'ready';
      readonly appId: number;
      readonly isOfEnvironment: boolean;
      /** Null where GitHub did not tell and nothing is kept. */
      readonly registration: GithubRegistration | null;
      /** What GitHub says when it is asked as the App; null when all is well. */
      readonly problem: string | null;
      readonly canSignIn: boolean;
    };

export interface SetupData {
  readonly app: AppData;
  readonly webUrl: string;
  readonly hook: HookPlan;
  readonly isProxied: boolean;
  /** The organisation that the App shall belong to, as somebody typed it. */
  readonly organization: { readonly typed: string; readonly login: string | undefined };
  readonly notice: string | undefined;
}

export async function loadSetup(context: Context, dependencies: DashboardDependencies): Promise<SetupData> {
  const { appUrl, webhookProxyUrl, githubClientOptions } = dependencies;
  const typed = (context.req.query('organization') ?? '').trim();
  const webUrl = githubWebUrl(githubClientOptions.apiUrl);
  return {
    app: await loadApp(dependencies),
    webUrl,
    hook: planHookUrl(appUrl, webUrl, webhookProxyUrl),
    isProxied: webhookProxyUrl !== undefined,
    organization: { typed, login: isGithubLogin(typed) ? typed : undefined },
    notice: context.req.query('notice'),
  };
}

async function loadApp({ github, now }: DashboardDependencies): Promise<AppData> {
  const connection = await github.read();
  if (connection.state !== 'ready') return connection;
  const { app, clients } = connection;
  const asked = await readOwnApp(clients, { now });
  return {
    state: 'ready',
    appId: app.appId,
    isOfEnvironment: app.source === 'environment',
    registration: asked.ok ? asked.value : app.registration,
    problem: asked.ok ? null : asked.failure.message,
    canSignIn: app.oauth !== null,
  };
}
