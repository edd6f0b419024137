/** Hits beyond these are not counted: nobody goes through them. */
export const MAX_HITS = 500_000;
/** Lines that are looked through before the clock is read again. */
const LINES_A_LOOK = 500;

export interface Hit {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Goes through the lines piece by piece, so that typing stays quick; new lines are gone through as they come. */
export interface LogSearch {
  /** Begins anew. An empty query finds nothing. */
  setQuery(query: string): void;
  /** Looks on until `untilMs` on the clock; whether there is more to look through. */
  advance(untilMs: number): boolean;
  hits(): number;
  hit(index: number): Hit;
  /** The first hit at or after a line; that of the beginning when there is none. Undefined without hits. */
  firstFrom(line: number): number | undefined;
  /** Where the query stands in a text. */
  findIn(text: string): readonly (readonly [start: number, end: number])[];
}

export function createLogSearch(
  source: { count(): number; plain(index: number): string },
  now: () => number,
): LogSearch {
  let pattern: RegExp | undefined;
  let looked = 0;
  let found: number[] = [];

  function findIn(text: string): (readonly [number, number])[] {
    if (pattern === undefined) return [];
    pattern.lastIndex = 0;
    return Array.from(text.matchAll(pattern), toSpan);
  }

  function look(line: number): void {
    if (pattern === undefined || found.length >= MAX_HITS * 3) return;
    const text = source.plain(line);
    pattern.lastIndex = 0;
    if (!pattern.test(text)) return;
    for (const [start, end] of findIn(text)) found.push(line, start, end);
  }

  return {
    setQuery(query) {
      pattern = query === '' ? undefined : new RegExp(escapePattern(query), 'giu');
      [looked, found] = [0, []];
    },
    advance(untilMs) {
      if (pattern === undefined) looked = source.count();
      while (looked < source.count()) {
        const end = Math.min(looked + LINES_A_LOOK, source.count());
        while (looked < end) look(looked++);
        if (now() >= untilMs) break;
      }
      return looked < source.count();
    },
    hits: () => Math.min(found.length / 3, MAX_HITS),
    hit: (index) => ({
      line: found[index * 3] ?? 0,
      start: found[index * 3 + 1] ?? 0,
      end: found[index * 3 + 2] ?? 0,
    }),
    firstFrom(line) {
      const hits = Math.min(found.length / 3, MAX_HITS);
      if (hits === 0) return undefined;
      let [low, high] = [0, hits];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((found[middle * 3] ?? 0) < line) low = middle + 1;
        else high = middle;
      }
      return low === hits ? 0 : low;
    },
    findIn,
  };
}

function toSpan(match: RegExpExecArray): readonly [number, number] {
  return [match.index, match.index + match[0].length];
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
