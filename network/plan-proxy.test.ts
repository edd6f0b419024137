import { describe, expect, it } from 'vitest';
import { planProxy } from './plan-proxy.ts';

const https = 'https://git.example.com/x';
const http = 'http://git.example.com/x';

describe('the proxy of a URL', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    [https, {}, undefined],
    [https, { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    [https, { https_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:1' }, 'http://p:1'],
    [https, { HTTPS_PROXY: 'p:1' }, 'http://p:1'],
    [https, { ALL_PROXY: 'http://p:1' }, 'http://p:1'],
    [https, { http_proxy: 'http://p:1' }, undefined],
    [http, { http_proxy: 'http://p:1' }, 'http://p:1'],
    [http, { HTTP_PROXY: 'http://p:1' }, undefined],
    [https, { HTTPS_PROXY: '' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.example.com' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*.example.com' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a, git.EXAMPLE.com' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'ample.com' }, 'http://p:1'],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com:443' }, undefined],
    [https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com:8443' }, 'http://p:1'],
    [https, { HTTPS_PROXY: 'http://p:1', no_proxy: 'x', NO_PROXY: 'example.com' }, 'http://p:1'],
  ])('%s with %j is %s', (url, env, expected) => {
    expect(planProxy(new URL(url), env)).toBe(expected);
  });
});
