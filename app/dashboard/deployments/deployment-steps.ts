import { html } from 'hono/html';
import { planTimeline, type StepState, type TimelineStep } from '../../domain/plan-timeline.ts';
import { formatDuration } from '../browser/relative-time.ts';
import type { DeploymentData } from './deployment-data.ts';
import type { Html } from '../html.ts';

/** The steps from request to publish, each with its state and how long it took or takes. */
export function renderSteps({ line, phases }: DeploymentData, now: number): Html {
  return html`<ol class="card">
    ${planTimeline({ ...line, phases }).map((step) => renderStep(step, now))}
  </ol>`;
}

const NAMES: Record<TimelineStep['name'], string> = {
  queue: 'Queue',
  checkout: 'Checkout',
  install: 'Install',
  build: 'Build',
  publish: 'Publish',
};

/** Told beside the colour and the sign, which not everybody sees; what is done has a tick, and is only read aloud. */
const STATES: Record<StepState, string> = {
  waiting: 'to come',
  running: 'running',
  done: 'done',
  failed: 'failed',
  stopped: 'ended early',
  'left-out': 'left out',
};

function renderStep(step: TimelineStep, now: number): Html {
  const { name, state } = step;
  return html`<li class="${state}" ${state === 'running' ? html`aria-current="step"` : ''}>
    <span class="name">${NAMES[name]}</span>
    <span class="${state === 'done' ? 'unseen' : 'state'}">${sayState(step)}</span>
    ${renderTook(step, now)}
  </li>`;
}

function sayState({ name, state }: TimelineStep): string {
  return name === 'queue' && state === 'running' ? 'waiting' : STATES[state];
}

function renderTook({ state, startedAt, endedAt }: TimelineStep, now: number): Html | '' {
  if (startedAt === null) return '';
  if (state === 'running') {
    return html`<span class="took" data-running-since="${startedAt}" title="since ${exact(startedAt)}"
      >${formatDuration(now - startedAt)}</span
    >`;
  }
  if (endedAt === null) return '';
  return html`<span class="took" title="${exact(startedAt)} to ${exact(endedAt)}"
    >${formatDuration(endedAt - startedAt)}</span
  >`;
}

function exact(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}
