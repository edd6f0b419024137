interface Wait {
  readonly operation: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What each caller was told, and has asked. */
export interface Limiter {
  /** Whom it was said to, in answer to what, and for how long. */
  forbid(caller: string, operation: string, nowMs: number, seconds: number): void;
  readonly forbidden: Map<string, Wait>;
  readonly windows: Map<string, { readonly startedMs: number; used: number }>;
  readonly lastWrite: Map<string, number>;
}

export function createLimiter(): Limiter {
  const forbidden: Limiter['forbidden'] = new Map();
  return {
    forbidden,
    windows: new Map(),
    lastWrite: new Map(),
    forbid: (caller, operation, fromMs, seconds) =>
      void forbidden.set(caller, { operation, fromMs, untilMs: fromMs + seconds * 1_000 }),
  };
}
