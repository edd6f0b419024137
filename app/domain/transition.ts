import type { DeploymentStatus } from './words.ts';

/**
 * What can happen to a deployment. `requeue` is an attempt that was lost or handed back; `skip` is that its changes turned
 * out to be none of the project's.
 */
export const DEPLOYMENT_EVENTS = [
  'launch',
  'claim',
  'activate',
  'fail',
  'requeue',
  'cancel',
  'supersede',
  'approve',
  'skip',
] as const;
export type DeploymentEvent = (typeof DEPLOYMENT_EVENTS)[number];

interface Rule {
  readonly from: readonly DeploymentStatus[];
  readonly to: DeploymentStatus;
}

const RULES: Record<DeploymentEvent, Rule> = {
  launch: { from: ['queued'], to: 'launching' },
  claim: { from: ['launching'], to: 'building' },
  activate: { from: ['building'], to: 'ready' },
  fail: { from: ['launching', 'building'], to: 'failed' },
  requeue: { from: ['launching', 'building'], to: 'queued' },
  cancel: { from: ['queued', 'launching', 'building', 'blocked'], to: 'canceled' },
  supersede: { from: ['queued', 'blocked'], to: 'superseded' },
  approve: { from: ['blocked'], to: 'queued' },
  skip: { from: ['queued'], to: 'skipped' },
};

/** The status after the event, or undefined where it can't happen (any more). */
export function transition(status: DeploymentStatus, event: DeploymentEvent): DeploymentStatus | undefined {
  const rule = RULES[event];
  return rule.from.includes(status) ? rule.to : undefined;
}

/** The statuses in which the event can happen: the guard of the update that writes its result. */
export function statusesBefore(event: DeploymentEvent): readonly DeploymentStatus[] {
  return RULES[event].from;
}

export function statusAfter(event: DeploymentEvent): DeploymentStatus {
  return RULES[event].to;
}

/** Nothing will happen to it any more. */
export function isFinal(status: DeploymentStatus): boolean {
  return !DEPLOYMENT_EVENTS.some((event) => RULES[event].from.includes(status));
}
