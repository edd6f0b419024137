import { createSign } from 'node:crypto';
import { Octokit } from '@octokit/rest';
import { findUser } from './state.ts';
import type { World } from './world.ts';

const JWT_LIFE_SECONDS = 540;

/** What an installation token may be narrowed to. */
export interface Narrowed {
  readonly repository_ids?: number[];
  readonly permissions?: Record<string, 'read' | 'write'>;
}

/** Clients for tests that want to ask this GitHub something themselves. */
export function createClients(world: World) {
  const asApp = () => new Octokit({ baseUrl: world.urls.api, log: QUIET, auth: signJwt(world) });
  return {
    /** As the App, for nine minutes of this GitHub's clock. */
    asApp,
    /** As the App's installation for an account. */
    async asInstallation(login: string, narrowed: Narrowed = {}): Promise<Octokit> {
      const account = findUser(world.state, login);
      const installation = world.state.installations.values().find((each) => each.account === account);
      if (installation === undefined) throw new Error(`The App is not installed for ${login}`);
      const installed = { installation_id: installation.id, ...narrowed };
      const { data } = await asApp().apps.createInstallationAccessToken(installed);
      return new Octokit({ baseUrl: world.urls.api, log: QUIET, auth: data.token });
    },
  };
}

/** Refusals are what tests are about; octokit would write each of them to the terminal. */
export const QUIET = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Nothing to do.
}

function signJwt({ state, now }: World): string {
  if (state.app === null) throw new Error('There is no App yet');
  const seconds = Math.floor(now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: seconds, exp: seconds + JWT_LIFE_SECONDS, iss: String(state.app.id) };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(state.app.privateKey, 'base64url')}`;
}
