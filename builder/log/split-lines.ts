import { MAX_LINE_BYTES } from '../../contracts/log-line.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A line that comes byte by byte is put together at least this often: each small buffer costs 100 bytes. */
const MAX_PARTS = 64;
const MAX_CHARACTER_BYTES = 4;
/** An invalid byte becomes U+FFFD, which has three. */
const MAX_GROWTH = 3;

/** Turns a stream of bytes into lines of text. Memory stays below two pieces, whatever arrives. */
export interface LineSplitter {
  /** Returns the lines (without their end) that the chunk completes. */
  push(chunk: Buffer): string[];
  /** The stream has ended: returns the unfinished last line, if there is one. */
  flush(): string[];
}

/**
 * - `\n` and `\r\n` end a line.
 * - Text after a lone `\r` rewrites the line: of a progress bar only the last state is kept.
 * - A line longer than MAX_LINE_BYTES goes on in further lines, cut between characters.
 * - Invalid UTF-8 becomes replacement characters.
 */
export function createLineSplitter(): LineSplitter {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  /** A `\r` was seen: what comes next, unless it ends the line, rewrites it. */
  let isReturned = false;

  const take = (): string[] => {
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    [parts, sizeBytes, isReturned] = [[], 0, false];
    return decode(line);
  };
  const append = (text: Buffer, lines: string[]): void => {
    parts.push(text);
    sizeBytes += text.length;
    if (sizeBytes <= MAX_LINE_BYTES && parts.length < MAX_PARTS) return;
    const all = Buffer.concat(parts);
    let start = 0;
    while (all.length - start > MAX_LINE_BYTES) {
      const end = characterBorder(all, start + MAX_LINE_BYTES);
      lines.push(...decode(all.subarray(start, end)));
      start = end;
    }
    // A copy: a slice would keep the whole of a large chunk in memory.
    parts = [Buffer.from(all.subarray(start))];
    sizeBytes = all.length - start;
  };
  /** `segment` holds no line feed. */
  const appendSegment = (segment: Buffer, lines: string[]): void => {
    const trailing = trailingReturns(segment);
    const text = segment.subarray(0, segment.length - trailing);
    if (text.length > 0) {
      const lastReturn = text.lastIndexOf(CARRIAGE_RETURN);
      if (isReturned || lastReturn !== -1) [parts, sizeBytes, isReturned] = [[], 0, false];
      append(lastReturn === -1 ? text : text.subarray(lastReturn + 1), lines);
    }
    if (trailing > 0) isReturned = true;
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        appendSegment(chunk.subarray(start, end), lines);
        lines.push(...take());
        start = end + 1;
      }
      appendSegment(chunk.subarray(start), lines);
      return lines;
    },
    flush() {
      isReturned = false;
      return sizeBytes === 0 ? [] : take();
    },
  };
}

function trailingReturns(segment: Buffer): number {
  let count = 0;
  while (count < segment.length && segment[segment.length - 1 - count] === CARRIAGE_RETURN) count++;
  return count;
}

/** The last border between characters at or before `end`; `end` itself where the bytes are no UTF-8 anyway. */
function characterBorder(bytes: Buffer, end: number): number {
  for (let border = end; border > end - MAX_CHARACTER_BYTES; border--) {
    const isContinuation = (bytes[border]! & 0b1100_0000) === 0b1000_0000;
    if (!isContinuation) return border;
  }
  return end;
}

/** Mostly one string. Replacement characters may make a text longer than its bytes: then it is cut again. */
function decode(line: Buffer): string[] {
  const text = line.toString('utf8');
  if (line.length * MAX_GROWTH <= MAX_LINE_BYTES) return [text];
  const encoded = Buffer.from(text);
  if (encoded.length <= MAX_LINE_BYTES) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < encoded.length;) {
    const limit = Math.min(start + MAX_LINE_BYTES, encoded.length);
    const end = limit === encoded.length ? limit : characterBorder(encoded, limit);
    pieces.push(encoded.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}
