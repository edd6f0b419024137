import { describe, expect, it } from 'vitest';
import type { PhaseTiming } from '../../contracts/phases.ts';
import { planTimeline, type TimedDeployment } from './plan-timeline.ts';

const NEW: TimedDeployment = {
  status: 'queued',
  source: 'git',
  createdAt: 100,
  startedAt: null,
  finishedAt: null,
  phases: [],
};
const checkout: PhaseTiming = { phase: 'checkout', startedAt: 200, endedAt: 210 };
const install: PhaseTiming = { phase: 'install', startedAt: 210, endedAt: 220 };
const build: PhaseTiming = { phase: 'build', startedAt: 220, endedAt: 300 };
const publish: PhaseTiming = { phase: 'publish', startedAt: 300, endedAt: 310 };
const running = (timing: PhaseTiming) => ({ ...timing, endedAt: null });
const all = [checkout, install, build, publish];

describe('planTimeline', () => {
  it.each<[string, Partial<TimedDeployment>, string]>([
    ['queued', {}, 'running, waiting, waiting, waiting, waiting'],
    ['launching', { status: 'launching' }, 'running, waiting, waiting, waiting, waiting'],
    ['just claimed', { status: 'building', startedAt: 190 }, 'done, waiting, waiting, waiting, waiting'],
    [
      'building',
      { status: 'building', startedAt: 190, phases: [checkout, install, running(build)] },
      'done, done, done, running, waiting',
    ],
    [
      'between two phases',
      { status: 'building', startedAt: 190, phases: [checkout] },
      'done, done, waiting, waiting, waiting',
    ],
    ['ready', { status: 'ready', startedAt: 190, phases: all }, 'done, done, done, done, done'],
    [
      'failed in the build',
      { status: 'failed', startedAt: 190, phases: [checkout, install, build] },
      'done, done, done, failed, left-out',
    ],
    [
      'lost in the build',
      { status: 'failed', startedAt: 190, phases: [checkout, install, running(build)] },
      'done, done, done, stopped, left-out',
    ],
    ['never started', { status: 'failed' }, 'failed, left-out, left-out, left-out, left-out'],
    [
      'canceled in the build, which said so',
      { status: 'canceled', startedAt: 190, phases: [checkout, install, build] },
      'done, done, done, stopped, left-out',
    ],
    [
      'canceled while it waited',
      { status: 'canceled', finishedAt: 150 },
      'stopped, left-out, left-out, left-out, left-out',
    ],
    ['superseded', { status: 'superseded' }, 'stopped, left-out, left-out, left-out, left-out'],
    [
      'waiting for its second attempt',
      { status: 'queued', startedAt: 190 },
      'done, waiting, waiting, waiting, waiting',
    ],
    [
      'a folder that was uploaded',
      { status: 'ready', source: 'upload', startedAt: 190, phases: [publish] },
      'done, done',
    ],
  ])('%s: %s', (_name, changes, states) => {
    const steps = planTimeline({ ...NEW, ...changes });
    expect(steps.map(({ state }) => state).join(', ')).toBe(states);
  });

  it('says when each step began and ended; one that was cut off ended with its deployment', () => {
    const lost = { ...NEW, status: 'failed', startedAt: 190, finishedAt: 999 } as const;
    expect(planTimeline({ ...lost, phases: [checkout, running(install)] }).slice(0, 3)).toMatchObject([
      { name: 'queue', startedAt: 100, endedAt: 190 },
      { name: 'checkout', startedAt: 200, endedAt: 210 },
      { name: 'install', startedAt: 210, endedAt: 999 },
    ]);
  });
});
