import { expect, test } from 'vitest';
import { SETTINGS } from '../app/config.ts';
import { SETTINGS as PROXY_SETTINGS } from '../proxy/config.ts';
import { readConfig } from './config.ts';
import { appEnvironment, proxyEnvironment } from './start-all.ts';

const CREDENTIALS = { token: 't', secretKey: 'k', databaseUrl: 'd', clickHouseUrl: 'c' };
const SECRET = /TOKEN|KEY|SECRET|DATABASE_URL|CLICKHOUSE_URL|WEBHOOK_PROXY_URL/;

test('secrets of the app reach the app, and the proxy, which answers strangers, not', () => {
  const names = Object.values(SETTINGS).map(({ name }) => name);
  const secrets = names.filter((name) => SECRET.test(name));
  expect(secrets).toEqual(
    expect.arrayContaining(['PRIVATE_KEY', 'WEBHOOK_SECRET', 'OFFSHOOT_OLD_SECRET_KEYS']),
  );
  const env = Object.fromEntries([...secrets, 'TZ'].map((name) => [name, `the ${name}`]));
  const config = readConfig({}, '/here');
  const app = appEnvironment(config, env, CREDENTIALS);
  expect(secrets.filter((name) => app[name] === undefined)).toEqual([]);
  const proxy = proxyEnvironment(config, env);
  expect(proxy['TZ']).toBe('the TZ');
  const known = new Set<string>(Object.values(PROXY_SETTINGS).map(({ name }) => name));
  expect(secrets.filter((name) => name in proxy && !known.has(name))).toEqual([]);
});
