/** A clock that stands still while anybody works, and moves on to whoever wakes first when all of them sleep. */
export interface SimulatedClock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Somebody who works and sleeps; the clock stands while the work has not ended. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSimulatedClock(startsAt: number): SimulatedClock {
  let at = startsAt;
  let awake = 0;
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  const settle = () => {
    if (awake > 0) return;
    const next = sleepers.toSorted((a, b) => a.until - b.until).at(0);
    if (next === undefined) return;
    sleepers.splice(sleepers.indexOf(next), 1);
    at = Math.max(at, next.until);
    awake += 1;
    next.wake();
  };
  return {
    now: () => at,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ until: at + ms, wake });
        awake -= 1;
        settle();
      }),
    async run(work) {
      awake += 1;
      try {
        return await work();
      } finally {
        awake -= 1;
        settle();
      }
    },
  };
}
