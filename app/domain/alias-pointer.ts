import type { Pointer, Served, Target } from '../../contracts/alias.ts';
import type { FailureReason } from '../../contracts/phases.ts';
import type { AliasKind, AliasState } from './words.ts';

export interface AliasFacts {
  readonly label: string;
  readonly projectId: string;
  readonly kind: AliasKind;
  readonly state: AliasState;
  readonly deploymentId: string | null;
  readonly manifest: string | null;
  readonly reason: FailureReason | null;
  readonly recent: Served[];
  readonly version: number;
}

/** The pointer that storage must hold for an alias. Only production may be found by search engines. */
export function aliasPointer(alias: AliasFacts): Pointer {
  return {
    label: alias.label,
    projectId: alias.projectId,
    version: alias.version,
    indexable: alias.kind === 'production',
    target: targetOf(alias),
  };
}

function targetOf({ state, deploymentId, manifest, reason, recent }: AliasFacts): Target {
  if (state === 'gone' || deploymentId === null) return { state: 'gone' };
  if (state === 'live') {
    return manifest === null ? { state: 'gone' } : { state, live: { deploymentId, manifest }, recent };
  }
  if (state === 'failed') return { state, deploymentId, reason: reason ?? 'build_failed' };
  return { state, deploymentId };
}
