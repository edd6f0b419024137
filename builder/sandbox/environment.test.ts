import { expect, test } from 'vitest';
import { certificatePaths, commandEnvironment } from './environment.ts';

const order = {
  builderEnvironment: {},
  variables: {},
  binFolders: ['/opt/offshoot/node/bin'],
  home: '/build/home',
  tmp: '/tmp',
  cache: null,
};

test("of the builder's environment, only the way to the network is passed on", () => {
  const builderEnvironment = {
    PATH: '/root/bin',
    HOME: '/root',
    OFFSHOOT_BUILD_TOKEN: 'secret',
    DATABASE_URL: 'postgres://secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--require /evil.js',
    LD_PRELOAD: '/evil.so',
    HTTPS_PROXY: 'http://proxy:3128',
    npm_config_registry: 'https://registry.example/',
    NODE_EXTRA_CA_CERTS: '',
  };
  const environment = commandEnvironment({ ...order, builderEnvironment });
  expect(environment).toMatchObject({
    HTTPS_PROXY: 'http://proxy:3128',
    npm_config_registry: 'https://registry.example/',
    PATH: '/opt/offshoot/node/bin:/usr/local/bin:/usr/bin:/bin',
    HOME: '/build/home',
  });
  expect(Object.values(environment).join()).not.toMatch(/secret|evil/);
  expect(environment).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
});

test("the spec's variables beat our defaults, but not PATH and the folders", () => {
  const variables = { CI: 'false', GREETING: 'hello', PATH: '/evil', HOME: '/evil', TMPDIR: '/evil' };
  expect(commandEnvironment({ ...order, variables })).toMatchObject({
    CI: 'false',
    GREETING: 'hello',
    PATH: '/opt/offshoot/node/bin:/usr/local/bin:/usr/bin:/bin',
    HOME: '/build/home',
    TMPDIR: '/tmp',
  });
});

test("the cache has the package manager's own names", () => {
  const cache = { folder: '/build/cache', variables: { npm_config_cache: 'npm' } };
  expect(commandEnvironment({ ...order, cache })).toMatchObject({ npm_config_cache: '/build/cache/npm' });
});

test('certificates that the environment names must be readable, relative names count for nothing', () =>
  expect(certificatePaths({ NODE_EXTRA_CA_CERTS: '/srv/ca.pem', SSL_CERT_FILE: 'ca.pem' })).toEqual([
    '/srv/ca.pem',
  ]));
