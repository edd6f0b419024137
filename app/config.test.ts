import { describe, expect, test } from 'vitest';
import { buildLimitsOf, parseConfig, SETTINGS } from './config.ts';

const NEEDED = {
  OFFSHOOT_TOKEN: 'a-token-of-an-administrator',
  OFFSHOOT_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  DATABASE_URL: 'postgres://localhost/offshoot',
  CLICKHOUSE_URL: 'http://localhost:8123/offshoot',
};

describe('settings', () => {
  test('have defaults but for what only the operator can know', () => {
    const config = parseConfig(NEEDED);
    expect(config).toMatchObject({ host: '127.0.0.1', port: 9000, allowLocal: false, maxAttempts: 2 });
    expect(config.appUrl.href).toBe('http://localhost:9000/');
    expect(config.domain).toEqual({ scheme: 'http', host: 'localhost', port: 8000 });
    expect(config.secretKey).toEqual(new Uint8Array(32).fill(1));
    expect(config.maxBuilds).toBeGreaterThan(0);
  });

  test('bound a build as the builder is told', () => {
    expect(buildLimitsOf(parseConfig({ ...NEEDED, OFFSHOOT_MAX_OUTPUT_FILES: '7' }))).toEqual({
      checkoutTimeoutMs: 300_000,
      installTimeoutMs: 900_000,
      buildTimeoutMs: 1_800_000,
      publishTimeoutMs: 600_000,
      repositoryBytes: 2_000_000_000,
      memoryBytes: 4_000_000_000,
      processes: 2000,
      diskBytes: 10_000_000_000,
      outputFiles: 7,
      outputFileBytes: 100_000_000,
      outputBytes: 2_000_000_000,
      logBytes: 64_000_000,
    });
  });

  test('take keys of before, none unless there are some', () => {
    const old = [2, 3].map((byte) => Buffer.alloc(32, byte).toString('base64')).join(', ');
    const { oldSecretKeys } = parseConfig({ ...NEEDED, OFFSHOOT_OLD_SECRET_KEYS: `${old},` });
    expect(oldSecretKeys).toEqual([new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)]);
    expect(parseConfig(NEEDED).oldSecretKeys).toEqual([]);
  });

  test('that are empty count as missing', () => {
    expect(parseConfig({ ...NEEDED, PORT: '', HOST: ' ' })).toMatchObject({ port: 9000, host: '127.0.0.1' });
    expect(() => parseConfig({ ...NEEDED, OFFSHOOT_TOKEN: '' })).toThrow('OFFSHOOT_TOKEN is missing.');
  });

  test.each([
    ['OFFSHOOT_DOMIAN', 'x', 'OFFSHOOT_DOMIAN is no setting of Offshoot. Did you mean OFFSHOOT_DOMAIN?'],
    ['OFFSHOOT_MAX_BUILD', '2', 'Did you mean OFFSHOOT_MAX_BUILDS?'],
    ['OFFSHOOT_QQQQQQQQQQQQQQQQ', '', 'docs/configuration.md lists them.'],
    ['PORT', 'http', "PORT can't be used: a whole number is expected."],
    ['PORT', '70000', "PORT can't be used: at most 65535 is expected."],
    ['OFFSHOOT_URL', 'example.com', 'a URL that begins with http:// or https:// is expected'],
    ['OFFSHOOT_URL', 'https://example.com/offshoot', 'no path is expected behind the host'],
    ['OFFSHOOT_DOMAIN', 'https://example.com/x', '[scheme://]host[:port] is expected'],
    ['OFFSHOOT_SECRET_KEY', 'c2hvcnQ=', '32 bytes in base64 are expected'],
    ['OFFSHOOT_OLD_SECRET_KEYS', 'c2hvcnQ=,x', '32 bytes in base64 are expected'],
    ['OFFSHOOT_TOKEN', 'short', 'at least 16 characters are expected'],
    ['DATABASE_URL', 'mysql://localhost', 'a URL that begins with postgres:// or postgresql:// is expected'],
    ['OFFSHOOT_ALLOW_LOCAL_REPOSITORIES', 'maybe', 'true or false is expected'],
    [
      'OFFSHOOT_HEARTBEAT_MS',
      '20000',
      'OFFSHOOT_HEARTBEAT_MS (20000) must be at most half of OFFSHOOT_LEASE_MS (30000)',
    ],
    [
      'OFFSHOOT_PUBLISH_TIMEOUT_MS',
      '86400000',
      'OFFSHOOT_PUBLISH_TIMEOUT_MS (86400000) must be at most half of OFFSHOOT_BLOB_GRACE_MS (86400000)',
    ],
  ])('%s=%s is refused with a sentence', (name, value, sentence) => {
    expect(() => parseConfig({ ...NEEDED, [name]: value })).toThrow(sentence);
  });

  test('that are wrong are named all at once, without their values', () => {
    const wrong = { PORT: 'x', OFFSHOOT_TOKEN: 'geheim', OFFSHOOT_SECRET_KEY: 'geheim' };
    const message = messageOf(() => parseConfig({ ...NEEDED, ...wrong }));
    for (const name of Object.keys(wrong)) expect(message).toContain(name);
    expect(message).not.toContain('geheim');
  });

  test('of builders and builds, and variables of others, are no mistakes', () => {
    const others = { OFFSHOOT_BUILD_TOKEN: 'x', OFFSHOOT_DEPLOYMENT_URL: 'y', OFFSHOOT: '1', HOME: '/root' };
    expect(() => parseConfig({ ...NEEDED, ...others })).not.toThrow();
  });

  test('each have a name of their own and a sentence', () => {
    const settings = Object.values(SETTINGS);
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    for (const { about } of settings) expect(about).toMatch(/^[A-Z].*\.$/s);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}
