import { describe, expect, it } from 'vitest';
import { type GithubApp, type GithubEnvironment, resolveGithubApp } from './github-app.ts';

const STORED: GithubApp = {
  source: 'setup',
  appId: 7,
  privateKey: 'stored key',
  webhookSecret: 'stored secret',
  oauth: { clientId: 'stored id', clientSecret: 'stored client' },
  registration: { slug: 'offshoot', name: 'Offshoot', htmlUrl: 'https://github.com/apps/offshoot' },
};
const GIVEN = { githubAppId: 8, githubPrivateKey: 'key', githubWebhookSecret: 'secret' };
const OAUTH = { githubClientId: 'id', githubClientSecret: 'client' };
const OF_ENVIRONMENT = {
  source: 'environment',
  appId: 8,
  privateKey: 'key',
  webhookSecret: 'secret',
  oauth: null,
  registration: null,
};

describe('the App in effect', () => {
  it.each<[string, GithubEnvironment, GithubApp | undefined, object | undefined]>([
    ['is none without any', {}, undefined, undefined],
    ['is none with a secret alone', { githubWebhookSecret: 'x' }, undefined, undefined],
    ['is the stored one', {}, STORED, STORED],
    ['is the environment’s', GIVEN, undefined, OF_ENVIRONMENT],
    ['is the environment’s, whatever other is stored', GIVEN, STORED, OF_ENVIRONMENT],
    [
      'is the environment’s with its own sign-in',
      { ...GIVEN, ...OAUTH },
      STORED,
      { ...OF_ENVIRONMENT, oauth: { clientId: 'id', clientSecret: 'client' } },
    ],
    [
      'is filled up from the stored one where that is the same App',
      { ...GIVEN, githubAppId: 7 },
      STORED,
      { ...STORED, source: 'environment', privateKey: 'key', webhookSecret: 'secret' },
    ],
    [
      'has the secret of the environment in place of the stored one',
      { githubWebhookSecret: 'newer' },
      STORED,
      { ...STORED, webhookSecret: 'newer' },
    ],
    [
      'never mixes two client ids and secrets',
      { githubClientId: 'id' },
      STORED,
      { ...STORED, oauth: STORED.oauth },
    ],
  ])('%s', (_what, environment, stored, expected) => {
    expect(resolveGithubApp(environment, stored)).toEqual(expected);
  });
});
