import type { Served } from '../../contracts/alias.ts';
import type { AliasKind, AliasState, Environment } from './words.ts';

/** The deployment that asks, with what its project and branch say at this moment. */
export interface AliasClaim {
  readonly environment: Environment;
  /** Null for tags and commits, and for redeploys of a branch that is gone. */
  readonly generation: number | null;
  /** Of the branch's row now, or of the fork's pull request; undefined where there is no such branch. */
  readonly branch: { readonly generation: number; readonly deleted: boolean } | undefined;
  /** Its branch is still the one that the project calls production. */
  readonly isProductionBranch: boolean;
  readonly holdProduction: boolean;
}

export type AliasVerdict =
  | { readonly move: true }
  | {
      readonly move: false;
      readonly why: 'no-branch' | 'branch-gone' | 'newer-request' | 'promoted' | 'held';
    };

/**
 * May this build move an alias of that kind? The promise on order, in one place: only the newest request of a
 * branch moves its hosts, a branch that is gone stays gone, and no build that was asked for before a promotion
 * undoes it. `floorGeneration` is the alias's: builds of that generation and older ones came too late.
 */
export function decideAliasMove(kind: AliasKind, claim: AliasClaim, floorGeneration: number): AliasVerdict {
  if (kind === 'deployment') return { move: true };
  if (claim.generation === null || claim.branch === undefined) return { move: false, why: 'no-branch' };
  if (claim.branch.deleted) return { move: false, why: 'branch-gone' };
  if (claim.generation !== claim.branch.generation) return { move: false, why: 'newer-request' };
  if (claim.generation <= floorGeneration) return { move: false, why: 'promoted' };
  if (kind === 'production') return decideProduction(claim);
  return { move: true };
}

function decideProduction(claim: AliasClaim): AliasVerdict {
  const isProduction = claim.environment === 'production' && claim.isProductionBranch;
  if (!isProduction) return { move: false, why: 'no-branch' };
  return claim.holdProduction ? { move: false, why: 'held' } : { move: true };
}

/** A host shows its waiting page only while it has nothing to serve: a live site stays until the next is ready. */
export function mayWait(current: AliasState | undefined): boolean {
  return current !== 'live';
}

/** Earlier deployments of one host whose hashed assets stay reachable for pages that are still open. */
export const MAX_RECENT = 5;

/** The list after the host moved from `previous` to `next`; newest first, each deployment once. */
export function rememberServed(
  next: Served,
  previous: Served | undefined,
  recent: readonly Served[],
): Served[] {
  const all = previous === undefined ? recent : [previous, ...recent];
  const seen = new Set([next.deploymentId]);
  const kept = all.filter((served) => {
    const isNew = !seen.has(served.deploymentId);
    seen.add(served.deploymentId);
    return isNew;
  });
  return kept.slice(0, MAX_RECENT);
}
