import { isFinal, transition } from './transition.ts';
import type { DeploymentSource, DeploymentStatus } from './words.ts';

/** `createdAt` in epoch milliseconds. */
export interface ActionSituation {
  readonly id: string;
  readonly createdAt: number;
  readonly status: DeploymentStatus;
  readonly source: DeploymentSource;
  readonly commit: string | null;
  /** Its code is the project's own. */
  readonly isTrusted: boolean;
  /** The machine has a sandbox, without which no fork's code is built. */
  readonly hasSandbox: boolean;
  /** Its artifact is complete. */
  readonly isPublished: boolean;
  readonly cancelRequested: boolean;
  readonly pinned: boolean;
  /** What production serves now; null while that is nothing. */
  readonly production: { readonly id: string; readonly createdAt: number } | null;
}

/** `roll-back` is a promotion of what is older than what production serves. */
export type DeploymentAction = 'approve' | 'cancel' | 'promote' | 'roll-back' | 'redeploy' | 'pin' | 'unpin';

/** What somebody can do with a deployment now, the likeliest first. Whoever acts looks again. */
export function offerActions(situation: ActionSituation): DeploymentAction[] {
  const { status, pinned, hasSandbox } = situation;
  const actions: DeploymentAction[] = [];
  if (status === 'blocked' && hasSandbox) actions.push('approve');
  if (canCancel(situation)) actions.push('cancel');
  const move = decideMove(situation);
  if (move !== undefined) actions.push(move);
  if (canRedeploy(situation)) actions.push('redeploy');
  // Nothing removes an unfinished one.
  if (isFinal(status)) actions.push(pinned ? 'unpin' : 'pin');
  return actions;
}

function canCancel({ status, isPublished, cancelRequested }: ActionSituation): boolean {
  return transition(status, 'cancel') !== undefined && !isPublished && !cancelRequested;
}

/** An uploaded folder is not kept. While a deployment runs, the same commit again would only take its place. */
function canRedeploy({ status, source, commit }: ActionSituation): boolean {
  return isFinal(status) && source === 'git' && commit !== null;
}

function decideMove(situation: ActionSituation): 'promote' | 'roll-back' | undefined {
  const { id, status, isPublished, isTrusted, production } = situation;
  if (status !== 'ready' || !isPublished || !isTrusted || production?.id === id) return undefined;
  return production !== null && isOlder(situation, production) ? 'roll-back' : 'promote';
}

type Aged = Pick<ActionSituation, 'id' | 'createdAt'>;

/** In the order of lists: of two that were asked for in the same millisecond, the one of the smaller id is the newer. */
function isOlder(one: Aged, other: Aged): boolean {
  return one.createdAt < other.createdAt || (one.createdAt === other.createdAt && one.id > other.id);
}
