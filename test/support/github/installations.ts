import { takeExample } from './examples.ts';
import { renderBriefly, renderInstallation, renderUser } from './render.ts';
import { repositoriesOf, takeId } from './state.ts';
import type { App, Installation, Repository, User } from './state.ts';
import { nowIso } from './world.ts';
import type { World } from './world.ts';

/** Who installed the App, what it may see, and what GitHub tells it when that changes. */
export function install(world: World, account: User, chosen: readonly Repository[] | 'all'): Installation {
  const app = appOf(world);
  const installation: Installation = {
    id: takeId(world.state),
    account,
    selection: chosen === 'all' ? 'all' : 'selected',
    repositoryIds: new Set(chosen === 'all' ? [] : chosen.map(({ id }) => id)),
    permissions: app.permissions,
    events: app.events,
    suspendedAt: null,
    createdAt: nowIso(world),
  };
  world.state.installations.set(installation.id, installation);
  tellInstallation(world, installation, 'created');
  return installation;
}

export function uninstall(world: World, installation: Installation): void {
  const { state } = world;
  const payload = installationPayload(world, installation, 'deleted');
  state.installations.delete(installation.id);
  revokeTokens(world, installation);
  world.emit({
    name: 'installation',
    payload,
    sender: installation.account,
    installationId: installation.id,
  });
}

function revokeTokens({ state }: World, { id }: Installation): void {
  for (const [value, { of }] of state.tokens)
    if (of.kind === 'installation' && of.installation.id === id) state.tokens.delete(value);
}

export function suspend(world: World, installation: Installation): void {
  installation.suspendedAt = nowIso(world);
  tellInstallation(world, installation, 'suspend');
}

export function unsuspend(world: World, installation: Installation): void {
  installation.suspendedAt = null;
  tellInstallation(world, installation, 'unsuspend');
}

function tellInstallation(world: World, installation: Installation, action: string): void {
  const payload = installationPayload(world, installation, action);
  world.emit({
    name: 'installation',
    payload,
    sender: installation.account,
    installationId: installation.id,
  });
}

function installationPayload(world: World, installation: Installation, action: string) {
  const { repository: _1, sender: _2, organization: _3, ...example } = takeExample('installation', action);
  const repositories = repositoriesOf(world.state, installation).map(renderBriefly);
  return {
    ...example,
    action,
    installation: renderInstallation(installation, appOf(world), world.urls),
    repositories,
    ...('requester' in example && { requester: null }),
  };
}

export function changeRepositories(
  world: World,
  installation: Installation,
  { added = [], removed = [] }: { added?: readonly Repository[]; removed?: readonly Repository[] },
): void {
  for (const { id } of added) installation.repositoryIds.add(id);
  for (const { id } of removed) installation.repositoryIds.delete(id);
  if (added.length > 0) tellRepositories(world, installation, added, []);
  if (removed.length > 0) tellRepositories(world, installation, [], removed);
}

/** Also when a repository is made where the App has all of an account, or is deleted there. */
export function tellRepositories(
  world: World,
  installation: Installation,
  added: readonly Repository[],
  removed: readonly Repository[],
): void {
  const action = added.length > 0 ? 'added' : 'removed';
  const payload = {
    ...takeExample('installation_repositories', action),
    action,
    installation: renderInstallation(installation, appOf(world), world.urls),
    repository_selection: installation.selection,
    repositories_added: added.map(renderBriefly),
    repositories_removed: removed.map(renderBriefly),
    requester: null,
    sender: renderUser(installation.account, world.urls),
  };
  world.emit({
    name: 'installation_repositories',
    payload,
    sender: installation.account,
    installationId: installation.id,
  });
}

function appOf({ state }: World): App {
  if (state.app === null) throw new Error('There is no App yet: create one before you install it');
  return state.app;
}
