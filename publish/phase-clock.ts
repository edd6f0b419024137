import type { Phase, PhaseTiming } from '../contracts/phases.ts';

/** Times the phases of a build; heartbeats tell them while it runs. */
export interface PhaseClock {
  begin(phase: Phase): void;
  /** Ends the phase that runs, if any, and returns how long it took in milliseconds. */
  end(): number;
  timings(): PhaseTiming[];
}

/** `now` is epoch milliseconds. `onBegin` hears that a phase has begun. */
export function createPhaseClock(now: () => number, onBegin: () => void = () => {}): PhaseClock {
  const ended: PhaseTiming[] = [];
  let running: { readonly phase: Phase; readonly startedAt: number } | undefined;
  return {
    begin(phase) {
      running = { phase, startedAt: now() };
      onBegin();
    },
    end() {
      if (running === undefined) return 0;
      // A clock that was set back must not make a phase end before it began.
      const endedAt = Math.max(now(), running.startedAt);
      ended.push({ ...running, endedAt });
      running = undefined;
      return endedAt - ended.at(-1)!.startedAt;
    },
    timings: () => (running === undefined ? [...ended] : [...ended, { ...running, endedAt: null }]),
  };
}
