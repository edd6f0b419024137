import { isFinal } from './transition.ts';
import type { AliasKind, AliasState, DeploymentStatus } from './words.ts';

/** What a host says now. */
export interface HostState {
  readonly kind: AliasKind;
  readonly state: AliasState;
  readonly deploymentId: string | null;
}

export interface ChosenAddress<Host> {
  readonly host: Host;
  /** Whether the deployment is there now, or will be if it gets ready. */
  readonly when: 'now' | 'later';
}

/** From the one that people give away to the one that is only this deployment's. */
const PREFERRED: readonly AliasKind[] = ['production', 'branch', 'pull-request', 'deployment'];

/**
 * The one address to show of a deployment: where most people will look at it. `hosts` are those that it may come to
 * be served at. Undefined when it is at none of them and never will be.
 */
export function chooseAddress<Host extends HostState>(
  deployment: { readonly id: string; readonly status: DeploymentStatus },
  hosts: readonly Host[],
): ChosenAddress<Host> | undefined {
  const sorted = hosts.toSorted((a, b) => PREFERRED.indexOf(a.kind) - PREFERRED.indexOf(b.kind));
  const now = sorted.find((host) => isShownAt(deployment, host));
  if (now !== undefined) return { host: now, when: 'now' };
  const [later] = sorted;
  return isFinal(deployment.status) || later === undefined ? undefined : { host: later, when: 'later' };
}

export function isShownAt({ id }: { readonly id: string }, { state, deploymentId }: HostState): boolean {
  return state === 'live' && deploymentId === id;
}
