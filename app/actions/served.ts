import type { Served } from '../../contracts/alias.ts';
import type { AliasRow } from '../db/aliases.ts';

/** What a host serves now; undefined while it is not live. */
export function servedOf(alias: AliasRow): Served | undefined {
  const { state, deploymentId, manifest } = alias;
  if (state !== 'live' || deploymentId === null || manifest === null) return undefined;
  return { deploymentId, manifest };
}
