import { carryStyle } from './ansi.ts';
import { plainLine } from './text.ts';

/** A line as the log API gives it. */
export interface LogLine {
  readonly attempt: number;
  readonly seq: number;
  readonly at: number;
  readonly phase: string;
  readonly stream: string;
  readonly text: string;
}

/** Lines by their index in order of (attempt, seq): some hundred bytes a line less than an object each would take. */
export interface LogLines {
  /** Takes a line that comes after all others, and leaves out one that it has already. */
  append(line: LogLine): void;
  count(): number;
  text(index: number): string;
  /** Without escape sequences. */
  plain(index: number): string;
  /** The escape sequences that lines before this one have left on. */
  carried(index: number): string;
  seq(index: number): number;
  /** Epoch milliseconds. */
  at(index: number): number;
  stream(index: number): string;
  attempt(index: number): number;
  phase(index: number): string;
  /** The index of a line; undefined when it is not here. */
  find(attempt: number, seq: number): number | undefined;
  /** The numbers of all attempts, in order. */
  attempts(): readonly number[];
  runs(): number;
  /** A run's first line. A run is a sequence of lines of one phase of one attempt. */
  runStart(run: number): number;
  runOf(index: number): number;
}

const FIRST_CAPACITY = 1024;

export function createLogLines(): LogLines {
  const texts: string[] = [];
  let seqs = new Uint32Array(FIRST_CAPACITY);
  let times = new Float64Array(FIRST_CAPACITY);
  let streams = new Uint8Array(FIRST_CAPACITY);
  let carries = new Uint32Array(FIRST_CAPACITY);
  let runStarts = new Uint32Array(FIRST_CAPACITY);
  const runNames: { readonly attempt: number; readonly phase: string }[] = [];
  const attempts: number[] = [];
  const streamNames = createNames();
  const carryNames = createNames();
  carryNames.idOf('');
  /** Per stream: the two are two programs' or one's, but each closes what it opens. */
  let open = new Map<string, string>();

  function grow(): void {
    const capacity = seqs.length * 2;
    seqs = grown(seqs, new Uint32Array(capacity));
    times = grown(times, new Float64Array(capacity));
    streams = grown(streams, new Uint8Array(capacity));
    carries = grown(carries, new Uint32Array(capacity));
  }

  function isNew({ attempt, seq }: LogLine): boolean {
    const last = runNames.at(-1);
    if (last === undefined || attempt > last.attempt) return true;
    return attempt === last.attempt && seq > (seqs[texts.length - 1] ?? 0);
  }

  function beginRun({ attempt, phase }: LogLine): void {
    const last = runNames.at(-1);
    if (last?.attempt === attempt && last.phase === phase) return;
    if (last?.attempt !== attempt) attempts.push(attempt);
    if (runNames.length === runStarts.length) {
      runStarts = grown(runStarts, new Uint32Array(runStarts.length * 2));
    }
    runStarts[runNames.length] = texts.length;
    runNames.push({ attempt, phase });
    open = new Map();
  }

  const runOf = (index: number): number => lastAtMost(runStarts, runNames.length, index);

  function find(attempt: number, seq: number): number | undefined {
    let [low, high] = [0, texts.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = (runNames[runOf(middle)]?.attempt ?? 0) - attempt || (seqs[middle] ?? 0) - seq;
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  return {
    append(line) {
      if (!isNew(line)) return;
      if (texts.length === seqs.length) grow();
      beginRun(line);
      const index = texts.length;
      const carried = open.get(line.stream) ?? '';
      seqs[index] = line.seq;
      times[index] = line.at;
      streams[index] = streamNames.idOf(line.stream);
      carries[index] = carryNames.idOf(carried);
      texts.push(line.text);
      const left = carryStyle(line.text, carried);
      if (left !== carried) open.set(line.stream, left);
    },
    count: () => texts.length,
    text: (index) => texts[index] ?? '',
    plain: (index) => plainLine(texts[index] ?? ''),
    carried: (index) => carryNames.nameOf(carries[index] ?? 0),
    seq: (index) => seqs[index] ?? 0,
    at: (index) => times[index] ?? 0,
    stream: (index) => streamNames.nameOf(streams[index] ?? 0),
    attempt: (index) => runNames[runOf(index)]?.attempt ?? 0,
    phase: (index) => runNames[runOf(index)]?.phase ?? '',
    find,
    attempts: () => attempts,
    runs: () => runNames.length,
    runStart: (run) => (run < runNames.length ? (runStarts[run] ?? 0) : texts.length),
    runOf,
  };
}

/** The greatest position among the first `length` of ascending values whose value is at most `limit`. */
export function lastAtMost(values: Uint32Array, length: number, limit: number): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** A few strings that come often, as small numbers. */
function createNames() {
  const ids = new Map<string, number>();
  const names: string[] = [];
  return {
    idOf(name: string): number {
      const known = ids.get(name);
      if (known !== undefined) return known;
      ids.set(name, names.length);
      return names.push(name) - 1;
    },
    nameOf: (id: number): string => names[id] ?? '',
  };
}
