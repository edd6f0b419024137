import { fullNameOf } from './state.ts';
import type { State } from './state.ts';

/**
 * What GitHub serves without describing it, as what it describes: a repository by its number, where everything that was
 * renamed redirects to, and the statuses of a commit by the path that they are made at.
 */
export function rewriteApiPath(state: State, method: string | undefined, url: string): string {
  const path = byName(state, url);
  if (method !== 'GET') return path;
  return path.replace(/^(\/repos\/[^/]+\/[^/]+)\/statuses\/([0-9a-f]{40})(?=\?|$)/, '$1/commits/$2/statuses');
}

function byName(state: State, url: string): string {
  const [, id = '', rest = ''] = /^\/repositories\/(\d+)(.*)$/.exec(url) ?? [];
  const repository = state.repositories.get(Number(id));
  if (repository === undefined) return url === '' ? '/' : url;
  const [owner = '', name = ''] = fullNameOf(repository).split('/').map(encodeURIComponent);
  return `/repos/${owner}/${name}${rest}`;
}
