import type { GithubApp } from '../domain/github-app.ts';
import {
  type GithubClientOptions,
  type GithubClients,
  openGithubClients,
} from '../github/client/app-octokit.ts';
import type { GithubAppState, GithubCredentials } from './github-credentials.ts';

/** The App in effect, with clients that sign in as it. */
export type GithubConnectionState =
  | { readonly state: 'ready'; readonly app: GithubApp; readonly clients: GithubClients }
  | Exclude<GithubAppState, { readonly state: 'ready' }>;

export interface GithubConnection {
  /** What to call GitHub with, now: a moment later it may be another App, so nobody keeps it. */
  read(): Promise<GithubConnectionState>;
}

/** Clients live as long as the App does that they were made for: they hold its tokens. */
export function createGithubConnection(
  credentials: Pick<GithubCredentials, 'read'>,
  options: GithubClientOptions,
): GithubConnection {
  let open: { readonly app: GithubApp; readonly clients: GithubClients } | undefined;
  return {
    async read() {
      const state = await credentials.read();
      if (state.state !== 'ready') return state;
      if (open?.app !== state.app) open = { app: state.app, clients: openGithubClients(state.app, options) };
      return { state: 'ready', ...open };
    },
  };
}
