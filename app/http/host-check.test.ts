import { describe, expect, it } from 'vitest';
import { isAllowedSource, isServedHost } from './host-check.ts';

const APP = new URL('https://deploy.example.com');

describe('isServedHost', () => {
  it.each([
    ['deploy.example.com', true],
    ['DEPLOY.example.com', true],
    ['deploy.example.com:8443', true],
    ['localhost:9000', true],
    ['127.0.0.1:9000', true],
    ['[::1]:9000', true],
    ['example.com', false],
    ['evil.deploy.example.com', false],
    ['deploy.example.com.evil.test', false],
    ['deploy.example.com@evil.test', false],
    ['deploy.example.com:9000:80', false],
    ['site.localhost:9000', false],
    ['localhost.', false],
    ['127.0.0.2', false],
    ['127.1', false],
    ['[::ffff:127.0.0.1]', false],
    ['rebound.test', false],
    ['', false],
    [undefined, false],
  ])('%j → %j', (host, served) => {
    expect(isServedHost(host, APP)).toBe(served);
  });

  it('compares an IPv6 address in the form that URLs have', () => {
    expect(isServedHost('[2001:db8::1]:9000', new URL('http://[2001:DB8::1]:9000'))).toBe(true);
  });
});

describe('isAllowedSource', () => {
  const program = {
    method: 'POST',
    host: 'deploy.example.com',
    origin: undefined,
    fetchSite: undefined,
    upgrade: undefined,
    hasCookies: false,
  };

  it.each([
    ['a program', {}, true],
    ['our own page', { origin: 'https://deploy.example.com', fetchSite: 'same-origin' }, true],
    ['our own page over http', { origin: 'http://deploy.example.com' }, false],
    ['our own page at another port', { origin: 'https://deploy.example.com:8443' }, false],
    ['a preview', { origin: 'https://site.example.com', fetchSite: 'same-site' }, false],
    ['a preview that sends no Origin', { fetchSite: 'same-site' }, false],
    ['a stranger', { origin: 'https://evil.test', fetchSite: 'cross-site' }, false],
    ['a sandboxed frame', { origin: 'null' }, false],
    ['an empty origin', { origin: '' }, false],
    ['a page that reads', { method: 'GET', origin: 'https://evil.test' }, true],
    [
      'a page that opens a WebSocket',
      { method: 'GET', origin: 'https://evil.test', upgrade: 'websocket' },
      false,
    ],
    ['our page over loopback', { host: 'localhost:9000', origin: 'http://localhost:9000' }, true],
    ['a preview over loopback', { host: 'localhost:9000', origin: 'http://site.localhost:8000' }, false],
    ['another loopback port', { host: 'localhost:9000', origin: 'http://localhost:8000' }, false],
    ['an origin that repeats a forged host', { host: 'evil.test', origin: 'http://evil.test' }, false],
    ['a person who typed the address', { fetchSite: 'none' }, true],
    ['an old browser that is signed in and says nothing of itself', { hasCookies: true }, false],
    [
      'our own page, signed in',
      { origin: 'https://deploy.example.com', fetchSite: 'same-origin', hasCookies: true },
      true,
    ],
  ])('%s', (_who, source, allowed) => {
    expect(isAllowedSource({ ...program, ...source }, APP)).toBe(allowed);
  });
});
