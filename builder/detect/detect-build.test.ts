import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BuildPlan, detectBuild, foldersUpFrom } from './detect-build.ts';
import { findOutput } from './find-output.ts';

let base: string;
let folder: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'offshoot-detect-'));
  folder = join(base, 'repository');
  await mkdir(folder);
  await writeFile(join(base, 'secret.json'), '{"scripts":{"build":"cat secret"}}');
});

afterEach(() => rm(base, { recursive: true }));

async function write(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

async function plan(settings = {}): Promise<BuildPlan> {
  const detected = await detectBuild(folder, settings);
  if (!detected.ok) throw new Error(detected.message);
  return detected.plan;
}

const uses = (dependencies: Record<string, string>, build = 'build it') => ({
  scripts: { build },
  dependencies,
});

describe('real shapes of repositories', () => {
  test.each([
    ['Vite', { 'package.json': uses({ vite: '^7' }) }, 'vite', ['dist']],
    ['Vite with Vue', { 'package.json': uses({ vite: '^7', vue: '3' }) }, 'vite', ['dist']],
    ['Astro', { 'package.json': uses({ astro: '^5' }) }, 'astro', ['dist']],
    ['Eleventy', { 'package.json': uses({ '@11ty/eleventy': '^3' }) }, 'eleventy', ['_site']],
    ['Next.js', { 'package.json': uses({ next: '15' }), 'next.config.js': '' }, 'next', ['out']],
    [
      'SvelteKit',
      { 'package.json': uses({ '@sveltejs/kit': '2', vite: '6' }), 'svelte.config.js': '' },
      'svelte-kit',
      ['build'],
    ],
    ['Docusaurus', { 'package.json': uses({ '@docusaurus/core': '3' }) }, 'docusaurus', ['build']],
    ['VitePress', { 'package.json': uses({ vitepress: '1' }) }, 'vitepress', ['docs/.vitepress/dist']],
    ['Nuxt', { 'package.json': uses({ nuxt: '3' }) }, 'nuxt', ['.output/public', 'dist']],
    ['Gatsby', { 'package.json': uses({ gatsby: '5' }) }, 'gatsby', ['public']],
    ['Create React App', { 'package.json': uses({ 'react-scripts': '5' }) }, 'create-react-app', ['build']],
    [
      'Angular',
      { 'package.json': uses({ '@angular/cli': '19' }), 'angular.json': '{}' },
      'angular',
      ['dist'],
    ],
    [
      'React Router',
      { 'package.json': uses({ '@react-router/dev': '7', vite: '6' }) },
      'react-router',
      ['build/client'],
    ],
    ['Solid with Vite', { 'package.json': uses({ 'solid-js': '1', vite: '7' }) }, 'solid-js', ['dist']],
    [
      'Vite, saved with a byte order mark',
      { 'package.json': `\uFEFF${JSON.stringify(uses({ vite: '^7' }))}` },
      'vite',
      ['dist'],
    ],
    [
      'a configuration file whose framework is no dependency',
      { 'package.json': uses({}), 'vite.config.js': '', 'config.json': '{}', 'app.json': '{}' },
      null,
      ['dist', 'build', 'public', 'out', '_site'],
    ],
    ['Hexo', { 'package.json': uses({ hexo: '7' }) }, 'hexo', ['public']],
    ['a build script alone', { 'package.json': uses({}) }, null, ['dist', 'build', 'public', 'out', '_site']],
  ])('%s', async (_name, files, framework, outputDirectories) => {
    await write(files);
    expect(await plan()).toMatchObject({
      framework,
      outputDirectories,
      installCommand: 'npm install',
      buildCommand: 'npm run build',
    });
  });

  test('an offshoot.json that names paths, with a package.json and without one', async () => {
    await write({ 'offshoot.json': '{"paths":[]}', 'index.html': 'hello' });
    expect(await plan()).toMatchObject({ filtersPaths: true });
    await write({ 'package.json': '{"scripts":{"build":"make"}}' });
    expect(await plan()).toMatchObject({ filtersPaths: true, buildCommand: 'npm run build' });
  });

  test('no package.json: published as it is', async () => {
    await write({ 'index.html': 'hello', 'hugo.toml': '' });
    expect(await plan()).toEqual({
      rootDirectory: '',
      nodeMajor: 24,
      packageManager: null,
      installCommand: null,
      buildCommand: null,
      outputDirectories: [''],
      framework: null,
      filtersPaths: false,
      notes: ['There is no package.json: the files are published as they are.'],
    });
  });

  test('no build script and no framework: dependencies are installed, the files published as they are', async () => {
    await write({ 'package.json': {}, 'package-lock.json': '{}' });
    expect(await plan()).toMatchObject({
      installCommand: 'npm ci',
      buildCommand: null,
      outputDirectories: [''],
    });
  });

  test('a framework without a build script is run directly', async () => {
    await write({
      'package.json': { devDependencies: { astro: '5' } },
      'pnpm-lock.yaml': "lockfileVersion: '9.0'",
    });
    expect(await plan()).toMatchObject({ buildCommand: 'pnpm exec astro build' });
  });

  test('a folder of a workspace uses the lockfile, Node and package manager of the repository', async () => {
    await write({
      'package.json': { packageManager: 'pnpm@9.15.0' },
      'pnpm-lock.yaml': "lockfileVersion: '9.0'",
      'pnpm-workspace.yaml': 'packages: [apps/*]',
      '.nvmrc': '22',
      'apps/web/package.json': uses({ vite: '7' }),
    });
    expect(await plan({ rootDirectory: './apps/web/' })).toMatchObject({
      rootDirectory: 'apps/web',
      nodeMajor: 22,
      packageManager: { name: 'pnpm', version: '9.15.0' },
      installCommand: 'pnpm install --frozen-lockfile',
    });
  });

  test.each([
    ['of a workspace', { workspaces: ['apps/*'] }, 'npm ci'],
    ['that shares no lockfile with the repository', {}, 'npm install'],
  ])('a folder %s is installed accordingly', async (_, packageJson, installCommand) => {
    await write({
      'package.json': packageJson,
      'package-lock.json': '{}',
      'apps/web/package.json': uses({ vite: '7' }),
    });
    expect(await plan({ rootDirectory: 'apps/web' })).toMatchObject({ installCommand });
  });
});

describe('what is set beats what is detected, and offshoot.json beats the project settings', () => {
  const settings = { installCommand: 'i', buildCommand: 'b', outputDirectory: 'o', nodeMajor: 20 } as const;

  test('settings', async () => {
    await write({ 'package.json': uses({ vite: '7' }) });
    expect(await plan(settings)).toMatchObject({
      installCommand: 'i',
      buildCommand: 'b',
      outputDirectories: ['o'],
      nodeMajor: 20,
    });
  });

  test('offshoot.json', async () => {
    await write({
      'package.json': {},
      'offshoot.json': { root: 'web', install: '', build: 'make', output: './site/', node: 22 },
      'web/package.json': uses({}),
    });
    expect(await plan(settings)).toMatchObject({
      rootDirectory: 'web',
      installCommand: null,
      buildCommand: 'make',
      outputDirectories: ['site'],
      nodeMajor: 22,
    });
  });

  test('offshoot.json lies in the root directory of the project settings, and leads on from there', async () => {
    await write({ 'a/offshoot.json': { root: 'b' }, 'a/b/index.html': '' });
    expect(await plan({ rootDirectory: 'a' })).toMatchObject({ rootDirectory: 'a/b' });
  });

  test('commands without package.json are run', async () => {
    await write({ 'offshoot.json': { build: './make.sh', output: 'public' } });
    expect(await plan()).toMatchObject({
      buildCommand: './make.sh',
      outputDirectories: ['public'],
      notes: [],
    });
  });
});

describe('a repository that can not be built says what is wrong', () => {
  test.each([
    ['a broken offshoot.json', { 'offshoot.json': '{' }, {}, 'offshoot.json is not valid JSON'],
    ['a broken package.json', { 'package.json': '{' }, {}, 'package.json is not valid JSON'],
    ['package.json that is a list', { 'package.json': [] }, {}, 'package.json must hold one JSON object.'],
    [
      'a root that is not there',
      {},
      { rootDirectory: 'web' },
      'The root directory "web", named by the project settings, is no folder',
    ],
    [
      'a root outside',
      {},
      { rootDirectory: '../..' },
      'The root directory "../..", named by the project settings',
    ],
    [
      'a root that is a file',
      { web: 'x', 'offshoot.json': { root: 'web' } },
      {},
      'The root directory "web", named by offshoot.json',
    ],
    [
      'a huge package.json',
      { 'package.json': ' '.repeat(2_000_000) },
      {},
      'package.json is larger than 1 MiB.',
    ],
    [
      'an unknown package manager',
      { 'package.json': { packageManager: 'deno@2.0.0' } },
      {},
      '"packageManager" must be',
    ],
  ])('%s', async (_name, files, settings, message) => {
    await write(files);
    expect(await detectBuild(folder, settings)).toMatchObject({
      ok: false,
      message: expect.stringContaining(message),
    });
  });
});

describe('nothing in a repository leads the detection out of it', () => {
  test.each([
    ['package.json', '../secret.json', 'package.json leads out of the repository.'],
    ['offshoot.json', '/etc/passwd', 'offshoot.json leads out of the repository.'],
    ['package.json', '/dev/zero', 'package.json leads out of the repository.'],
  ])('%s is a symlink to %s', async (name, target, message) => {
    await symlink(target, join(folder, name));
    expect(await detectBuild(folder, {})).toEqual({ ok: false, message });
  });

  test('the root directory is a symlink to outside', async () => {
    await symlink('..', join(folder, 'web'));
    const detected = await detectBuild(folder, { rootDirectory: 'web' });
    expect(detected).toEqual({ ok: false, message: 'web leads out of the repository.' });
  });

  test('a named pipe does not hold the builder up', async () => {
    execFileSync('mkfifo', [join(folder, 'package.json')]);
    expect(await detectBuild(folder, {})).toEqual({
      ok: false,
      message: 'package.json is not a regular file.',
    });
  });

  test('a folder in place of a file', async () => {
    await mkdir(join(folder, 'package.json'));
    expect(await detectBuild(folder, {})).toEqual({
      ok: false,
      message: 'package.json is not a regular file.',
    });
  });

  test('a symlink inside the repository is followed', async () => {
    await write({ '.nvmrc': '20', 'web/package.json': {} });
    await symlink('../.nvmrc', join(folder, 'web/.nvmrc'));
    expect(await plan({ rootDirectory: 'web' })).toMatchObject({ nodeMajor: 20 });
  });

  test('odd shapes of package.json are borne', async () => {
    await write({ 'package.json': { scripts: 'x', engines: [], dependencies: 'vite', packageManager: 7 } });
    expect(await plan()).toMatchObject({ framework: null, buildCommand: null });
  });
});

describe('the output is', () => {
  test('the first expected folder that is there', async () => {
    await write({ 'package.json': uses({}), 'public/x': '', 'build/x': '' });
    expect(await findOutput(folder, await plan())).toEqual({ ok: true, folder: 'build' });
  });

  test('relative to the repository', async () => {
    await write({ 'web/package.json': uses({ vite: '7' }), 'web/dist/index.html': '' });
    expect(await findOutput(folder, await plan({ rootDirectory: 'web' }))).toEqual({
      ok: true,
      folder: 'web/dist',
    });
  });

  test('deeper for Angular', async () => {
    await write({
      'package.json': uses({ '@angular/cli': '19' }),
      'dist/shop/browser/index.html': '',
      'dist/shop/x': '',
    });
    expect(await findOutput(folder, await plan())).toEqual({ ok: true, folder: 'dist/shop/browser' });
  });

  test('missing with a sentence', async () => {
    await write({ 'package.json': uses({ vite: '7' }) });
    expect(await findOutput(folder, await plan())).toEqual({
      ok: false,
      message:
        'The build wrote no output: there is no folder "dist". Name the right one as "output" in offshoot.json.',
    });
  });

  test('refused when the build made it a symlink to outside', async () => {
    await write({ 'package.json': uses({ vite: '7' }) });
    await symlink('/etc', join(folder, 'dist'));
    expect(await findOutput(folder, await plan())).toEqual({
      ok: false,
      message: 'dist leads out of the repository.',
    });
  });
});

test('the way up from a folder ends at the repository', () =>
  expect(foldersUpFrom('a/b/c')).toEqual(['a/b/c', 'a/b', 'a', '']));
