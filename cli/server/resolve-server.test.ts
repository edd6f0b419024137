import { describe, expect, it } from 'vitest';
import { type KnownServer, parseServerUrl, resolveServer, type ServerSources } from './resolve-server.ts';

const none: KnownServer = {};
const resolve = (sources: Partial<ServerSources>) => {
  const all = { flags: none, environment: none, config: none, local: none, ...sources };
  const resolved = resolveServer(all);
  if (!resolved.ok) return resolved.message;
  const { url, urlFrom, token, tokenFrom } = resolved.server;
  return [url.href, urlFrom, token, tokenFrom];
};

const A = { url: 'https://a.example', token: 'token-a' };
const B = { url: 'https://b.example', token: 'token-b' };
const LOCAL = { url: 'http://127.0.0.1:9100', token: 'local' };

describe('the server that is meant', () => {
  it.each([
    ['flags before all', { flags: A, environment: B, config: B, local: LOCAL }, A, 'flags'],
    ['the environment before the login', { environment: A, config: B, local: LOCAL }, A, 'environment'],
    ['the login before this machine', { config: A, local: LOCAL }, A, 'config'],
    ['this machine', { local: LOCAL }, LOCAL, 'local'],
  ])('is that of %s', (_, sources, { url, token }, from) => {
    expect(resolve(sources)).toEqual([`${url}/`, from, token, from]);
  });

  it('is the default one, without a token, when nobody names one', () => {
    expect(resolve({})).toEqual(['http://localhost:9000/', 'default', undefined, undefined]);
  });

  it('is the one on this machine for OFFSHOOT_TOKEN alone, as for npm start', () => {
    const environment = { token: 'mine' };
    expect(resolve({ environment })).toEqual([
      'http://localhost:9000/',
      'environment',
      'mine',
      'environment',
    ]);
    expect(resolve({ environment, local: { url: LOCAL.url } })).toEqual([
      `${LOCAL.url}/`,
      'environment',
      'mine',
      'environment',
    ]);
    expect(resolve({ environment, config: A })).toEqual([
      'http://localhost:9000/',
      'environment',
      'mine',
      'environment',
    ]);
  });

  it('may have a path, and loses a query', () => {
    expect(resolve({ flags: { url: 'https://a.example/base/?x#y', token: 't' } })).toEqual([
      'https://a.example/base/',
      'flags',
      't',
      'flags',
    ]);
  });
});

describe('a token goes to no other server than its own', () => {
  it.each([
    ['of the login', { flags: { url: B.url }, config: A }],
    ['of the environment', { flags: { url: B.url }, environment: A }],
    ['of this machine', { flags: { url: B.url }, local: LOCAL }],
    ['of this machine, at another port', { flags: { url: 'http://localhost:9200' }, local: LOCAL }],
    ['of OFFSHOOT_TOKEN alone', { flags: { url: B.url }, environment: { token: 'mine' } }],
    ['of the login, over plain HTTP', { flags: { url: 'http://a.example' }, config: A }],
  ])('%s', (_, sources) => {
    expect(resolve(sources)[2]).toBeUndefined();
  });

  it('but goes to its own under each of its names', () => {
    expect(resolve({ flags: { url: 'http://localhost:9100' }, local: LOCAL })[2]).toBe('local');
    expect(resolve({ environment: { url: A.url }, config: { ...A, url: 'https://A.example:443/' } })[2]).toBe(
      A.token,
    );
  });

  it('and a flag changes who asks, whoever is asked', () => {
    expect(resolve({ flags: { token: 'other' }, config: A })).toEqual([
      'https://a.example/',
      'config',
      'other',
      'flags',
    ]);
  });
});

describe('the address of a server', () => {
  it.each([
    ['deploy.example.com', 'https://deploy.example.com/'],
    ['localhost:9000', 'http://localhost:9000/'],
    ['127.0.0.1', 'http://127.0.0.1/'],
    ['[::1]:9000', 'http://[::1]:9000/'],
    ['localhost.evil.example', 'https://localhost.evil.example/'],
    ['HTTP://A.example', 'http://a.example/'],
  ])('%s is %s', (text, href) => {
    expect(String(parseServerUrl(text))).toBe(href);
  });

  it.each([
    ['ftp://a.example', 'https:// or http://'],
    ['https://', 'no address'],
    ['https://user:pw@a.example', 'no user'],
    ['a b', 'no address'],
  ])('%s is none, which is said', (text, expected) => {
    expect(parseServerUrl(text)).toContain(expected);
    expect(resolve({ flags: { url: text } })).toContain(expected);
  });
});
