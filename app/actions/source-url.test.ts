import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { type GitHub, startGitHub } from '../../test/support/github/github.ts';
import { noteInstallation, noteRepositories } from '../db/github-repositories.ts';
import { findProject, insertProject, type ProjectRow } from '../db/projects.ts';
import { openGithubClients } from '../github/client/app-octokit.ts';
import type { GithubConnection } from './github-connection.ts';
import { listProjectRemote } from './resolve-project-ref.ts';
import { createSourceUrls, createTokenRevoker } from './source-url.ts';

let github: GitHub;
let room: CoreRoom;
let isConnected: boolean;
let repositories = 0;
beforeAll(async () => {
  github = await startGitHub({ isEnterprise: true });
});
afterAll(() => github.close());
beforeEach(async () => {
  isConnected = true;
  room = await openCoreRoom();
});
afterEach(async () => {
  github.faults.set({});
  await room.dispose();
});

const connection: GithubConnection = {
  async read() {
    if (!isConnected) return { state: 'none' };
    const { id: appId, privateKey } = github.app;
    const log = { warn: () => undefined };
    const clients = openGithubClients({ appId, privateKey }, { apiUrl: `${github.webUrl}/api/v3`, log });
    return { state: 'ready', app: { appId, privateKey } as never, clients };
  },
};
const dependencies = () => ({
  db: room.db,
  secrets: { open: (sealed: string) => sealed },
  github: connection,
  now: Date.now,
});
const find = (project: ProjectRow) => createSourceUrls(dependencies())(project);

/** A project of a repository that the App was given. */
async function openProject({ isPrivate = true, isRemoved = false, gitUrl = '' } = {}): Promise<ProjectRow> {
  const login = `ada${(repositories += 1)}`;
  const repository = github.createRepository(`${login}/shop`, { isPrivate, files: { 'index.html': 'one' } });
  const { id: installationId } = github.install(login);
  const htmlUrl = `${github.webUrl}/${login}/shop`;
  const seen = { id: repository.id, installationId, fullName: `${login}/shop`, htmlUrl, isPrivate };
  await room.db.transaction(async (tx) => {
    await noteInstallation(tx, { id: installationId, accountId: null, accountLogin: login });
    await noteRepositories(tx, [{ ...seen, defaultBranch: 'main' }]);
  });
  if (isRemoved) await room.db.execute(`update github_repositories set removed_at = now()`);
  const id = room.dependencies.randomId();
  await insertProject(room.db, {
    id,
    slug: login,
    name: 'Shop',
    gitUrl: gitUrl || `${htmlUrl}.git`,
    repositoryId: repository.id,
    productionBranch: 'main',
    settings: {},
    createdAt: new Date(0),
  });
  const project = await findProject(room.db, id);
  if (project === undefined) throw new Error('the project was not inserted');
  return project;
}

describe('the source of a repository that came with the App', () => {
  it('is fetched with a token, from where the repository is, whatever address the project has', async () => {
    const project = await openProject({ gitUrl: 'https://git.example.org/shop.git' });
    const source = await find(project);
    if (!source.ok || source.url === null) throw new Error('there is no source');
    const { host, username, password, pathname } = new URL(source.url);
    expect({ host, username, password, pathname }).toEqual({
      host: new URL(github.webUrl).host,
      username: 'x-access-token',
      password: source.token,
      pathname: `/${project.slug}/shop.git`,
    });
  });

  it('can’t be told while GitHub can’t be asked, which passes', async () => {
    const project = await openProject();
    github.faults.set({ answers: { serverError: 1 } });
    expect(await find(project)).toEqual({
      ok: false,
      isPassing: true,
      message: expect.stringMatching(/^ada\d+\/shop can't be fetched: /),
    });
  });

  it.each([
    ['is not connected any more', { isRemoved: false }, /^This project came with a GitHub App/],
    ['has lost it', { isRemoved: true }, /^The GitHub App has no access to ada\d+\/shop any more/],
  ])('that is private needs the App: when that %s, one is told so', async (_, state, message) => {
    const project = await openProject(state);
    isConnected = state.isRemoved;
    expect(await find(project)).toEqual({
      ok: false,
      isPassing: false,
      message: expect.stringMatching(message),
    });
  });

  it('that everybody may read needs no App', async () => {
    const project = await openProject({ isPrivate: false });
    isConnected = false;
    expect(await find(project)).toEqual({ ok: true, url: project.gitUrl, token: null });
  });
});

describe('a token that was made to ask for branches', () => {
  it('is ended when the answer is there, also when there was none', async () => {
    const project = await openProject();
    const tokens: string[] = [];
    const asked = {
      findSourceUrl: createSourceUrls(dependencies()),
      revokeSourceToken: createTokenRevoker(dependencies()),
      async listRemote(url: string) {
        tokens.push(new URL(url).password);
        if (tokens.length > 1) throw new Error('Git is broken');
        return { ok: false, message: 'It has no branches.' } as const;
      },
    };
    await listProjectRemote(project, asked);
    await expect(listProjectRemote(project, asked)).rejects.toThrow('Git is broken');
    expect(tokens.map((token) => github.state.tokens.has(token))).toEqual([false, false]);
    expect(new Set(tokens).size).toBe(2);
  });
});
