import { describe, expect, it } from 'vitest';
import { githubWebUrl, isGithubLogin, newAppUrl } from './github-urls.ts';

describe('the pages of a GitHub', () => {
  it.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://github.example.com/api/v3', 'https://github.example.com'],
    ['https://api.example.com/api/v3', 'https://api.example.com'],
    ['http://127.0.0.1:4000/api/v3', 'http://127.0.0.1:4000'],
  ])('whose API is %s are at %s', (api, web) => {
    expect(githubWebUrl(api)).toBe(web);
  });

  it('take a manifest for oneself or for an organisation', () => {
    expect(newAppUrl('https://github.com', undefined, 'a b')).toBe(
      'https://github.com/settings/apps/new?state=a%20b',
    );
    expect(newAppUrl('https://github.com', 'acme', 's')).toBe(
      'https://github.com/organizations/acme/settings/apps/new?state=s',
    );
  });

  it.each([
    ['acme', true],
    ['Acme-2', true],
    ['acme_corp', false],
    ['-acme', false],
    ['../..', false],
    ['a/b', false],
    ['', false],
    ['a'.repeat(39), true],
    ['a'.repeat(40), false],
  ])('know the login %s: %s', (login, expected) => {
    expect(isGithubLogin(login)).toBe(expected);
  });
});
