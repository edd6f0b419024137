import type { Repository, Role, User } from './state.ts';

const ROLES: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

/** The owner of a repository is its administrator, and everybody reads what is public. */
export function roleOf(repository: Repository, user: User): Role {
  if (repository.owner.id === user.id) return 'admin';
  return repository.roles.get(user.login.toLowerCase()) ?? (repository.isPrivate ? 'none' : 'read');
}

export function isAtLeast(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
