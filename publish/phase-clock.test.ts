import { expect, it } from 'vitest';
import { createPhaseClock } from './phase-clock.ts';

it('times phases one after another, and tells the running one', () => {
  let time = 1000;
  const clock = createPhaseClock(() => time);
  expect(clock.timings()).toEqual([]);
  clock.begin('checkout');
  time = 1500;
  expect(clock.end()).toBe(500);
  clock.begin('install');
  expect(clock.timings()).toEqual([
    { phase: 'checkout', startedAt: 1000, endedAt: 1500 },
    { phase: 'install', startedAt: 1500, endedAt: null },
  ]);
});

it('never ends a phase before it began, though the clock is set back', () => {
  let time = 1000;
  const clock = createPhaseClock(() => time);
  clock.begin('build');
  time = 10;
  expect(clock.end()).toBe(0);
  expect(clock.end()).toBe(0);
  expect(clock.timings()).toEqual([{ phase: 'build', startedAt: 1000, endedAt: 1000 }]);
});
