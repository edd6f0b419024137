/**
 * Why an attempt ends before its build has. `canceled` and `released` (SIGTERM) still flush the log and complete;
 * after `revoked` (401, 410) and `unreachable` (longer than the lease) the app wants no more of this builder.
 */
type StopCause = 'canceled' | 'released' | 'revoked' | 'unreachable';

export interface Lifeline {
  /** Aborted by any cause: commands are killed, phases end. */
  readonly work: AbortSignal;
  /** Aborted by `revoked` and `unreachable`: no more requests. */
  readonly requests: AbortSignal;
  /** The first cause counts, except that an end without requests outdoes one with. */
  stop(cause: StopCause): void;
  cause(): StopCause | undefined;
}

export function createLifeline(): Lifeline {
  const work = new AbortController();
  const requests = new AbortController();
  let cause: StopCause | undefined;
  return {
    work: work.signal,
    requests: requests.signal,
    stop(next) {
      const isFinal = next === 'revoked' || next === 'unreachable';
      if (cause === undefined || (isFinal && !requests.signal.aborted)) cause = next;
      work.abort();
      if (isFinal) requests.abort();
    },
    cause: () => cause,
  };
}
