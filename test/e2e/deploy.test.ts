import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFolder } from '../support/git-repository.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startOffshoot, waitFor, type Deployment, type Offshoot } from '../support/offshoot.ts';

const BUILD_TIMEOUT_MS = 180_000;
const FIXTURES = join(import.meta.dirname, '../fixtures/repositories');

let git: GitServer;
let offshoot: Offshoot;

beforeAll(async () => {
  git = await startGitServer();
  offshoot = await startOffshoot();
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await offshoot?.dispose();
  await git?.close();
}, BUILD_TIMEOUT_MS);

async function deployFixture(name: string, settings: Record<string, unknown> = {}) {
  const { url, repository } = git.createRepository(name, readFolder(join(FIXTURES, name)));
  const project = await offshoot.createProject({ gitUrl: url, ...settings });
  const deployment = await offshoot.deploy(project.slug);
  return { project, repository, deployment: await offshoot.waitForEnd(deployment.id, BUILD_TIMEOUT_MS) };
}

async function textOfLog(deployment: Deployment): Promise<string> {
  return (await offshoot.log(deployment.id)).map(({ text }) => text).join('\n');
}

async function expectReady(deployment: Deployment): Promise<void> {
  const isReady = deployment.status === 'ready';
  expect(isReady ? 'ready' : `${deployment.message}\n${await textOfLog(deployment)}`).toBe('ready');
}

describe('a Git URL becomes a served site', { timeout: BUILD_TIMEOUT_MS }, () => {
  test('plain HTML is published as it is, without dotfiles', async () => {
    const { project, deployment } = await deployFixture('plain-html');
    await expectReady(deployment);
    const home = await offshoot.visit(project.url);
    expect(home.status).toBe(200);
    expect(home.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(home.body).toContain('Hello from a plain repository');
    expect((await offshoot.visit(project.url, '/guide/')).body).toContain('The guide');
    expect((await offshoot.visit(project.url, '/assets/style.css')).headers['content-type']).toContain(
      'text/css',
    );
    const missing = await offshoot.visit(project.url, '/.env');
    expect(missing.status).toBe(404);
    expect(missing.body).toContain('Nothing is here');
    const again = await offshoot.visit(project.url, '/', { 'if-none-match': home.headers.etag ?? '' });
    expect(again.status).toBe(304);
  });

  test('a Vite app with npm dependencies is built, and a second deployment sends only what changed', async () => {
    const { project, repository, deployment } = await deployFixture('vite-app');
    await expectReady(deployment);
    expect((await offshoot.visit(project.url)).body).toContain('<div id="app">');
    expect(deployment.phases.map(({ phase }) => phase)).toEqual(['checkout', 'install', 'build', 'publish']);

    const files = readFolder(join(FIXTURES, 'vite-app'));
    repository.commit({ ...files, 'src/style.css': 'body { color: teal }' });
    const second = await offshoot.waitForEnd((await offshoot.deploy(project.slug)).id, BUILD_TIMEOUT_MS);
    await expectReady(second);
    const script = /src="(\/assets\/[^"]+\.js)"/.exec((await offshoot.visit(project.url)).body)?.[1] ?? '';
    expect((await offshoot.visit(project.url, script)).status).toBe(200);
    const uploads = (await offshoot.log(second.id)).filter(({ phase }) => phase === 'publish');
    expect(uploads.map(({ text }) => text).join('\n')).toMatch(
      /Uploaded 2 new contents .* Stored already: 1\./,
    );
  });

  test('an Eleventy site is detected and built', async () => {
    const { project, deployment } = await deployFixture('eleventy-site');
    await expectReady(deployment);
    expect((await offshoot.visit(project.url)).body).toContain('Built by Eleventy');
    expect((await offshoot.visit(project.url, '/about/')).body).toContain('A second page');
  });

  test('a folder of a monorepo is built', async () => {
    const settings = { rootDirectory: 'packages/site' };
    const { project, deployment } = await deployFixture('monorepo', { settings });
    await expectReady(deployment);
    expect((await offshoot.visit(project.url)).body).toContain('Hello from a monorepo sub-folder');
  });

  test.each([
    ['fails-to-install', 'install_failed', 'the preinstall script gave up'],
    ['fails-to-build', 'build_failed', 'colour is not defined in theme.json'],
    ['no-output', 'output_missing', 'built nothing'],
  ])('%s ends as %s, and the log says why', async (name, reason, line) => {
    const { project, deployment } = await deployFixture(name);
    expect(deployment).toMatchObject({ status: 'failed', reason });
    expect(await textOfLog(deployment)).toContain(line);
    const page = await offshoot.visit(project.url);
    expect(page.body).toMatch(/fail/i);
  });
});

