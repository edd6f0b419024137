import { type ByteMatcher, compileMatcher } from './byte-matcher.ts';

export const MASK = '***';
const MASK_BYTES = Buffer.from(MASK);

/** A filter over a stream of bytes. Chunks may be cut anywhere, inside a secret or inside a character. */
export interface Masker {
  /** Returns what is certain by now, in order; keeps back only bytes that may begin a secret. */
  push(chunk: Buffer): Buffer[];
  /** The stream has ended: returns the rest. The masker can be used for another stream after that. */
  flush(): Buffer[];
}

/** Compiles the patterns once; each stream gets a masker of its own. */
export function maskerFactory(patterns: readonly Buffer[]): () => Masker {
  const usable = patterns.filter((pattern) => pattern.length > 0);
  if (usable.length === 0) return () => ({ push: (chunk) => [chunk], flush: () => [] });
  const matcher = compileMatcher(usable);
  return () => createMasker(matcher);
}

/**
 * Every byte that lies in an occurrence of any pattern is covered, overlapping occurrences included; each
 * unbroken run of covered bytes becomes one MASK. So neither the order of the patterns nor the way in which the
 * stream is cut changes the result.
 *
 * Positions count from the beginning of `kept` (bytes seen, not yet released). `covered` holds runs in order.
 */
function createMasker(matcher: ByteMatcher): Masker {
  let kept: Buffer = Buffer.alloc(0);
  const covered: Run[] = [];
  let state = 0;
  /** The released bytes end with a MASK, whose run may go on at the start of `kept`. */
  let endsMasked = false;

  const release = (limit: number): Buffer[] => {
    const out: Buffer[] = [];
    let cursor = 0;
    const firstUnsettled = covered.findIndex((run) => run.start >= limit && !(run.start === 0 && endsMasked));
    const settled = covered.splice(0, firstUnsettled === -1 ? covered.length : firstUnsettled);
    for (const run of settled) {
      if (run.start > cursor) out.push(kept.subarray(cursor, run.start));
      if (run.start > cursor || !endsMasked) out.push(MASK_BYTES);
      [cursor, endsMasked] = [run.end, true];
    }
    if (limit > cursor) {
      out.push(kept.subarray(cursor, limit));
      [cursor, endsMasked] = [limit, false];
    }
    kept = kept.subarray(cursor);
    for (const run of covered) [run.start, run.end] = [run.start - cursor, run.end - cursor];
    return out;
  };

  return {
    push(chunk) {
      const scanFrom = kept.length;
      kept = scanFrom === 0 ? chunk : Buffer.concat([kept, chunk]);
      state = scan(matcher, { bytes: kept, from: scanFrom, state, covered });
      return release(kept.length - matcher.depth[state]!);
    },
    flush() {
      const out = release(kept.length);
      [state, endsMasked] = [0, false];
      return out;
    },
  };
}

interface Run {
  start: number;
  end: number;
}

interface Scan {
  readonly bytes: Buffer;
  readonly from: number;
  readonly state: number;
  readonly covered: Run[];
}

/** Walks the automaton over the new bytes, adds what they cover to `covered`, and returns the new state. */
function scan(matcher: ByteMatcher, { bytes, from, state, covered }: Scan): number {
  const { next, classOf, classCount, matchLength } = matcher;
  for (let index = from; index < bytes.length; index++) {
    state = next[state * classCount + classOf[bytes[index]!]!]!;
    const length = matchLength[state]!;
    // A start before `kept` lies in a run that was released, and goes on here.
    if (length > 0) cover(covered, { start: Math.max(0, index + 1 - length), end: index + 1 });
  }
  return state;
}

/** Ends arrive in rising order, so a new run can only swallow or lengthen the last ones. */
function cover(covered: Run[], run: Run): void {
  let last = covered.at(-1);
  while (last !== undefined && last.end >= run.start) {
    run.start = Math.min(run.start, last.start);
    covered.pop();
    last = covered.at(-1);
  }
  covered.push(run);
}
