import { describe, expect, it } from 'vitest';
import { planHookUrl } from './plan-hook-url.ts';

const GITHUB = 'https://github.com';
const ENTERPRISE = 'https://github.acme.internal';
const HERE = 'http://127.0.0.1:4000';

describe('the address for webhooks', () => {
  it.each([
    ['https://deploy.example.com', GITHUB, true],
    ['https://203.0.114.7', GITHUB, true],
    ['http://localhost:9000', GITHUB, false],
    ['http://offshoot.localhost:9000', GITHUB, false],
    ['http://127.0.0.1:9000', GITHUB, false],
    ['http://[::1]:9000', GITHUB, false],
    ['http://192.168.1.10:9000', GITHUB, false],
    ['http://[fd00::1]:9000', GITHUB, false],
    ['http://deploy:9000', GITHUB, false],
    ['http://deploy.local', GITHUB, false],
    ['http://deploy.acme.internal', GITHUB, false],
    ['http://deploy.acme.internal', 'https://acme.ghe.com', false],
    ['http://deploy.acme.internal', ENTERPRISE, true],
    ['http://192.168.1.10:9000', ENTERPRISE, true],
    ['http://localhost:9000', ENTERPRISE, false],
    ['http://localhost:9000', HERE, true],
  ])('below %s is within reach of %s: %s', (appUrl, webUrl, isReachable) => {
    expect(planHookUrl(new URL(appUrl), webUrl, undefined)).toEqual({
      url: `${appUrl}/api/github/webhooks`,
      isReachable,
    });
  });

  it('is the channel that passes them on, where there is one', () => {
    const channel = 'https://smee.io/abc';
    expect(planHookUrl(new URL('http://localhost:9000'), GITHUB, channel)).toEqual({
      url: channel,
      isReachable: true,
    });
  });
});
