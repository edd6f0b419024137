import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { GitRepository } from '../git-repository.ts';
import { GitObjects, readRefs } from './git-objects.ts';
import { tellRepositories } from './installations.ts';
import { renderUser } from './render.ts';
import { findRepository, fullNameOf, installationOf, moveRepository, takeId } from './state.ts';
import type { Repository, User } from './state.ts';
import { nowIso } from './world.ts';
import type { World } from './world.ts';

/**
 * What is pushed stays loose objects, which GitObjects reads; nobody writes `refs/pull`; and any commit of the
 * network of forks may be fetched by its name, as at GitHub.
 */
const CONFIGURATION = `[http]
	receivepack = true
[receive]
	autogc = false
	unpackLimit = 1000000
	hideRefs = refs/pull
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
`;

export interface NewRepository {
  readonly owner: User;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly defaultBranch: string;
}

export function createRepository(world: World, created: NewRepository): Repository {
  const id = takeId(world.state);
  const directory = join(world.folder, `${id}.git`);
  mkdirSync(directory, { recursive: true });
  return addRepository(world, created, id, null, directory);
}

function addRepository(
  world: World,
  { owner, name, isPrivate, defaultBranch }: NewRepository,
  id: number,
  parent: Repository | null,
  directory: string,
): Repository {
  if (findRepository(world.state, `${owner.login}/${name}`)) {
    throw new Error(`${owner.login}/${name} exists already`);
  }
  const git = new GitRepository(directory);
  git.configure(CONFIGURATION);
  git.setDefaultBranch(defaultBranch);
  const moment = nowIso(world);
  const repository: Repository = {
    id,
    owner,
    name,
    isPrivate,
    defaultBranch,
    parent,
    git,
    objects: parent?.objects ?? new GitObjects(directory),
    knownRefs: new Map(),
    roles: new Map(),
    pulls: new Map(),
    comments: new Map(),
    statuses: [],
    deployments: new Map(),
    checkRuns: new Map(),
    nextNumber: 1,
    createdAt: moment,
    pushedAt: moment,
  };
  world.state.repositories.set(id, repository);
  const fullName = fullNameOf(repository).toLowerCase();
  world.state.repositoryNames.set(fullName, repository);
  world.state.formerNames.delete(fullName);
  return repository;
}

/** When the App has all of the account, it has this one too from now on. */
export function announceRepository(world: World, repository: Repository): void {
  const installation = installationOf(world.state, repository);
  if (installation?.selection !== 'all') return;
  tellRepositories(world, installation, [repository], []);
  tell(world, repository, 'created');
}

/** A copy of the refs; the objects are shared by the whole network of forks, as they are at GitHub. */
export function forkRepository(world: World, parent: Repository, owner: User): Repository {
  const id = takeId(world.state);
  const directory = join(world.folder, `${id}.git`);
  mkdirSync(directory);
  symlinkSync(join(parent.git.directory, 'objects'), join(directory, 'objects'));
  for (const folder of ['refs/heads', 'refs/tags']) {
    cpSync(join(parent.git.directory, folder), join(directory, folder), { recursive: true });
  }
  const { name, isPrivate, defaultBranch } = parent;
  const fork = addRepository(world, { owner, name, isPrivate, defaultBranch }, id, parent, directory);
  for (const [ref, sha] of readRefs(directory)) fork.knownRefs.set(ref, sha);
  announceRepository(world, fork);
  return fork;
}

function tell(
  world: World,
  repository: Repository,
  action: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const payload = { action, ...more };
  world.emit({ name: 'repository', payload, sender: repository.owner, repository });
}

export function renameRepository(world: World, repository: Repository, name: string): void {
  const from = repository.name;
  moveRepository(world.state, repository, { name });
  tell(world, repository, 'renamed', { changes: { repository: { name: { from } } } });
}

/** The old owner's installation loses it; the new owner's, when it has the App for all or chose it, is told. */
export function transferRepository(world: World, repository: Repository, to: User): void {
  const { owner } = repository;
  const left = installationOf(world.state, repository);
  if (left !== undefined) tellRepositories(world, left, [], [repository]);
  left?.repositoryIds.delete(repository.id);
  moveRepository(world.state, repository, { owner: to });
  const joined = installationOf(world.state, repository);
  if (joined !== undefined) tellRepositories(world, joined, [repository], []);
  const kind = owner.type === 'Organization' ? 'organization' : 'user';
  const from = { [kind]: renderUser(owner, world.urls) };
  tell(world, repository, 'transferred', { changes: { owner: { from } } });
}

export function setDefaultBranch(world: World, repository: Repository, branch: string): void {
  const from = repository.defaultBranch;
  repository.defaultBranch = branch;
  repository.git.setDefaultBranch(branch);
  tell(world, repository, 'edited', { changes: { default_branch: { from } } });
}

export function setVisibility(world: World, repository: Repository, isPrivate: boolean): void {
  repository.isPrivate = isPrivate;
  tell(world, repository, isPrivate ? 'privatized' : 'publicized');
}

/** Its pull requests in other repositories stay, without a head repository. The folder stays: forks share it. */
export function deleteRepository(world: World, repository: Repository): void {
  const installation = installationOf(world.state, repository);
  tell(world, repository, 'deleted');
  world.state.repositories.delete(repository.id);
  world.state.repositoryNames.delete(fullNameOf(repository).toLowerCase());
  for (const other of world.state.repositories.values())
    for (const pull of other.pulls.values())
      if (pull.headRepository === repository) pull.headRepository = null;
  if (installation !== undefined) tellRepositories(world, installation, [], [repository]);
  installation?.repositoryIds.delete(repository.id);
}
