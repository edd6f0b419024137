import { wait } from './backoff.ts';

/** Ends somebody's wait before its time, because there is something to tell. */
export interface News {
  tell(): void;
  /** Until the time is over, the signal is aborted, or there was news since the last wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createNews(): News {
  let told = new AbortController();
  return {
    tell: () => told.abort(),
    async wait(ms, signal) {
      await wait(ms, AbortSignal.any([signal, told.signal]));
      if (told.signal.aborted) told = new AbortController();
    },
  };
}
