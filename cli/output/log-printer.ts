import type { LogLine } from '../server/answers.ts';
import type { Paint } from './colours.ts';
import { colouredText, plainText } from './terminal-text.ts';

export interface LogPrinterOptions {
  readonly write: (line: string) => Promise<void>;
  readonly paint: Paint;
  readonly hasColours: boolean;
  /** A line above each phase: where people read, not in what programs get. */
  readonly hasHeadings: boolean;
  /** The time of each line before it. */
  readonly hasTimes: boolean;
}

/** Phases that are told by no line of their own: what Offshoot itself says about an attempt. */
const OWN_WORDS = 'deploy';

/** Shows lines of a log, whatever strangers wrote into them. */
export function createLogPrinter(options: LogPrinterOptions): (line: LogLine) => Promise<void> {
  const { write, paint, hasHeadings } = options;
  let [attempt, phase] = [1, ''];
  return async (line) => {
    if (hasHeadings && line.attempt !== attempt)
      await write(paint(['bold', 'yellow'], `Attempt ${line.attempt}`));
    const isNewPhase = line.phase !== phase || line.attempt !== attempt;
    [attempt, phase] = [line.attempt, line.phase];
    if (hasHeadings && isNewPhase && phase !== OWN_WORDS) await write(paint('bold', headingOf(phase)));
    await write(formatLine(line, options));
  };
}

function headingOf(phase: string): string {
  const word = plainText(phase);
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

function formatLine(
  { at, stream, text }: LogLine,
  { paint, hasColours, hasHeadings, hasTimes }: LogPrinterOptions,
): string {
  const indent = hasHeadings ? '  ' : '';
  const time = hasTimes ? `${paint('dim', formatTime(at))} ` : '';
  if (stream === 'system') return indent + time + paint('dim', plainText(text));
  return indent + time + (hasColours ? colouredText(text) : plainText(text));
}

/** ISO 8601: what a program can sort and a person can compare with another log. */
function formatTime(at: number): string {
  return new Date(at).toISOString();
}
