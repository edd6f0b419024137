import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { appEnvironment, proxyEnvironment } from './start-all.ts';

test('keys of before reach the app, and the proxy not', () => {
  const env = { OFFSHOOT_OLD_SECRET_KEYS: 'an-old-key', TZ: 'UTC' };
  const config = readConfig(env, '/here');
  const credentials = { token: 't', secretKey: 'k', databaseUrl: 'd', clickHouseUrl: 'c' };
  expect(appEnvironment(config, env, credentials)).toMatchObject(env);
  expect(proxyEnvironment(config, env)).toMatchObject({ TZ: 'UTC' });
  expect(Object.keys(proxyEnvironment(config, env))).not.toContain('OFFSHOOT_OLD_SECRET_KEYS');
});