describe('a password inside a Git URL', { timeout: BUILD_TIMEOUT_MS }, () => {
  const PASSWORD = 'hunter2-very-secret';

  test('opens the repository, and is seen nowhere: not in answers, log, site, or anywhere in the data folder', async () => {
    const closed = await startGitServer({ credentials: `ada:${PASSWORD}` });
    try {
      const build = {
        install: '',
        build: 'env; git config --list; cp -r . /tmp/x; mkdir dist; env > dist/index.html',
      };
      const files = { 'offshoot.json': JSON.stringify({ ...build, output: 'dist' }), 'package.json': '{}' };
      const { url } = closed.createRepository('closed', files);
      const answers: unknown[] = [];
      const project = await offshoot.createProject({ gitUrl: url.replace('//', `//ada:${PASSWORD}@`) });
      const { id } = await offshoot.deploy(project.slug);
      answers.push(project, await offshoot.waitForEnd(id), await offshoot.log(id));
      await expectReady(await offshoot.deployment(id));
      answers.push((await offshoot.visit(project.url)).body, offshoot.output());
      answers.push((await offshoot.call('GET', `/api/projects/${project.slug}`)).body);
      expect(JSON.stringify(answers)).not.toContain(PASSWORD);
      const found = spawnSync('grep', ['-rlaF', PASSWORD, offshoot.dataFolder], { encoding: 'utf8' });
      expect(found.stdout).toBe('');
    } finally {
      await closed.close();
    }
  });

  test('that is wrong is told at once, without the password', async () => {
    const closed = await startGitServer({ credentials: 'ada:right' });
    const { url } = closed.createRepository('wrong', { 'index.html': 'x' });
    const answer = await offshoot.call('POST', '/api/projects', {
      gitUrl: url.replace('//', `//ada:${PASSWORD}@`),
    });
    await closed.close();
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).not.toContain(PASSWORD);
  });
});

describe('the hosts of a project', { timeout: BUILD_TIMEOUT_MS }, () => {
  test('a branch has its own host, a rollback moves production without a build', async () => {
    const { url, repository } = git.createRepository('hosts', { 'index.html': 'one' });
    const project = await offshoot.createProject({ gitUrl: url, name: 'Hosts' });
    const first = await offshoot.waitForEnd((await offshoot.deploy(project.slug)).id);
    repository.commit({ 'index.html': 'two' });
    const second = await offshoot.waitForEnd((await offshoot.deploy(project.slug)).id);
    repository.commit({ 'index.html': 'preview' }, { branch: 'feature/x', parents: [second.commit] });
    const preview = await offshoot.waitForEnd((await offshoot.deploy(project.slug, 'feature/x')).id);

    expect((await offshoot.visit(project.url)).body).toBe('two');
    expect((await offshoot.visit(preview.urls['branch'] ?? '')).body).toBe('preview');
    expect((await offshoot.visit(first.urls['deployment'] ?? '')).body).toBe('one');

    const moved = await offshoot.call('POST', `/api/deployments/${first.id}/promote`);
    expect(moved.status).toBe(200);
    await waitFor('the rollback', 5000, async () =>
      (await offshoot.visit(project.url)).body === 'one' ? true : undefined,
    );
  });

  test('while the first build runs the host shows a page that waits', async () => {
    const slow = { scripts: { build: 'sleep 3; mkdir dist; echo done > dist/index.html' } };
    const { url } = git.createRepository('slow', { 'package.json': JSON.stringify(slow) });
    const project = await offshoot.createProject({ gitUrl: url });
    const { id } = await offshoot.deploy(project.slug);
    const waiting = await waitFor('the waiting page', 5000, async () => {
      const page = await offshoot.visit(project.url);
      return page.status === 404 ? undefined : page;
    });
    expect(waiting.headers['cache-control']).toBe('no-store');
    await expectReady(await offshoot.waitForEnd(id));
    expect((await offshoot.visit(project.url)).body).toBe('done\n');
  });

  test('a cancelled build ends at once and moves nothing', async () => {
    const endless = { scripts: { build: 'sleep 600' } };
    const { url } = git.createRepository('endless', { 'package.json': JSON.stringify(endless) });
    const project = await offshoot.createProject({ gitUrl: url });
    const { id } = await offshoot.deploy(project.slug);
    await waitFor('the build', 20_000, async () =>
      (await offshoot.deployment(id)).status === 'building' ? true : undefined,
    );
    expect((await offshoot.call('POST', `/api/deployments/${id}/cancel`)).status).toBeLessThan(300);
    expect((await offshoot.waitForEnd(id, 20_000)).status).toBe('canceled');
  });
});
