/**
 * An Aho-Corasick automaton over bytes: one table look-up a byte, however many patterns there are.
 * `next` is a dense table of rows of `classCount` columns; bytes that no pattern holds share column 0.
 */
export interface ByteMatcher {
  readonly classOf: Uint8Array;
  readonly classCount: number;
  readonly next: Int32Array;
  /** By state: bytes of the longest pattern that ends here; 0 for none. */
  readonly matchLength: Int32Array;
  /** By state: how many of the last bytes may be the beginning of a pattern. */
  readonly depth: Int32Array;
}

export function compileMatcher(patterns: readonly Buffer[]): ByteMatcher {
  const { classOf, classCount } = classesOf(patterns);
  const maxStates = 1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0);
  const next = new Int32Array(maxStates * classCount);
  const matchLength = new Int32Array(maxStates);
  const depth = new Int32Array(maxStates);
  const matcher = { classOf, classCount, next, matchLength, depth };
  insertPatterns(matcher, patterns);
  linkFailures(matcher, maxStates);
  return matcher;
}

/** At most 256 classes fit into a byte; a pattern set that uses all 256 byte values needs no "other" class. */
function classesOf(patterns: readonly Buffer[]): { classOf: Uint8Array; classCount: number } {
  const used = new Set(patterns.flatMap((pattern) => [...new Set(pattern)]));
  const classOf = new Uint8Array(256);
  let classCount = used.size === 256 ? 0 : 1;
  for (const byte of used) classOf[byte] = classCount++;
  return { classOf, classCount };
}

function insertPatterns(matcher: ByteMatcher, patterns: readonly Buffer[]): void {
  const { next, classOf, classCount, matchLength, depth } = matcher;
  let stateCount = 1;
  for (const pattern of patterns) {
    let state = 0;
    for (const [index, byte] of pattern.entries()) {
      const slot = state * classCount + classOf[byte]!;
      if (next[slot] === 0) next[slot] = stateCount++;
      state = next[slot]!;
      depth[state] = index + 1;
    }
    matchLength[state] = pattern.length;
  }
}

/** Breadth first: a state's failure state is nearer to the root, so its row is complete already. */
function linkFailures(matcher: ByteMatcher, maxStates: number): void {
  const { next, classCount, matchLength } = matcher;
  const failure = new Int32Array(maxStates);
  const queue = new Int32Array(maxStates);
  let tail = 1;
  for (let head = 0; head < tail; head++) {
    const state = queue[head]!;
    for (let column = 0; column < classCount; column++) {
      const slot = state * classCount + column;
      const fallback = state === 0 ? 0 : next[failure[state]! * classCount + column]!;
      const child = next[slot]!;
      if (child === 0) {
        next[slot] = fallback;
        continue;
      }
      failure[child] = fallback;
      matchLength[child] = Math.max(matchLength[child]!, matchLength[fallback]!);
      queue[tail++] = child;
    }
  }
}
