import { MAX_REDELIVERY_AGE_MS } from './plan-redelivery.ts';

/** A delivery is listed when its end is known, and both clocks differ a little. */
export const LIST_OVERLAP_MS = 10 * 60 * 1000;

/** How far GitHub's list of deliveries was looked through. */
export interface RoundState {
  /** All that was sent before is settled. */
  readonly since: Date;
  /** Where a list goes on that is too long for one round; null where the next one begins at the newest. */
  readonly cursor: string | null;
  /** Of such a list: when its first round began, and the oldest delivery in it that is not settled. */
  readonly beganAt: Date | null;
  readonly oldestOpen: Date | null;
}

/** Before the first round of an App: as far back as GitHub's memory reaches. */
export function firstRound(now: Date): RoundState {
  return { ...NOTHING_OPEN, since: new Date(now.getTime() - MAX_REDELIVERY_AGE_MS) };
}

/** From which moment on a round reads the list. */
export function listFrom({ since }: RoundState, now: Date): Date {
  const oldest = now.getTime() - MAX_REDELIVERY_AGE_MS;
  return new Date(Math.max(oldest, since.getTime() - LIST_OVERLAP_MS));
}

/**
 * The state after a round that began at `began`. Only the end of a list moves `since`: to when the list was begun, since
 * what came later was not in it, or to the oldest delivery that may have to be asked for again.
 */
export function nextRound(
  state: RoundState,
  {
    began,
    oldestOpen,
    next,
  }: { readonly began: Date; readonly oldestOpen: Date | undefined; readonly next: string | null },
): RoundState {
  const beganAt = state.beganAt ?? began;
  const open = earliest([state.oldestOpen, oldestOpen]);
  if (next !== null) return { since: state.since, cursor: next, beganAt, oldestOpen: open };
  return { ...NOTHING_OPEN, since: earliest([beganAt, open]) ?? beganAt };
}

/** GitHub does not know the cursor any more: the list is read anew. */
export function withoutCursor({ since }: RoundState): RoundState {
  return { ...NOTHING_OPEN, since };
}

const NOTHING_OPEN = { cursor: null, beganAt: null, oldestOpen: null } as const;

function earliest(moments: readonly (Date | null | undefined)[]): Date | null {
  const known = moments.filter((moment) => moment instanceof Date).map((moment) => moment.getTime());
  return known.length === 0 ? null : new Date(Math.min(...known));
}
