import { formatNumber } from '../../publish/format.ts';
import type { UnnumberedLine } from '../../publish/protocol/send-lines.ts';

/** What a line costs beside its text: a million empty lines are no empty log. */
export const LINE_OVERHEAD_BYTES = 16;
/** The end of a log says why a build failed: this much of the limit is kept for it, in memory. */
const TAIL_SHARE = 1 / 4;
const MAX_TAIL_BYTES = 1024 * 1024;

/** Keeps the head and the tail of a log that is too long. */
export interface LogLimiter {
  /** Returns the lines that go out now, in order. */
  admit(line: UnnumberedLine): UnnumberedLine[];
  /** The log has ended: returns a line that says what was left out, if anything, and the tail. */
  finish(): UnnumberedLine[];
}

/**
 * Lines go out as they come until they reach `logBytes` less the tail; from then on the newest ones wait in a
 * ring until the end. System lines are few and Offshoot's own: they are never left out and cost nothing.
 */
export function createLogLimiter(logBytes: number): LogLimiter {
  const tailBytes = Math.min(Math.floor(logBytes * TAIL_SHARE), MAX_TAIL_BYTES);
  const ring = createRing();
  const omitted = { lines: 0, bytes: 0, last: undefined as UnnumberedLine | undefined };
  let headBytesLeft = logBytes - tailBytes;

  const evict = (): UnnumberedLine[] => {
    const kept: UnnumberedLine[] = [];
    while (ring.sizeBytes() > tailBytes) {
      const { line, costBytes } = ring.shift();
      if (line.stream === 'system') kept.push(line);
      else {
        omitted.lines++;
        omitted.bytes += costBytes - LINE_OVERHEAD_BYTES;
        omitted.last = line;
      }
    }
    return kept;
  };

  return {
    admit(line) {
      const costBytes = costOf(line);
      if (headBytesLeft >= costBytes) {
        headBytesLeft -= costBytes;
        return [line];
      }
      // Once a line has waited, all later ones do: their order is the log's meaning.
      headBytesLeft = -1;
      ring.push({ line, costBytes });
      return evict();
    },
    finish() {
      const tail = ring.drain().map(({ line }) => line);
      return omitted.last === undefined ? tail : [omissionLine(omitted, omitted.last, logBytes), ...tail];
    },
  };
}

function costOf(line: UnnumberedLine): number {
  return line.stream === 'system' ? 0 : Buffer.byteLength(line.text) + LINE_OVERHEAD_BYTES;
}

function omissionLine(
  omitted: { lines: number; bytes: number },
  last: UnnumberedLine,
  logBytes: number,
): UnnumberedLine {
  const count = `${formatNumber(omitted.lines)} lines (${formatNumber(omitted.bytes)} bytes)`;
  const limit = `${formatNumber(logBytes)} bytes`;
  return {
    at: last.at,
    phase: last.phase,
    stream: 'system',
    text: `${count} were left out here: the log of one build may have ${limit}. Its beginning and its end are kept.`,
  };
}

interface Entry {
  readonly line: UnnumberedLine;
  readonly costBytes: number;
}

/** A queue whose front is cut off in large steps: shift() of an array would move all of it each time. */
function createRing() {
  let entries: (Entry | undefined)[] = [];
  let first = 0;
  let sizeBytes = 0;
  return {
    sizeBytes: () => sizeBytes,
    push(entry: Entry): void {
      entries.push(entry);
      sizeBytes += entry.costBytes;
    },
    /** The ring must not be empty. */
    shift(): Entry {
      const entry = entries[first]!;
      entries[first++] = undefined;
      sizeBytes -= entry.costBytes;
      if (first > 1024 && first * 2 > entries.length) [entries, first] = [entries.slice(first), 0];
      return entry;
    },
    drain(): Entry[] {
      const all = entries.slice(first) as Entry[];
      [entries, first, sizeBytes] = [[], 0, 0];
      return all;
    },
  };
}
