import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('nothing needs to be set', () => {
  expect(readConfig({}, '/home/me/offshoot')).toEqual({
    host: '127.0.0.1',
    port: 9000,
    proxyPort: 8000,
    dataFolder: '/home/me/offshoot/.offshoot',
    appUrl: 'http://localhost:9000',
    domain: 'http://localhost:8000',
    token: undefined,
    secretKey: undefined,
    databaseUrl: undefined,
    clickHouseUrl: undefined,
  });
});

describe('a setting', () => {
  test.each([
    [{ PORT: '9100' }, { port: 9100, appUrl: 'http://localhost:9100' }],
    [{ PROXY_PORT: '8100' }, { proxyPort: 8100, domain: 'http://localhost:8100' }],
    [{ PORT: '9100', OFFSHOOT_URL: 'https://app.example.org' }, { appUrl: 'https://app.example.org' }],
    [{ OFFSHOOT_DATA: '/srv/data' }, { dataFolder: '/srv/data' }],
    [{ OFFSHOOT_DATA: 'data' }, { dataFolder: '/home/me/offshoot/data' }],
    [{ DATABASE_URL: '' }, { databaseUrl: undefined }],
    [{ DATABASE_URL: 'postgres://db/offshoot' }, { databaseUrl: 'postgres://db/offshoot' }],
    [{ HOST: ' 0.0.0.0 ' }, { host: '0.0.0.0' }],
  ])('%j', (env, expected) => {
    expect(readConfig(env, '/home/me/offshoot')).toMatchObject(expected);
  });
});

describe('a wrong one is refused, by name', () => {
  test.each([
    [{ PORT: 'http' }, 'PORT is "http": it must be a port number from 1 to 65535.'],
    [{ PORT: '0' }, 'PORT is "0"'],
    [{ PORT: '1e3' }, 'PORT is "1e3"'],
    [{ PROXY_PORT: '65536' }, 'PROXY_PORT is "65536"'],
    [{ PORT: '8000' }, 'PORT and PROXY_PORT are both 8000: give each its own.'],
  ])('%j', (env, message) => {
    expect(() => readConfig(env, '/')).toThrow(message);
  });
});
