import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

const NEEDED = {
  OFFSHOOT_TOKEN: 'a-token-of-an-administrator',
  OFFSHOOT_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  DATABASE_URL: 'postgres://localhost/offshoot',
  CLICKHOUSE_URL: 'http://localhost:8123/offshoot',
};
const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = key.export({ type: 'pkcs1', format: 'pem' }).toString();
const PKCS8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
const CURVE = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const APP = { APP_ID: '12345', PRIVATE_KEY: PKCS1, WEBHOOK_SECRET: 'a secret' };

const parse = (env: Record<string, string>) => parseConfig({ ...NEEDED, ...env });

describe('the settings of a GitHub App', () => {
  it('are no duty: without them there is no App, on github.com', () => {
    expect(parse({})).toMatchObject({ githubApiUrl: 'https://api.github.com' });
    const { githubAppId, githubPrivateKey, githubWebhookSecret, webhookProxyUrl } = parse({ APP_ID: ' ' });
    expect([githubAppId, githubPrivateKey, githubWebhookSecret, webhookProxyUrl]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['as GitHub gives it', PKCS1, PKCS1],
    ['as PKCS#8', PKCS8, PKCS8],
    ['in base64', Buffer.from(PKCS1).toString('base64'), PKCS1],
    ['on one line', PKCS1.replaceAll('\n', '\\n'), PKCS1],
    ['on one line in quotes', `"${PKCS1.replaceAll('\n', '\\n')}"`, PKCS1],
  ])('take a private key %s', (_how, given, expected) => {
    expect(parse({ ...APP, PRIVATE_KEY: given }).githubPrivateKey?.trim()).toBe(expected.trim());
  });

  it.each([
    ['https://api.github.com/', 'https://api.github.com'],
    ['https://api.acme.ghe.com', 'https://api.acme.ghe.com'],
    ['https://github.example.com/api/v3', 'https://github.example.com/api/v3'],
    ['http://127.0.0.1:4000/api/v3/', 'http://127.0.0.1:4000/api/v3'],
  ])('take %s as the API', (given, expected) => {
    expect(parse({ GITHUB_API_URL: given }).githubApiUrl).toBe(expected);
  });

  it.each<[Record<string, string>, string]>([
    [{ APP_ID: 'offshoot' }, "APP_ID can't be used: a whole number is expected."],
    [{ APP_ID: '1' }, 'PRIVATE_KEY is missing. APP_ID is set'],
    [{ PRIVATE_KEY: PKCS1 }, 'APP_ID is missing. PRIVATE_KEY is set'],
    [{ ...APP, WEBHOOK_SECRET: '' }, 'WEBHOOK_SECRET is missing. APP_ID names a GitHub App'],
    [{ ...APP, PRIVATE_KEY: 'nonsense' }, "PRIVATE_KEY can't be used: an RSA private key is expected"],
    [{ ...APP, PRIVATE_KEY: CURVE }, "PRIVATE_KEY can't be used: an RSA private key is expected"],
    [{ ...APP, PRIVATE_KEY: PKCS1.slice(0, 200) }, "PRIVATE_KEY can't be used"],
    [{ GITHUB_CLIENT_ID: 'Iv1.x' }, 'GITHUB_CLIENT_SECRET is missing. GITHUB_CLIENT_ID is set'],
    [{ GITHUB_CLIENT_SECRET: 'x' }, 'GITHUB_CLIENT_ID is missing.'],
    [{ GITHUB_API_URL: 'https://github.example.com' }, 'https://<host>/api/v3 is expected'],
    [{ GITHUB_API_URL: 'https://github.com' }, 'https://api.github.com'],
    [{ GITHUB_API_URL: 'https://api.github.com?x=1' }, 'is expected'],
    [{ WEBHOOK_PROXY_URL: 'smee.io/x' }, 'a URL that begins with http:// or https:// is expected'],
  ])('refuse %j with a sentence that tells no secret', (env, sentence) => {
    expect(() => parse(env)).toThrow(sentence);
    expect(() => parse(env)).not.toThrow('PRIVATE KEY-----');
  });
});
