import { once } from 'node:events';
import type { OutputStream, System } from '../system.ts';
import { createPaint, decideColours, type Paint } from './colours.ts';
import { openStatusLine, type StatusLine } from './status-line.ts';
import { harmlessText, jsonText } from './terminal-text.ts';

/** What a command says: results to standard output, words about the work to standard error. */
export interface Printer {
  /** --json: programs read what is written. */
  readonly isJson: boolean;
  /** Whether somebody looks at the results, and at the words. */
  readonly isResultShown: boolean;
  readonly areWordsShown: boolean;
  /** How many columns a line of the results may take. */
  readonly columns: number;
  /** The colours of the results, and of the words. */
  readonly paint: Paint;
  readonly paintWords: Paint;
  readonly hasResultColours: boolean;
  readonly hasWordColours: boolean;
  /** Lines of the result, for people; nothing with --json. Resolves when the reader has room for more. */
  readonly print: (lines: string) => Promise<void>;
  /** One JSON document in one line. */
  readonly printJson: (value: unknown) => Promise<void>;
  /** Lines about the work, for people; nothing with --json. */
  readonly say: (lines: string) => Promise<void>;
  /** What goes on at this moment, where somebody watches; undefined clears it. */
  readonly show: (status: (() => string) | undefined) => void;
}

/** Without a terminal, help and tables are as wide as a page. */
const PAGE_COLUMNS = 100;

export function createPrinter(system: System, { isJson }: { readonly isJson: boolean }): Printer {
  const { output, errors, env } = system;
  const [isResultShown, areWordsShown] = [output.isTTY === true, errors.isTTY === true];
  const hasResultColours = decideColours(env, isResultShown);
  const hasWordColours = decideColours(env, areWordsShown);
  const isAnimated = areWordsShown && !isJson && env['TERM'] !== 'dumb';
  const status: StatusLine | undefined = isAnimated ? openStatusLine(errors) : undefined;

  async function write(stream: OutputStream, text: string): Promise<void> {
    // On one terminal both streams share the line that the status stands in.
    status?.step();
    const hasRoom = stream.write(text);
    if (!hasRoom) await once(stream, 'drain');
  }

  return {
    isJson,
    isResultShown,
    areWordsShown,
    columns: isResultShown ? (output.columns ?? PAGE_COLUMNS) : Number.POSITIVE_INFINITY,
    paint: createPaint(hasResultColours),
    paintWords: createPaint(hasWordColours),
    hasResultColours,
    hasWordColours,
    print: async (lines) => (isJson ? undefined : write(output, `${harmless(lines)}\n`)),
    printJson: (value) => write(output, `${jsonText(value)}\n`),
    say: async (lines) => (isJson ? undefined : write(errors, `${harmless(lines)}\n`)),
    show: (text) => status?.set(text),
  };
}

/** Names, ids and addresses come from the server: whatever is in them, they do not steer the terminal. */
function harmless(lines: string): string {
  return lines.split('\n').map(harmlessText).join('\n');
}
