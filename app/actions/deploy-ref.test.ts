import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';
import { type ListedRemote, listRemote } from '../../git/list-remote.ts';
import { pickGitEnvironment } from '../../git/run-git.ts';
import { listBranches } from '../db/branches.ts';
import type { ProjectRow } from '../db/projects.ts';
import { deployRef } from './deploy-ref.ts';

const GIT_TIMEOUT_MS = 10_000;

let room: CoreRoom;
let git: GitServer;
beforeAll(async () => {
  [room, git] = await Promise.all([openCoreRoom(), startGitServer()]);
});
afterAll(async () => {
  await room.dispose();
  await git.close();
});

async function ask(url: string): Promise<ListedRemote> {
  const signal = AbortSignal.timeout(GIT_TIMEOUT_MS);
  return listRemote(url, { allowLocal: true, environment: pickGitEnvironment(process.env), signal });
}

/** Deploys `main`; `meanwhile` happens after the repository has answered and before the request is written. */
async function deployMain(project: ProjectRow, meanwhile?: () => Promise<unknown>) {
  let asked = 0;
  const dependencies = {
    ...room.dependencies,
    listRemote: async (url: string) => {
      asked += 1;
      const answer = await ask(url);
      await meanwhile?.();
      return answer;
    },
  };
  return { result: await deployRef(project, undefined, { kind: 'administrator' }, dependencies), asked };
}

test('a request that was told of an old commit, and is written late, does not bring it back', async () => {
  const { repository, url } = git.createRepository('late', { 'index.html': 'old' });
  const project = await room.createProject({ gitUrl: url });
  let newest = '';
  let isFirst = true;
  const late = await deployMain(project, async () => {
    if (!isFirst) return;
    isFirst = false;
    newest = repository.commit({ 'index.html': 'new' });
    await deployMain(project);
  });
  expect(late).toMatchObject({ asked: 2, result: { outcome: 'deployed', deployment: { commit: newest } } });
  expect(await listBranches(room.db, project.id)).toMatchObject([{ commit: newest }]);
});

test('two requests for one commit at once do not ask again', async () => {
  const { url } = git.createRepository('same', { 'index.html': 'one' });
  const project = await room.createProject({ gitUrl: url });
  const late = await deployMain(project, () => deployMain(project));
  expect(late).toMatchObject({ asked: 1, result: { outcome: 'deployed' } });
});

test('a branch that changes under every answer is given up after some tries, and stays at the newest', async () => {
  const { repository, url } = git.createRepository('busy', { 'index.html': '0' });
  const project = await room.createProject({ gitUrl: url });
  let newest = '';
  const late = await deployMain(project, async () => {
    newest = repository.commit({ 'index.html': `${newest}+` });
    await deployMain(project);
  });
  expect(late).toEqual({ asked: 5, result: { outcome: 'overtaken' } });
  expect(await listBranches(room.db, project.id)).toMatchObject([{ commit: newest }]);
});
