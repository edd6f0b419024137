import { notFound } from '../refusal.ts';
import { renderInstallation, renderRepository, renderUser } from '../render.ts';
import { isAtLeast, roleOf } from '../roles.ts';
import { paginate } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { findUser, installationHas } from '../state.ts';
import type { Installation, Repository, Role, User } from '../state.ts';
import { isoOf } from '../world.ts';
import { appOf, findInstallation } from './app.ts';

export const userRoutes: Routes = {
  'GET /user': { needs: 'user', serve: getUser },
  'GET /user/installations': { needs: 'user', serve: listUserInstallations },
  'GET /user/installations/{installation_id}/repositories': { needs: 'user', serve: listUserRepositories },
  'GET /users/{username}': { needs: 'anyone', serve: getUserByName },
};

function personOf({ caller }: Call): User {
  if (caller.kind !== 'user') throw notFound();
  return caller.user;
}

function getUser(call: Call): Answer {
  return { body: renderProfile(personOf(call), call) };
}

function getUserByName(call: Call): Answer {
  const found = findUser(call.world.state, String(call.params['username']));
  if (found === undefined) throw notFound();
  return { body: renderProfile(found, call) };
}

function renderProfile(user: User, { world }: Call) {
  const since = isoOf(0);
  return {
    ...renderUser(user, world.urls),
    name: user.login,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: since,
    updated_at: since,
  };
}

/** "Explicit permission": a public repository counts only where the person is a collaborator. */
function explicitRole(repository: Repository, user: User): Role {
  const isKnown = repository.owner.id === user.id || repository.roles.has(user.login.toLowerCase());
  return isKnown ? roleOf(repository, user) : 'none';
}

function visibleTo(call: Call, installation: Installation): Repository[] {
  const user = personOf(call);
  return [...call.world.state.repositories.values()].filter(
    (each) => installationHas(installation, each) && explicitRole(each, user) !== 'none',
  );
}

function listUserInstallations(call: Call): Answer {
  const user = personOf(call);
  const all = [...call.world.state.installations.values()].filter(
    (each) => each.account.id === user.id || visibleTo(call, each).length > 0,
  );
  const { items, headers } = paginate(call, all);
  const app = appOf(call);
  const installations = items.map((each) => renderInstallation(each, app, call.world.urls));
  return { body: { total_count: all.length, installations }, headers };
}

function listUserRepositories(call: Call): Answer {
  const installation = findInstallation(call);
  const user = personOf(call);
  const all = visibleTo(call, installation);
  if (all.length === 0 && installation.account.id !== user.id) throw notFound();
  const { items, headers } = paginate(call, all);
  return {
    body: {
      total_count: all.length,
      repository_selection: installation.selection,
      repositories: items.map((each) => ({
        ...renderRepository(each, call.world.urls),
        permissions: renderRights(roleOf(each, user)),
      })),
    },
    headers,
  };
}

export const renderRights = (role: Role) => ({
  admin: isAtLeast(role, 'admin'),
  maintain: isAtLeast(role, 'maintain'),
  push: isAtLeast(role, 'write'),
  triage: isAtLeast(role, 'triage'),
  pull: isAtLeast(role, 'read'),
});
