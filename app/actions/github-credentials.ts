import { z } from 'zod';
import type { Executor } from '../db/database.ts';
import { findGithubApp, type GithubAppRow } from '../db/github-app.ts';
import { type GithubApp, type GithubEnvironment, resolveGithubApp } from '../domain/github-app.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';

/** How long a process may go on with what another one has replaced. */
export const CREDENTIALS_MAX_AGE_MS = 5000;

export type GithubAppState =
  | { readonly state: 'ready'; readonly app: GithubApp }
  | { readonly state: 'none' }
  /** One is stored, and the key of this installation does not open it. `message` is for people. */
  | { readonly state: 'unreadable'; readonly message: string };

export interface GithubCredentials {
  /** The App in effect: the same object again as long as nothing has changed. */
  read(): Promise<GithubAppState>;
  /** To be called by who has written: this process looks again at once. */
  forget(): void;
}

export interface GithubCredentialsOptions {
  readonly db: Executor;
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly now: () => number;
  readonly environment: GithubEnvironment;
}

interface Reading {
  readonly at: number;
  readonly state: Promise<GithubAppState>;
}

/**
 * What every part of the app asks for the GitHub App. What /setup stores is in effect within seconds in every process,
 * without a restart: asking the table each time would be a query for each webhook, and a notification may be lost.
 */
export function createGithubCredentials(options: GithubCredentialsOptions): GithubCredentials {
  const { db, now } = options;
  let reading: Reading | undefined;
  let opened: { readonly row: GithubAppRow | undefined; readonly state: GithubAppState } | undefined;

  const look = async (): Promise<GithubAppState> => {
    const row = await findGithubApp(db);
    if (opened === undefined || !isSameRow(opened.row, row)) opened = { row, state: openState(row, options) };
    return opened.state;
  };

  return {
    read() {
      if (reading !== undefined && now() - reading.at < CREDENTIALS_MAX_AGE_MS) return reading.state;
      const started: Reading = { at: now(), state: look() };
      reading = started;
      // A database that is away is asked again by the next one.
      started.state.catch(() => {
        if (reading === started) reading = undefined;
      });
      return started.state;
    },
    forget() {
      reading = undefined;
    },
  };
}

/** A sealed text never comes twice: its iv is random. */
function isSameRow(one: GithubAppRow | undefined, other: GithubAppRow | undefined): boolean {
  return one?.appId === other?.appId && one?.secrets === other?.secrets;
}

function openState(row: GithubAppRow | undefined, options: GithubCredentialsOptions): GithubAppState {
  try {
    const app = resolveGithubApp(options.environment, row && openRow(row, options.secrets));
    return app === undefined ? { state: 'none' } : { state: 'ready', app };
  } catch (error) {
    if (!(error instanceof SealedTextError)) throw error;
    // An App of the environment needs nothing of what is stored.
    const app = resolveGithubApp(options.environment, undefined);
    if (app !== undefined) return { state: 'ready', app };
    return { state: 'unreadable', message: `The GitHub App that was kept can't be opened. ${error.message}` };
  }
}

const secretsSchema = z.object({
  privateKey: z.string(),
  webhookSecret: z.string(),
  clientSecret: z.string(),
});
export type GithubAppSecrets = z.infer<typeof secretsSchema>;

/** What the sealed secrets of an App are bound to. */
export function githubAppContext(appId: number): string {
  return sealingContext('githubApp', String(appId));
}

function openRow(row: GithubAppRow, secrets: Pick<SecretBox, 'open'>): GithubApp {
  const { appId, slug, name, htmlUrl, clientId } = row;
  const opened = secretsSchema.parse(JSON.parse(secrets.open(row.secrets, githubAppContext(appId))));
  const { privateKey, webhookSecret, clientSecret } = opened;
  return {
    source: 'setup',
    appId,
    privateKey,
    webhookSecret,
    oauth: { clientId, clientSecret },
    registration: { slug, name, htmlUrl },
  };
}
