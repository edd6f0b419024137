/** What each caller was told, and has asked. */
export interface Limiter {
  forbid(caller: string, nowMs: number, seconds: number): void;
  readonly forbidden: Map<string, { readonly fromMs: number; readonly untilMs: number }>;
  readonly windows: Map<string, { readonly startedMs: number; used: number }>;
  readonly lastWrite: Map<string, number>;
}

export function createLimiter(): Limiter {
  const forbidden: Limiter['forbidden'] = new Map();
  return {
    forbidden,
    windows: new Map(),
    lastWrite: new Map(),
    forbid: (caller, fromMs, seconds) =>
      void forbidden.set(caller, { fromMs, untilMs: fromMs + seconds * 1_000 }),
  };
}
