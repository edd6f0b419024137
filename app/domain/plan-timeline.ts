import { PHASES, type Phase, type PhaseTiming } from '../../contracts/phases.ts';
import { isFinal } from './transition.ts';
import type { DeploymentSource, DeploymentStatus } from './words.ts';

/** Times are epoch milliseconds. */
export interface TimedDeployment {
  readonly status: DeploymentStatus;
  readonly source: DeploymentSource;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly phases: readonly PhaseTiming[];
}

/**
 * `waiting`: it comes later; `stopped`: it ran when the attempt was ended from outside (canceled, lost); `left-out`:
 * it will not come any more.
 */
export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'stopped' | 'left-out';

export interface TimelineStep {
  readonly name: 'queue' | Phase;
  readonly state: StepState;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** All steps of a deployment in their order, with those that are still to come. */
export function planTimeline(deployment: TimedDeployment): TimelineStep[] {
  // A folder that is uploaded is neither checked out nor built.
  const phases: readonly Phase[] = deployment.source === 'upload' ? ['publish'] : PHASES;
  return [planQueue(deployment), ...phases.map((phase) => planPhase(phase, deployment))];
}

/** From the request until a builder asked for its work; another attempt waits again, which is no news here. */
function planQueue({ status, createdAt, startedAt, finishedAt }: TimedDeployment): TimelineStep {
  const step = { name: 'queue', startedAt: createdAt } as const;
  if (startedAt !== null) return { ...step, state: 'done', endedAt: startedAt };
  if (!isFinal(status)) return { ...step, state: 'running', endedAt: null };
  return { ...step, state: status === 'failed' ? 'failed' : 'stopped', endedAt: finishedAt };
}

function planPhase(phase: Phase, deployment: TimedDeployment): TimelineStep {
  const { status, phases, finishedAt } = deployment;
  const timing = phases.find((one) => one.phase === phase);
  const isOver = isFinal(status);
  if (timing === undefined)
    return { name: phase, state: isOver ? 'left-out' : 'waiting', startedAt: null, endedAt: null };
  const { startedAt, endedAt } = timing;
  if (endedAt === null && !isOver) return { name: phase, state: 'running', startedAt, endedAt };
  // What never said that it ended was ended with the attempt.
  if (endedAt === null) return { name: phase, state: 'stopped', startedAt, endedAt: finishedAt };
  const isLast = phases.at(-1) === timing;
  return { name: phase, state: isLast ? stateOfLast(status) : 'done', startedAt, endedAt };
}

/** The phase that ended last tells how the whole ended. */
function stateOfLast(status: DeploymentStatus): StepState {
  if (status === 'failed') return 'failed';
  return status === 'canceled' ? 'stopped' : 'done';
}
