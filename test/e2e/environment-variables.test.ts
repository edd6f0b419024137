import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { type Deployment, type Offshoot, startOffshoot } from '../support/offshoot.ts';

const TIMEOUT_MS = 240_000;
const TOKEN = 'correct-horse-battery-staple';
const PREVIEW_TOKEN = 'another-token-for-previews';
const KEY = '-----BEGIN KEY-----\nQUJDREVGR0hJSktMTU5PUA==\nUVJTVFVWV1hZWjAxMjM0NQ==\n-----END KEY-----\n';
/** Every usual way to print a value; the site gets nothing of it but a hash, which says whether it was the right one. */
const BUILD = [
  'echo "the token is $CMS_TOKEN, the flag is $FLAG"',
  'printf %s "user:$CMS_TOKEN" | base64',
  'echo "$KEY" | tail -n 3',
  'env | sort',
  'mkdir dist',
  'printf %s "$CMS_TOKEN" | sha256sum | cut -c 1-64 > dist/index.html',
].join('; ');

let git: GitServer;
let offshoot: Offshoot;

beforeAll(async () => {
  git = await startGitServer();
  offshoot = await startOffshoot();
}, TIMEOUT_MS);
afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, TIMEOUT_MS);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function set(slug: string, name: string, body: object): Promise<unknown> {
  const answer = await offshoot.call('PUT', `/api/projects/${slug}/environment-variables/${name}`, body);
  expect(answer.status).toBeLessThan(300);
  return answer.body;
}

async function build(slug: string, ref?: string): Promise<{ deployment: Deployment; log: string }> {
  const { id } = await offshoot.deploy(slug, ref);
  const deployment = await offshoot.waitForEnd(id, TIMEOUT_MS);
  const log = (await offshoot.log(id)).map(({ text }) => text).join('\n');
  expect(deployment.status === 'ready' ? 'ready' : `${deployment.message}\n${log}`).toBe('ready');
  return { deployment, log };
}

async function siteOf({ urls }: Deployment): Promise<string> {
  return (await offshoot.visit(urls['deployment'] ?? '')).body.trim();
}

/** Stops it, and starts it on the same folder with these keys. */
async function startWith(environment: Record<string, string>): Promise<void> {
  const { dataFolder } = offshoot;
  await offshoot.stop();
  offshoot = await startOffshoot({ dataFolder, environment });
}

test(
  'a variable reaches the build, is masked in its log, is nowhere on disk, and outlives its key',
  { timeout: TIMEOUT_MS },
  async () => {
    const files = {
      'offshoot.json': JSON.stringify({ install: '', build: BUILD, output: 'dist' }),
      'package.json': '{}',
    };
    const { url, repository } = git.createRepository('with-variables', files);
    repository.commit(files, { branch: 'content' });
    const { slug } = await offshoot.createProject({ gitUrl: url });
    const answers = [
      await set(slug, 'CMS_TOKEN', { value: TOKEN }),
      await set(slug, 'CMS_TOKEN', { value: PREVIEW_TOKEN, environment: 'preview' }),
      await set(slug, 'KEY', { value: KEY }),
      await set(slug, 'FLAG', { value: 'true' }),
    ];

    const production = await build(slug);
    const preview = await build(slug, 'content');
    expect(await siteOf(production.deployment)).toBe(sha256(TOKEN));
    expect(await siteOf(preview.deployment)).toBe(sha256(PREVIEW_TOKEN));
    expect(production.log).toContain('the token is ***, the flag is true');
    expect(production.log).toContain('CMS_TOKEN=***');
    expect(production.log).toContain('OFFSHOOT_ENVIRONMENT=production');
    expect(preview.log).toContain('BRANCH=content');

    const lines = KEY.trim().split('\n');
    const told = JSON.stringify([answers, production, preview, offshoot.output()]);
    const encoded = Buffer.from(`user:${TOKEN}`).toString('base64').slice(8, -4);
    for (const secret of [TOKEN, PREVIEW_TOKEN, ...lines, encoded]) {
      expect(told).not.toContain(secret);
      const found = spawnSync('grep', ['-rlaF', '-e', secret, offshoot.dataFolder], { encoding: 'utf8' });
      expect(found.stdout).toBe('');
    }

    const old = (await readFile(join(offshoot.dataFolder, 'secret-key'), 'utf8')).trim();
    const present = Buffer.alloc(32, 5).toString('base64');
    await startWith({ OFFSHOOT_SECRET_KEY: present, OFFSHOOT_OLD_SECRET_KEYS: old });
    expect(offshoot.output()).toContain('4 secrets were sealed again with the present key');
    await startWith({ OFFSHOOT_SECRET_KEY: present });
    expect(offshoot.output()).not.toContain('sealed again');
    expect(await siteOf((await build(slug)).deployment)).toBe(sha256(TOKEN));

    await startWith({ OFFSHOOT_SECRET_KEY: old });
    expect(offshoot.output()).toContain('4 secrets of the database are opened by no key');
    const { id } = await offshoot.deploy(slug);
    expect(await offshoot.waitForEnd(id, TIMEOUT_MS)).toMatchObject({
      status: 'failed',
      reason: 'config_invalid',
      message: expect.stringMatching(/^The environment variable \w+ can't be read: /),
    });
  },
);
