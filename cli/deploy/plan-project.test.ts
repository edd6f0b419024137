import { describe, expect, it } from 'vitest';
import type { Project } from '../server/answers.ts';
import { parseCommit } from './describe-folder.ts';
import type { DeployOptions } from './deploy-options.ts';
import { nameOfFolder, planProjectChanges, slugOfName, splitCredentials } from './plan-project.ts';

const PROJECT: Project = {
  id: 'p'.repeat(20),
  slug: 'site',
  name: 'Site',
  gitUrl: 'https://h.example/site',
  productionBranch: 'main',
  settings: { buildCommand: 'npm run build' },
  url: 'https://site.example',
  createdAt: 0,
};
const OPTIONS: DeployOptions = {
  project: undefined,
  name: undefined,
  branch: undefined,
  ref: undefined,
  productionBranch: undefined,
  settings: {},
  isWaiting: true,
  isQuiet: false,
};
const plan = (gitUrl: string | undefined, options: Partial<DeployOptions> = {}, project = PROJECT) => {
  const planned = planProjectChanges(project, gitUrl, { ...OPTIONS, ...options });
  return planned.ok ? planned.changes : planned.message;
};

describe('what changes of a project that is deployed again', () => {
  it.each(['https://h.example/site', 'https://H.example/site/', undefined])('is nothing for %s', (gitUrl) => {
    expect(plan(gitUrl)).toEqual({});
  });

  it('is what was given and is different', () => {
    const settings = { buildCommand: 'make', outputDirectory: 'out' };
    expect(plan(PROJECT.gitUrl ?? '', { name: 'Other', productionBranch: 'trunk', settings })).toEqual({
      name: 'Other',
      productionBranch: 'trunk',
      settings,
    });
    expect(
      plan(undefined, { name: 'Site', productionBranch: 'main', settings: PROJECT.settings as {} }),
    ).toEqual({});
  });

  it('keeps the settings that were not given', () => {
    expect(plan(undefined, { settings: { nodeMajor: 22 } })).toEqual({
      settings: { buildCommand: 'npm run build', nodeMajor: 22 },
    });
  });

  it('is the password, whenever one is given', () => {
    const gitUrl = 'https://user:secret@h.example/site';
    expect(plan(gitUrl)).toEqual({ gitUrl });
  });

  it('is never its repository: that is another project', () => {
    expect(plan('https://h.example/other')).toContain('it has https://h.example/site');
    expect(plan('https://user:secret@h.example/other')).not.toContain('secret');
    expect(plan('https://h.example/site', {}, { ...PROJECT, gitUrl: null })).toContain(
      'folders are uploaded to it',
    );
  });
});

describe('names', () => {
  it.each([
    ['/home/ada/shop', 'shop'],
    ['/home/ada/shop/dist', 'shop'],
    ['/home/ada/shop/_site', 'shop'],
    ['/dist', 'dist'],
    ['/home/ada/shop/Public', 'shop'],
  ])('of the folder %s is %s', (folder, expected) => {
    expect(nameOfFolder(folder)).toBe(expected);
  });

  it.each([
    ['My Café', 'my-cafe'],
    ['a'.repeat(40), 'a'.repeat(30)],
    ['你好', undefined],
  ])('%s stands in an address as %s', (name, expected) => {
    expect(slugOfName(name)).toBe(expected);
  });

  it.each([
    ['https://h/x', { url: 'https://h/x', hasCredentials: false }],
    ['https://a:b@h/x', { url: 'https://h/x', hasCredentials: true }],
    ['https://token@h/x', { url: 'https://h/x', hasCredentials: true }],
    ['no url', { url: 'no url', hasCredentials: false }],
  ])('of %s without its credentials', (gitUrl, expected) => {
    expect(splitCredentials(gitUrl)).toEqual(expected);
  });
});

describe('the commit that a folder was built of', () => {
  const commit = 'a'.repeat(40);
  it.each([
    [`${commit}\nOpen the shop\n`, { commit, message: 'Open the shop' }],
    [`${commit}\n\n`, { commit }],
    [`${commit}\n\u001B[31mred\u0007\n`, { commit, message: '[31mred' }],
    [`${commit}\n${'x'.repeat(300)}`, { commit, message: 'x'.repeat(200) }],
    ['', {}],
    ['fatal: not a repository', {}],
  ])('%j', (text, expected) => {
    expect(parseCommit(text)).toEqual(expected);
  });
});
