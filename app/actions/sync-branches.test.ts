import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderOf, openCoreRoom, type CoreRoom } from '../../test/support/core-room.ts';
import { type ListedRemote, listRemote } from '../../git/list-remote.ts';
import { pickGitEnvironment } from '../../git/run-git.ts';
import { type GitServer, startGitServer } from '../../test/support/git-server.ts';
import { findAlias } from '../db/aliases.ts';
import { listBranches, nextGeneration } from '../db/branches.ts';
import type { ProjectRow } from '../db/projects.ts';
import { activateDeployment } from './activate-deployment.ts';
import { deploy } from './deploy.ts';
import { syncBranches } from './sync-branches.ts';

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

const sync = (project: ProjectRow, listRemote: (url: string) => Promise<ListedRemote> = ask) =>
  syncBranches(project.id, { ...room.dependencies, listRemote });

/** A project whose repository has `main` only, with a request for `main` and one for `feature`. */
async function openProject(name: string) {
  const { repository, url } = git.createRepository(name, { 'index.html': 'one' });
  const project = await room.createProject({ gitUrl: url });
  await room.request(project, 'main');
  return { project, repository, feature: await room.request(project, 'feature') };
}

async function feature(project: ProjectRow) {
  return (await listBranches(room.db, project.id)).find((branch) => branch.name === 'feature');
}

test('a branch that the repository has lost is gone from then on, and back when it is there again', async () => {
  const { project, repository } = await openProject('lost');
  await sync(project);
  const deletedAt = new Date(room.clock.now);
  const branches = await listBranches(room.db, project.id);
  expect(new Map(branches.map((branch) => [branch.name, branch.deletedAt]))).toEqual(
    new Map([
      ['main', null],
      ['feature', deletedAt],
    ]),
  );
  room.clock.now += 1000;
  await sync(project);
  expect(await feature(project)).toMatchObject({ deletedAt });
  repository.commit({ 'index.html': 'two' }, { branch: 'feature' });
  await sync(project);
  expect(await feature(project)).toMatchObject({ deletedAt: null });
});

test('a build of a branch that is gone gets its own host only', async () => {
  const { project, feature } = await openProject('late-build');
  await room.publish(feature);
  await sync(project);
  await activateDeployment(feature.id, room.dependencies);
  expect(await findAlias(room.db, `feature--${project.slug}`)).toMatchObject({ state: 'gone' });
  expect(await findAlias(room.db, `${feature.id}--${project.slug}`)).toMatchObject({ state: 'live' });
});

test('a request that was told of the branch before it went does not bring it back', async () => {
  const { project } = await openProject('late-request');
  const { commit } = (await feature(project)) ?? {};
  const order = orderOf(project, 'feature');
  const late = {
    ...order,
    ref: { ...order.ref, commit: commit ?? '' },
    askedAt: await nextGeneration(room.db),
  };
  await sync(project);
  expect(await deploy(late, room.dependencies)).toEqual({ outcome: 'overtaken' });
  expect((await feature(project))?.deletedAt).not.toBeNull();
});

test('a branch that is requested while the repository is asked stays', async () => {
  const { project } = await openProject('requested');
  await sync(project, async (url) => {
    const answer = await ask(url);
    await room.request(project, 'feature');
    return answer;
  });
  expect(await feature(project)).toMatchObject({ deletedAt: null });
});

test('a repository that can not be asked changes nothing', async () => {
  const { project } = await openProject('away');
  await sync(project, async () => ({ ok: false, message: 'away' }));
  expect(await feature(project)).toMatchObject({ deletedAt: null });
});
